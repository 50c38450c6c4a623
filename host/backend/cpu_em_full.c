/* Full covariances, in double: forward substitution of a tile of rows side by side, and sums of outer
 * products over the rows that a component is responsible for. */
#include "backend/cpu_em.h"

#include <math.h>

enum { GROUPS = CPU_EM_TILE / CPU_EM_SUBSTITUTED };

void cpu_em_full_prepare(void *context, int k, int thread)
{
    (void)thread;
    struct cpu_em *em = context;
    const int columns = em->x.columns;
    const size_t place = (size_t)k * columns * columns;
    double *factor = em->factors + place;
    em->bad_column[k] = mixture_cholesky_ref(em->prepared->covariances + place, columns, factor);
    if (em->bad_column[k] >= 0) return;
    em->log_determinant[k] = 0;
    for (int j = 0; j < columns; j++) em->log_determinant[k] += 2 * log(factor[(size_t)j * columns + j]);
    em->offset[k] = cpu_em_offset(em, k);
}

/* y [GROUPS][columns][LANES] = x - mean; rows that are missing repeat the last one. */
static void centre_tile(const struct cpu_em *em, int first, int rows, const double *mean, double *y)
{
    const int columns = em->x.columns;
    for (int r = 0; r < CPU_EM_TILE; r++) {
        const float *x = matrix_row(&em->x, first + (r < rows ? r : rows - 1));
        double *out =
            y + (size_t)(r / CPU_EM_SUBSTITUTED) * columns * CPU_EM_SUBSTITUTED + r % CPU_EM_SUBSTITUTED;
        for (int j = 0; j < columns; j++) out[(size_t)j * CPU_EM_SUBSTITUTED] = (double)x[j] - mean[j];
    }
}

static void settle_row(struct cpu_em *em, int n, const double *squares, int thread)
{
    const struct cpu_em_scratch *s = &em->scratch[thread];
    double lowest = INFINITY;
    int n_live = 0;
    for (int k = 0; k < em->components; k++)
        lowest = fmin(lowest, em->offset[k] + squares[(size_t)k * CPU_EM_TILE] / 2);
    for (int k = 0; k < em->components; k++) {
        const double cost = em->offset[k] + squares[(size_t)k * CPU_EM_TILE] / 2;
        if (cost > lowest + CPU_EM_LIVE_NATS) continue;
        s->live[n_live] = k;
        s->cost[n_live++] = cost;
    }
    cpu_em_settle(em, n, s->live, s->cost, n_live, thread);
}

void cpu_em_full_expect(void *context, int tile, int thread)
{
    struct cpu_em *em = context;
    const struct cpu_em_scratch *s = &em->scratch[thread];
    const int first = tile * CPU_EM_TILE, left = em->x.rows - first, columns = em->x.columns;
    const int rows = left < CPU_EM_TILE ? left : CPU_EM_TILE;
    for (int k = 0; k < em->components; k++) {
        centre_tile(em, first, rows, em->mixture->means + (size_t)k * columns, s->y);
        em->isa->em->substitute(
            &(struct cpu_em_substitute){ .factor = em->factors + (size_t)k * columns * columns,
                                         .columns = columns,
                                         .groups = GROUPS,
                                         .y = s->y,
                                         .squares = s->q + (size_t)k * CPU_EM_TILE });
    }
    for (int r = 0; r < rows; r++) settle_row(em, first + r, s->q + r, thread);
}

int cpu_em_full_tiles(const struct cpu_em *em)
{
    const int n_bands = (em->x.columns + em->tile - 1) / em->tile;
    return n_bands * (n_bands + 1) / 2;
}

/* Sums become covariances; what lies above the diagonal is the mirror image of what lies below. */
static void finish_tile(const struct cpu_em *em, double count, const struct cpu_outer *tile,
                        double *covariance)
{
    const size_t columns = (size_t)tile->columns;
    for (int i = tile->i; i < tile->i + tile->n_i; i++)
        for (int j = tile->j; j < tile->j + tile->n_j && j <= i; j++) {
            const double value = covariance[i * columns + j] / count + (i == j ? em->reg_covar : 0);
            covariance[i * columns + j] = value;
            covariance[j * columns + i] = value;
        }
}

/* Tiles lie in the lower triangle: (0, 0), (1, 0), (1, 1), (2, 0) … in bands of columns. */
void cpu_em_full_covariance(void *context, int task, int thread)
{
    struct cpu_em *em = context;
    const int columns = em->x.columns, n_tiles = cpu_em_full_tiles(em), k = task / n_tiles;
    int band = 0, other = task % n_tiles;
    for (; other > band; band++) other -= band + 1;
    const int i = band * em->tile, j = other * em->tile;
    double *covariance = em->mixture->covariances + (size_t)k * columns * columns;
    const struct cpu_outer tile = {
        .x = em->x.data,
        .columns = columns,
        .rows = em->member + em->start[k],
        .r = em->r + em->start[k],
        .count = (int)(em->start[k + 1] - em->start[k]),
        .mean = em->mixture->means + (size_t)k * columns,
        .i = i,
        .n_i = columns - i < em->tile ? columns - i : em->tile,
        .j = j,
        .n_j = columns - j < em->tile ? columns - j : em->tile,
        .scratch = em->scratch[thread].outer,
        .sum = covariance + (size_t)i * columns + j,
    };
    em->isa->in_double->outer(&tile);
    finish_tile(em, em->sum[k] + MIXTURE_TINY_COUNT, &tile, covariance);
}
