/* IEEE 754 binary16 as storage: float → half rounds to nearest, ties to even, as the device's conversion does. */
#ifndef HALF_H
#define HALF_H

#include <stdint.h>
#include <string.h>

/* Above 65504 + half a step: infinity. Subnormals are kept. A NaN stays one. */
static inline uint16_t half_of_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) return (uint16_t)(sign | 0x7fff);
    if (magnitude >= 0x477ff000) return (uint16_t)(sign | 0x7c00);
    if (magnitude < 0x33000000) return (uint16_t)sign; /* below half of the least subnormal */
    const uint32_t exponent = magnitude >> 23;
    const uint32_t mantissa = (magnitude & 0x7fffff) | 0x800000;
    const uint32_t shift = exponent < 113 ? 126 - exponent : 13; /* bits that are dropped */
    const uint32_t kept = mantissa >> shift, rest = mantissa & ((1U << shift) - 1), tie = 1U << (shift - 1);
    const uint32_t rounded = kept + (rest > tie || (rest == tie && (kept & 1)));
    /* kept holds the leading one of a normal number, which counts as one exponent step */
    const uint32_t biased = exponent < 113 ? 0 : (exponent - 113) << 10;
    return (uint16_t)(sign | (biased + rounded));
}

static inline float float_of_half(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31, mantissa = half & 1023;
    uint32_t bits = sign | (exponent + 112) << 23 | mantissa << 13;
    if (exponent == 31) bits = sign | 0x7f800000 | mantissa << 13;
    float value;
    if (exponent == 0) {
        value = (float)mantissa * 0x1p-24F;
        memcpy(&bits, &value, sizeof bits);
        bits |= sign;
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
