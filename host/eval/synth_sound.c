#include "eval/synth_sound.h"

/* sin(π/2 · x) for |x| ≤ 1 by its Taylor series up to x^11: wrong by less than 6e-8, far below one step of 16
 * bits. */
static double quarter_sine(double x)
{
    const double z = x * x;
    return x *
           (1.5707963267948966 +
            z * (-0.6459640975062462 +
                 z * (0.07969262624616704 + z * (-0.004681754135318688 +
                                                 z * (0.00016044118478735982 - z * 3.598843235212085e-6)))));
}

double sound_sine(uint32_t phase)
{
    const double quarters = (double)phase * 0x1p-30; /* 0 … 4 */
    if (quarters < 1.0) return quarter_sine(quarters);
    if (quarters < 3.0) return quarter_sine(2.0 - quarters);
    return quarter_sine(quarters - 4.0);
}

uint32_t sound_step(double hz)
{
    return (uint32_t)(hz * (4294967296.0 / SYNTH_RATE));
}

double sound_noise(struct rng *rng)
{
    const uint64_t bits = rng_bits(rng);
    const int sum =
        (int)(bits & 0xffff) + (int)(bits >> 16 & 0xffff) + (int)(bits >> 32 & 0xffff) + (int)(bits >> 48);
    return (sum - 131070) * (1.0 / 37837.2); /* the deviation of the sum: 65536 / √3 */
}

double sound_between(struct rng *rng, double low, double high)
{
    return low + (high - low) * rng_uniform(rng);
}

int sound_samples(double seconds)
{
    return (int)(seconds * SYNTH_RATE);
}

struct resonance resonance_at(double hz, double radius)
{
    const uint32_t step = sound_step(hz), quarter = 1u << 30;
    return (struct resonance){ .a1 = 2.0 * radius * sound_sine(step + quarter),
                               .a2 = radius * radius,
                               .gain = sound_sine(step) };
}
