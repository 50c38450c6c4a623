/* The machine's own vector registers, REG floats wide, for micro-kernels: the compiler keeps vectors that
 * are wider than a register in memory, so these kernels count in registers and not in blocks of eight
 * channels (cpu_vec.h). A layer's sums are formed in the same order whatever REG is. */
#ifndef CPU_REG_H
#define CPU_REG_H

#include "backend/cpu_vec.h"

#include <stddef.h>

#if defined(__AVX512F__)
enum { REG = 16 };
#elif defined(__AVX__)
enum { REG = 8 };
#else
enum { REG = 4 };
#endif
typedef float reg __attribute__((vector_size(REG * sizeof(float)), may_alias));
typedef int32_t ireg __attribute__((vector_size(REG * sizeof(float))));

/* Weights lie in groups of sixteen outputs, and a micro-kernel holds the sums of SIX pixels or tiles × HELD
 * registers of outputs: enough of them to hide the multiply-adds' latency, and few enough to leave room for the
 * weights. With AVX-512 they are of two groups, with few narrow registers of half a group. */
#if defined(__aarch64__)
enum { HELD = 4 };
#else
enum { HELD = 2 };
#endif
enum {
    SIX = 6,
    GROUP = 16,
    PARTS = GROUP / REG, /* registers of a group */
    GROUPS_HELD = HELD > PARTS ? HELD / PARTS : 1,
    STEP = HELD > PARTS ? PARTS : HELD /* registers of one group that are held at most */
};

/* Where register v of the held ones is, when groups are `group` floats apart. */
VEC_INLINE size_t reg_at(int v, size_t group)
{
    return (size_t)(v / PARTS) * group + (size_t)(v % PARTS * REG);
}

VEC_INLINE reg reg_load(const float *p) /* p aligned to the register */
{
    return *(const reg *)p;
}

VEC_INLINE void reg_store(float *p, reg r)
{
    *(reg *)p = r;
}

/* The larger of 0 and each; 0 for NaN. */
VEC_INLINE reg reg_relu(reg r)
{
#if defined(__AVX512F__)
    return (reg)_mm512_max_ps((__m512)r, _mm512_setzero_ps());
#else
    return (reg)((ireg)r & (r > 0));
#endif
}

/* Sixteen channels that lie in two blocks of eight, part 0 … 16 / REG - 1 of them: one register. */
VEC_INLINE reg reg_load_part(const float *first, const float *second, int part)
{
#if defined(__AVX512F__)
    (void)part;
    const __m512d low = _mm512_castpd256_pd512(_mm256_load_pd((const double *)first));
    return (reg)_mm512_insertf64x4(low, _mm256_load_pd((const double *)second), 1);
#else
    return reg_load(part * REG < VEC ? first + part * REG : second + part * REG - VEC);
#endif
}

/* Where `second` is NULL, only the first eight are stored. */
VEC_INLINE void reg_store_part(float *first, float *second, int part, reg r)
{
#if defined(__AVX512F__)
    (void)part;
    _mm256_store_pd((double *)first, _mm512_castpd512_pd256((__m512d)r));
    if (second) _mm256_store_pd((double *)second, _mm512_extractf64x4_pd((__m512d)r, 1));
#else
    if (part * REG < VEC)
        reg_store(first + part * REG, r);
    else if (second)
        reg_store(second + part * REG - VEC, r);
#endif
}

#endif
