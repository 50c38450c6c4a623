#include "core/rng.h"

#include <math.h>

uint64_t rng_bits(struct rng *rng)
{
    uint64_t z = rng->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

struct rng rng_seeded(uint64_t seed, uint64_t stream)
{
    struct rng mixed = { stream };
    struct rng rng = { seed ^ rng_bits(&mixed) };
    rng_bits(&rng);
    return rng;
}

uint64_t rng_below(struct rng *rng, uint64_t n)
{
    const uint64_t unfair = -n % n; /* 2^64 mod n: values below it would favour the small ones */
    uint64_t bits = rng_bits(rng);
    while (bits < unfair) bits = rng_bits(rng);
    return bits % n;
}

double rng_uniform(struct rng *rng)
{
    return (double)(rng_bits(rng) >> 11) * 0x1p-53;
}

double rng_normal(struct rng *rng)
{
    const double radius = sqrt(-2.0 * log(1.0 - rng_uniform(rng)));
    return radius * cos(6.283185307179586 * rng_uniform(rng));
}

void rng_permutation(struct rng *rng, int n, int *order)
{
    for (int i = 0; i < n; i++) {
        const int j = (int)rng_below(rng, (uint64_t)i + 1);
        order[i] = order[j];
        order[j] = i;
    }
}
