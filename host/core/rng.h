/* Random numbers that are the same on every machine: integers by exact arithmetic (SplitMix64, Steele et al.
 * 2014). */
#ifndef RNG_H
#define RNG_H

#include <stdint.h>

struct rng {
    uint64_t state;
};

/* Streams of different numbers (seed, stream) do not overlap in practice. */
struct rng rng_seeded(uint64_t seed, uint64_t stream);

uint64_t rng_bits(struct rng *rng);              /* 64 random bits */
uint64_t rng_below(struct rng *rng, uint64_t n); /* 0 … n − 1, each equally likely; n > 0 */
double rng_uniform(struct rng *rng);             /* [0, 1), a multiple of 2^-53 */
double rng_normal(struct rng *rng);              /* mean 0, deviation 1 (Box and Muller 1958) */

/* Puts 0 … n − 1 into `order`, shuffled (Fisher and Yates). */
void rng_permutation(struct rng *rng, int n, int *order);

#endif
