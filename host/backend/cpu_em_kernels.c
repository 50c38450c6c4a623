/* Compiled once per instruction set; products and sums may be fused here. */
#include "backend/cpu_em_kernels.h"
#include "backend/cpu_rows.h"
#include "backend/cpu_vec.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* The compiler keeps vectors that are wider than the machine's registers in memory. */
#if defined(__AVX512F__)
enum { WIDE = 16, REG = 8 };
#elif defined(__AVX__)
enum { WIDE = 8, REG = 4 };
#else
enum { WIDE = 8, REG = 2 };
#endif
typedef float wide __attribute__((vector_size(WIDE * sizeof(float)), aligned(4), may_alias));
typedef double reg __attribute__((vector_size(REG * sizeof(double)), aligned(8), may_alias));
typedef float half_reg __attribute__((vector_size(REG * sizeof(float)), aligned(4), may_alias));

enum { FILTER_BLOCK = 64 }; /* columns that are summed before the sum is added to others */

VEC_INLINE wide wide_load(const float *p)
{
    return *(const wide *)p;
}

VEC_INLINE reg widen(const float *p)
{
#ifdef __AVX512F__
    return (reg)_mm512_cvtps_pd(_mm256_loadu_ps(p)); /* the compiler makes two halves of it */
#else
    return __builtin_convertvector(*(const half_reg *)p, reg);
#endif
}

VEC_INLINE reg reg_load(const double *p)
{
    return *(const reg *)p;
}

VEC_INLINE void reg_store(double *p, reg v)
{
    *(reg *)p = v;
}

/* ---------------------------------------------------------------------------------------------- filter */

/* 8 rows × WIDE centres over n columns: 8 sums, 3 vectors of parameters and 8 broadcasts for 16 fused products. */
VEC_INLINE void filter_block(const float *const x[8], int column, const float *panel, int n, wide sum[8])
{
    for (int r = 0; r < 8; r++) sum[r] = (wide){ 0 };
    for (int j = column; j < column + n; j++, panel += 3 * CPU_LANES) {
        const wide hi = wide_load(panel), scale = wide_load(panel + CPU_LANES),
                   lo = wide_load(panel + 2 * CPU_LANES);
#pragma GCC unroll 8
        for (int r = 0; r < 8; r++) {
            const wide y = (x[r][j] - hi) * scale - lo;
            sum[r] += y * y;
        }
    }
}

/* CPU_LANES centres' parameters of one block of columns stay in the first cache while the rows pass. */
static void filter(const struct cpu_em_filter *a)
{
    for (int r = 0; r < (a->rows + 7) / 8 * 8; r++)
        memset(a->q + (size_t)r * a->padded, 0, (size_t)a->padded * sizeof *a->q);
    for (int column = 0; column < a->columns; column += FILTER_BLOCK) {
        const int n = a->columns - column < FILTER_BLOCK ? a->columns - column : FILTER_BLOCK;
        for (int k = 0; k < a->padded; k += WIDE) {
            const float *panel = a->panels + ((size_t)(k / CPU_LANES) * a->stride + column) * 3 * CPU_LANES;
            for (int first = 0; first < a->rows; first += 8) {
                wide sum[8];
                filter_block(a->x + first, column, panel + k % CPU_LANES, n, sum);
                for (int r = 0; r < 8; r++) *(wide *)(a->q + (size_t)(first + r) * a->padded + k) += sum[r];
            }
        }
    }
}

/* ---------------------------------------------------------------------------------------------- screen */

VEC_INLINE vec square_root(vec x)
{
#ifdef __AVX__
    return (vec)_mm256_sqrt_ps((__m256)x);
#else
    for (int i = 0; i < VEC; i++) x[i] = sqrtf(x[i]);
    return x;
#endif
}

/* One bit a lane. */
VEC_INLINE unsigned bits_of(ivec mask)
{
#ifdef __AVX__
    return (unsigned)_mm256_movemask_ps((__m256)mask);
#else
    unsigned bits = 0;
    for (int i = 0; i < VEC; i++) bits |= (mask[i] ? 1u : 0u) << i;
    return bits;
#endif
}

/* q of eight centres, at least. */
VEC_INLINE vec judge(const struct cpu_em_screen *a, int k)
{
    const vec zero = vec_all(0);
    if (!a->q) {
        const vec moved = vec_load_anywhere(a->bounds + k) * vec_load_anywhere(a->grow + k) -
                          vec_load_anywhere(a->shift + k);
        const vec bound = vec_max(moved, zero);
        vec_store_anywhere(a->bounds + k, bound);
        return bound * bound;
    }
    const vec q = vec_load_anywhere(a->q + k);
    if (a->bounds) {
        const vec found = vec_select(q <= vec_all(FLT_MAX), square_root(q) * vec_all(a->shrink), zero);
        vec_store_anywhere(a->bounds + k, vec_max(vec_load_anywhere(a->bounds + k), found));
    }
    return q * vec_all(a->shrink);
}

/* Where float overflowed, a centre is found: double decides. */
static int screen(const struct cpu_em_screen *a)
{
    int n = 0;
    for (int k = 0; k < a->padded; k += VEC) {
        const vec cost = judge(a, k) * vec_all(0.5f) + vec_load_anywhere(a->offset + k);
        unsigned bits = bits_of(~((cost > vec_all(a->limit)) & (cost <= vec_all(FLT_MAX))));
        for (; bits; bits &= bits - 1) {
            const int centre = k + __builtin_ctz(bits);
            if (centre < a->count) a->found[n++] = centre;
        }
    }
    return n;
}

/* ---------------------------------------------------------------------------------------------- narrow */

/* Of the lanes of a sum, four are left. */
VEC_INLINE quad fold(const wide *sum)
{
    float lane[WIDE] __attribute__((aligned(64)));
    *(wide *)lane = *sum;
    quad all = quad_load(lane) + quad_load(lane + 4);
    for (int i = 8; i < WIDE; i += 8) all += quad_load(lane + i) + quad_load(lane + i + 4);
    return all;
}

/* Four rows × one centre: their sums over n columns. */
VEC_INLINE dvec add_columns(const float *const x[4], const float *strip, int n)
{
    wide sum[4] = { { 0 }, { 0 }, { 0 }, { 0 } };
    for (int j = 0; j < n; j += CPU_LANES, strip += 3 * CPU_LANES)
        for (int v = 0; v < CPU_LANES; v += WIDE) {
            const wide hi = wide_load(strip + v), scale = wide_load(strip + CPU_LANES + v),
                       lo = wide_load(strip + 2 * CPU_LANES + v);
#pragma GCC unroll 4
            for (int r = 0; r < 4; r++) {
                const wide y = (wide_load(x[r] + j + v) - hi) * scale - lo;
                sum[r] += y * y;
            }
        }
    const quad a = fold(&sum[0]), b = fold(&sum[1]), c = fold(&sum[2]), d = fold(&sum[3]);
    const quad ab = __builtin_shufflevector(a, b, 0, 4, 2, 6) + __builtin_shufflevector(a, b, 1, 5, 3, 7);
    const quad cd = __builtin_shufflevector(c, d, 0, 4, 2, 6) + __builtin_shufflevector(c, d, 1, 5, 3, 7);
    const quad all =
        __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
    return __builtin_convertvector(all, dvec);
}

/* 1: the row keeps this centre. */
VEC_INLINE int is_kept(const struct cpu_em_narrow *a, int row, double q)
{
    if (!(q > a->limit[row]) || q > (double)FLT_MAX) return 1; /* where float overflowed, double decides */
    if (a->bounds) {
        const float bound = sqrtf((float)q) * a->shrink;
        if (bound > *a->bounds[row]) *a->bounds[row] = bound;
    }
    return 0;
}

static int narrow(const struct cpu_em_narrow *a)
{
    int n = 0;
    for (int first = 0; first < a->count; first += 4) {
        const int left = a->count - first, rows = left < 4 ? left : 4;
        const float *x[4];
        uint8_t row[4];
        for (int i = 0; i < 4; i++) {
            row[i] = a->list[first + (i < rows ? i : 0)];
            x[i] = a->x[row[i]];
        }
        const dvec sum = add_columns(x, a->strip, a->columns) + dvec_load(a->sum + first);
        for (int i = 0; i < rows; i++) {
            a->list[n] = row[i];
            a->sum[n] = sum[i];
            n += is_kept(a, row[i], sum[i]);
        }
    }
    return n;
}

/* ----------------------------------------------------------------------------------------------- apart */

VEC_INLINE float sum_apart(const float *x, const float *y, int n)
{
    enum { SUMS = 2 * CPU_LANES / WIDE };
    wide sum[SUMS];
    for (int i = 0; i < SUMS; i++) sum[i] = (wide){ 0 };
    int j = 0;
    for (; j + 2 * CPU_LANES <= n; j += 2 * CPU_LANES)
        for (int i = 0; i < SUMS; i++) {
            const wide distance = wide_load(x + j + i * WIDE) - wide_load(y + j + i * WIDE);
            sum[i] += distance * distance;
        }
    for (; j < n; j += WIDE) {
        const wide distance = wide_load(x + j) - wide_load(y + j);
        sum[0] += distance * distance;
    }
    for (int i = 1; i < SUMS; i++) sum[0] += sum[i];
    const quad four = fold(&sum[0]);
    return (four[0] + four[1]) + (four[2] + four[3]);
}

static float apart(const float *x, const float *y, int columns, float limit)
{
    enum { STEP = 16 * CPU_LANES }; /* a look at the sum costs as much as some 60 columns */
    float all = 0;
    int j = 0;
    for (; j + STEP <= columns && all <= limit; j += STEP) all += sum_apart(x + j, y + j, STEP);
    if (j < columns && all <= limit) all += sum_apart(x + j, y + j, columns - j);
    return all;
}

/* ---------------------------------------------------------------------------------------------- square */

enum { SUMS = CPU_LANES / REG };

/* Lane j of 16 sums the columns j, j + 16 …; the lanes are added in one order, however wide registers are. */
VEC_INLINE double add_lanes(const reg sum[SUMS])
{
    double lane[CPU_LANES];
    for (int i = 0; i < SUMS; i++) reg_store(lane + i * REG, sum[i]);
    for (int width = CPU_LANES / 2; width > 0; width /= 2)
        for (int i = 0; i < width; i++) lane[i] += lane[i + width];
    return lane[0];
}

static double square(const float *x, const double *mean, const double *precision, int columns)
{
    reg sum[SUMS];
    for (int i = 0; i < SUMS; i++) sum[i] = (reg){ 0 };
    for (int j = 0; j < columns; j += CPU_LANES)
#pragma GCC unroll 8
        for (int i = 0; i < SUMS; i++) {
            const reg y = widen(x + j + i * REG) - reg_load(mean + j + i * REG);
            sum[i] += y * y * reg_load(precision + j + i * REG);
        }
    return add_lanes(sum);
}

enum { MEANS = REG == 8 ? 4 : 2 }; /* whose sums stay in registers */

/* A row's numbers are widened once for all of them. */
VEC_INLINE void squares_of(const float *x, const double *const *mean, int columns, double *out)
{
    reg sum[MEANS][SUMS];
    for (int m = 0; m < MEANS; m++)
        for (int i = 0; i < SUMS; i++) sum[m][i] = (reg){ 0 };
    int j = 0;
    for (; j + CPU_LANES <= columns; j += CPU_LANES)
#pragma GCC unroll 8
        for (int i = 0; i < SUMS; i++) {
            const reg wide_x = widen(x + j + i * REG);
#pragma GCC unroll 4
            for (int m = 0; m < MEANS; m++) {
                const reg y = wide_x - reg_load(mean[m] + j + i * REG);
                sum[m][i] += y * y;
            }
        }
    for (int m = 0; m < MEANS; m++) {
        double rest = 0;
        for (int i = j; i < columns; i++) {
            const double y = (double)x[i] - mean[m][i];
            rest += y * y;
        }
        out[m] = add_lanes(sum[m]) + rest;
    }
}

static void squares(const float *x, const double *const *mean, int n_means, int columns, double *out)
{
    const double *means[4];
    double all[4];
    for (int m = 0; m < 4; m++) means[m] = mean[m < n_means ? m : n_means - 1];
    for (int m = 0; m < n_means; m += MEANS) squares_of(x, means + m, columns, all + m);
    for (int m = 0; m < n_means; m++) out[m] = all[m];
}

/* --------------------------------------------------------------------------------------------- moments */

/* Four rows of a component; those that are missing have r = 0. */
struct four_rows {
    const float *x[4];
    double r[4];
};

VEC_INLINE struct four_rows take_rows(const struct cpu_em_moments *a, int first)
{
    struct four_rows four;
    for (int i = 0; i < 4; i++) {
        const int at = first + i < a->count ? first + i : first;
        four.x[i] = a->x + (size_t)a->rows[at] * a->stride;
        four.r[i] = at == first + i ? (a->r ? a->r[at] : 1) : 0;
    }
    return four;
}

static void moments(const struct cpu_em_moments *a)
{
    const double *const shift = a->shift;
    double *const sum1 = a->s1, *const sum2 = a->s2;
    const int n = a->n;
    memset(sum1, 0, (size_t)n * sizeof *sum1);
    memset(sum2, 0, (size_t)n * sizeof *sum2);
    for (int first = 0; first < a->count; first += 4) {
        const struct four_rows four = take_rows(a, first),
                               next = take_rows(a, first + 4 < a->count ? first + 4 : first);
        for (int j = 0; j < n; j += REG) {
            for (int i = 0; i < 4; i++) __builtin_prefetch(next.x[i] + j); /* rows lie anywhere */
            const reg m = reg_load(shift + j);
            reg s1 = reg_load(sum1 + j), s2 = reg_load(sum2 + j);
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++) {
                const reg y = widen(four.x[i] + j) - m, t = four.r[i] * y;
                s1 += t;
                s2 += t * y;
            }
            reg_store(sum1 + j, s1);
            reg_store(sum2 + j, s2);
        }
    }
}

static void sum(const struct cpu_em_moments *a)
{
    memset(a->s1, 0, (size_t)a->n * sizeof *a->s1);
    for (int first = 0; first < a->count; first += 4) {
        const struct four_rows four = take_rows(a, first);
        const int rows = a->count - first < 4 ? a->count - first : 4;
        for (int j = 0; j < a->n; j += REG) {
            reg s1 = reg_load(a->s1 + j);
            for (int i = 0; i < rows; i++) s1 += widen(four.x[i] + j);
            reg_store(a->s1 + j, s1);
        }
    }
}

/* ------------------------------------------------------------------------------------------ substitute */

VEC_INLINE void substitute_row(const double *row, int i, double *y, double *squares)
{
    dvec rest[4];
    for (int v = 0; v < 4; v++) rest[v] = dvec_load(y + (size_t)i * CPU_EM_SUBSTITUTED + 4 * v);
    for (int j = 0; j < i; j++) {
        const dvec factor = dvec_all(row[j]);
#pragma GCC unroll 4
        for (int v = 0; v < 4; v++) rest[v] -= factor * dvec_load(y + (size_t)j * CPU_EM_SUBSTITUTED + 4 * v);
    }
    for (int v = 0; v < 4; v++) {
        const dvec solved = rest[v] / dvec_all(row[i]);
        dvec_store(y + (size_t)i * CPU_EM_SUBSTITUTED + 4 * v, solved);
        dvec_store(squares + 4 * v, dvec_load(squares + 4 * v) + solved * solved);
    }
}

/* A row of the factor stays in the first cache while the groups pass. */
static void substitute(const struct cpu_em_substitute *a)
{
    memset(a->squares, 0, (size_t)a->groups * CPU_EM_SUBSTITUTED * sizeof *a->squares);
    for (int i = 0; i < a->columns; i++)
        for (int g = 0; g < a->groups; g++)
            substitute_row(a->factor + (size_t)i * a->columns, i,
                           a->y + (size_t)g * a->columns * CPU_EM_SUBSTITUTED,
                           a->squares + g * CPU_EM_SUBSTITUTED);
}

const struct cpu_em_kernels CPU_TABLE(cpu_em_kernels) = {
    .filter = filter,
    .screen = screen,
    .narrow = narrow,
    .square = square,
    .squares = squares,
    .moments = moments,
    .sum = sum,
    .substitute = substitute,
    .apart = apart,
};
