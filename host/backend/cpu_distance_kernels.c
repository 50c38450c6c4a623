/* Compiled once per instruction set; products and sums may be fused here. A sum belongs to one pair of rows and takes its
 * columns in one order, so registers of 512 bits give the bits of those of 256. */
#include "backend/cpu_distance.h"
#include "backend/cpu_vec.h"

#include <stddef.h>
#include <string.h>

/* The compiler keeps vectors that are wider than the machine's registers in memory. */
#if defined(__AVX512F__)
enum { WIDE = 16, REG = 8, ROWS = 8, PANELS = 2 };
#elif defined(__AVX__)
enum { WIDE = 8, REG = 4, ROWS = 4, PANELS = 1 };
#else
enum { WIDE = 8, REG = 2, ROWS = 4, PANELS = 1 };
#endif
enum { PARTS = CPU_DISTANCE_LANES / WIDE }; /* registers that hold a column of a panel */
enum { SUMS = ROWS * PANELS * PARTS };
typedef float wide __attribute__((vector_size(WIDE * sizeof(float)), aligned(4), may_alias));
typedef double reg __attribute__((vector_size(REG * sizeof(double)), aligned(8), may_alias));
typedef float half_reg __attribute__((vector_size(REG * sizeof(float)), aligned(4), may_alias));

/* ------------------------------------------------------------------------------------------------ tile */

/* ROWS of x, one or PANELS panels of y that are `apart` floats from each other, n columns: a register of sums for each row
 * and register of y. */
VEC_INLINE void sum_block(const float *const x[ROWS], const float *panel, size_t apart, int panels, int n,
                          wide sum[SUMS])
{
    for (int i = 0; i < SUMS; i++) sum[i] = (wide){ 0 };
    for (int j = 0; j < n; j++, panel += CPU_DISTANCE_LANES) {
        wide y[PANELS * PARTS];
        for (int p = 0; p < panels * PARTS; p++)
            y[p] = *(const wide *)(panel + p / PARTS * apart + p % PARTS * WIDE);
#pragma GCC unroll 8
        for (int r = 0; r < ROWS; r++)
#pragma GCC unroll 8
            for (int p = 0; p < panels * PARTS; p++) {
                const wide distance = x[r][j] - y[p];
                sum[r * PANELS * PARTS + p] += distance * distance;
            }
    }
}

/* The sums of rows first … first + rows - 1, panels from row y of y on. */
VEC_INLINE void add_block(const struct cpu_distance_tile *a, const float *const x[ROWS], const float *panel,
                          int panels, int n, float *squared, int rows)
{
    wide sum[SUMS];
    sum_block(x, panel, (size_t)CPU_DISTANCE_LANES * a->columns, panels, n, sum);
    for (int r = 0; r < ROWS && r < rows; r++)
        for (int p = 0; p < panels * PARTS; p++)
            *(wide *)(squared + (size_t)r * CPU_DISTANCE_Y + p * WIDE) += sum[r * PANELS * PARTS + p];
}

/* ROWS rows from `first` on, n columns from `column` on; the last row stands for those that are missing, and their
 * sums are not written beyond a multiple of four. */
VEC_INLINE void add_rows(const struct cpu_distance_tile *a, int first, int column, int n)
{
    enum { LANES_AT_ONCE = PANELS * CPU_DISTANCE_LANES };
    const float *x[ROWS], *panel = a->panel + (size_t)column * CPU_DISTANCE_LANES;
    const int rows = (a->x_rows + 3) / 4 * 4 - first;
    float *squared = a->squared + (size_t)first * CPU_DISTANCE_Y;
    int y = 0;
    for (int r = 0; r < ROWS; r++) {
        const int row = first + r < a->x_rows ? first + r : a->x_rows - 1;
        x[r] = a->x + (size_t)row * a->columns + column;
    }
    for (; y + LANES_AT_ONCE - CPU_DISTANCE_LANES < a->y_rows; y += LANES_AT_ONCE)
        add_block(a, x, panel + (size_t)y * a->columns, PANELS, n, squared + y, rows);
    if (y < a->y_rows) add_block(a, x, panel + (size_t)y * a->columns, 1, n, squared + y, rows);
}

/* A block of y's columns stays in the first cache while the rows of x pass. */
static void tile(const struct cpu_distance_tile *a)
{
    const int rows_up = (a->x_rows + 3) / 4 * 4;
    memset(a->squared, 0, (size_t)rows_up * CPU_DISTANCE_Y * sizeof *a->squared);
    for (int column = 0; column < a->columns; column += CPU_DISTANCE_BLOCK) {
        const int left = a->columns - column, n = left < CPU_DISTANCE_BLOCK ? left : CPU_DISTANCE_BLOCK;
        for (int first = 0; first < a->x_rows; first += ROWS) add_rows(a, first, column, n);
    }
}

/* ----------------------------------------------------------------------------------------------- exact */

enum { LANES = 16 }; /* sums side by side */

VEC_INLINE reg widen(const float *p)
{
    return __builtin_convertvector(*(const half_reg *)p, reg);
}

static double exact(const float *x, const float *y, int columns)
{
    reg sum[LANES / REG];
    double lane[LANES], rest = 0;
    int j = 0;
    for (int i = 0; i < LANES / REG; i++) sum[i] = (reg){ 0 };
    for (; j + LANES <= columns; j += LANES)
#pragma GCC unroll 8
        for (int i = 0; i < LANES / REG; i++) {
            const reg difference = widen(x + j + i * REG) - widen(y + j + i * REG);
            sum[i] += difference * difference;
        }
    for (; j < columns; j++) {
        const double difference = (double)x[j] - (double)y[j];
        rest += difference * difference;
    }
    for (int i = 0; i < LANES / REG; i++) *(reg *)(lane + i * REG) = sum[i];
    for (int i = 0; i < 4; i++) lane[i] = (lane[i] + lane[i + 4]) + (lane[i + 8] + lane[i + 12]);
    return (lane[0] + lane[1]) + (lane[2] + lane[3]) + rest;
}

const struct cpu_distance_kernels CPU_TABLE(cpu_distance_kernels) = { tile, exact };
