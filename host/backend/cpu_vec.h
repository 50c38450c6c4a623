/* Eight floats side by side, in gcc's vector extension: the same source becomes AVX2 where a file is compiled
 * for it, and SSE2, NEON or plain C elsewhere. Every cpu_*_kernels.c is compiled once per instruction set,
 * with CPU_ISA naming it. */
#ifndef CPU_VEC_H
#define CPU_VEC_H

#include <stdint.h>

#ifdef __AVX__
#include <immintrin.h>
#endif

#pragma GCC diagnostic ignored "-Wpsabi" /* vectors are passed only to functions that are inlined */

enum { VEC = 8 };
typedef float vec __attribute__((vector_size(32)));
typedef int32_t ivec __attribute__((vector_size(32)));
typedef float vec_anywhere
    __attribute__((vector_size(32), aligned(4), may_alias)); /* for loads that are not aligned */
typedef double dvec __attribute__((vector_size(32)));        /* four doubles */
typedef double dvec_anywhere __attribute__((vector_size(32), aligned(8), may_alias));

#define VEC_INLINE static inline __attribute__((always_inline))

/* CPU_TABLE(cpu_net_kernels) is cpu_net_kernels_avx2 in the file that is compiled for AVX2. */
#define CPU_JOIN2(base, isa) base##_##isa
#define CPU_JOIN(base, isa)  CPU_JOIN2(base, isa)
#define CPU_TABLE(base)      CPU_JOIN(base, CPU_ISA)

VEC_INLINE vec vec_all(float x)
{
    return (vec){ x, x, x, x, x, x, x, x };
}

VEC_INLINE vec vec_load(const float *p) /* p aligned to 32 bytes */
{
    return *(const vec *)p;
}

VEC_INLINE void vec_store(float *p, vec v)
{
    *(vec *)p = v;
}

VEC_INLINE vec vec_load_anywhere(const float *p)
{
    return *(const vec_anywhere *)p;
}

VEC_INLINE void vec_store_anywhere(float *p, vec v)
{
    *(vec_anywhere *)p = v;
}

/* Lane by lane: a where the mask's bits are set, b where they are not. */
VEC_INLINE vec vec_select(ivec mask, vec a, vec b)
{
    return (vec)((mask & (ivec)a) | (~mask & (ivec)b));
}

#ifdef __AVX__ /* one instruction that gcc 12 does not find by itself */
VEC_INLINE vec vec_max(vec a, vec b)
{
    return (vec)_mm256_max_ps((__m256)a, (__m256)b);
}

VEC_INLINE vec vec_min(vec a, vec b)
{
    return (vec)_mm256_min_ps((__m256)a, (__m256)b);
}
#else
VEC_INLINE vec vec_max(vec a, vec b)
{
    return vec_select(a > b, a, b);
}

VEC_INLINE vec vec_min(vec a, vec b)
{
    return vec_select(a < b, a, b);
}
#endif

/* Four doubles, and the four floats that become them. */
typedef float quad __attribute__((vector_size(16)));
typedef float quad_anywhere __attribute__((vector_size(16), aligned(4), may_alias));

VEC_INLINE dvec dvec_all(double x)
{
    return (dvec){ x, x, x, x };
}

VEC_INLINE dvec dvec_load(const double *p)
{
    return *(const dvec_anywhere *)p;
}

VEC_INLINE void dvec_store(double *p, dvec v)
{
    *(dvec_anywhere *)p = v;
}

VEC_INLINE quad quad_load(const float *p)
{
    return *(const quad_anywhere *)p;
}

VEC_INLINE void quad_store(float *p, quad v)
{
    *(quad_anywhere *)p = v;
}

VEC_INLINE dvec dvec_widen(const float *p)
{
    return __builtin_convertvector(quad_load(p), dvec);
}

#endif
