/* What synthetic machines are made of: sines, noise, resonances. Only + - * / on doubles and integers,
 * rounded one by one (-ffp-contract=off), so the same samples come out on every machine. */
#ifndef SYNTH_SOUND_H
#define SYNTH_SOUND_H

#include "core/rng.h"

enum { SYNTH_RATE = 16000 }; /* Hz, MIMII's */

/* A phase of 2^32 is a full turn, so that wrapping around is exact. */
double sound_sine(uint32_t phase);
uint32_t sound_step(double hz); /* the phase of one sample */

/* Mean 0, deviation 1, nearly normal: the sum of four even ones (Irwin and Hall). */
double sound_noise(struct rng *rng);

/* Evenly between low and high. */
double sound_between(struct rng *rng, double low, double high);

/* Samples in `seconds`. */
int sound_samples(double seconds);

/* A resonance: two poles at `hz`; `radius` below 1 is how much of the ringing is left after one sample. An
 * impulse of 1 rings with an amplitude of about 1. */
struct resonance {
    double a1, a2, gain, y1, y2;
};
struct resonance resonance_at(double hz, double radius);

static inline double resonance_next(struct resonance *r, double input)
{
    const double y = r->gain * input + r->a1 * r->y1 - r->a2 * r->y2;
    r->y2 = r->y1;
    r->y1 = y;
    return y;
}

/* Follows its input slowly: `share` of the way each sample. */
static inline double follow(double *state, double input, double share)
{
    return *state += share * (input - *state);
}

#endif
