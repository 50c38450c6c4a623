#include "backend/cpu_em.h"
#include "core/memory.h"

struct search {
    const struct matrix *x;
    const struct cpu_em_kernels *kernels;
    struct cpu_centres centres;
    double *q;    /* [threads][TILE][padded] */
    int *live;    /* [threads][K] */
    double *cost; /* [threads][K] */
    int *nearest;
    double *squared;
};

static int rows_of(const struct search *s, int tile)
{
    const int left = s->x->rows - tile * CPU_EM_TILE;
    return left < CPU_EM_TILE ? left : CPU_EM_TILE;
}

static void search_row(const struct search *s, int n, const double *q, int *live, double *cost)
{
    const int n_live = cpu_centres_live(&s->centres, s->kernels, matrix_row(s->x, n), q, 0, live, cost);
    int best = 0;
    for (int i = 1; i < n_live; i++)
        if (cost[i] < cost[best]) best = i;
    s->nearest[n] = live[best];
    s->squared[n] = 2 * cost[best];
}

static void search_tile(void *context, int tile, int thread)
{
    const struct search *s = context;
    const int first = tile * CPU_EM_TILE, rows = rows_of(s, tile), padded = s->centres.padded;
    double *q = s->q + (size_t)thread * CPU_EM_TILE * padded;
    const size_t own = (size_t)thread * s->centres.count;
    s->kernels->filter(&(struct cpu_em_filter){ .panel = s->centres.panel,
                                                .x = matrix_row(s->x, first),
                                                .rows = rows,
                                                .columns = s->x->columns,
                                                .padded = padded,
                                                .q = q });
    for (int r = 0; r < rows; r++)
        search_row(s, first + r, q + (size_t)r * padded, s->live + own, s->cost + own);
}

static void all_distances(void *context, int tile, int thread)
{
    (void)thread;
    const struct search *s = context;
    const int first = tile * CPU_EM_TILE, rows = rows_of(s, tile), count = s->centres.count;
    for (int n = first; n < first + rows; n++)
        for (int k = 0; k < count; k++) {
            const size_t i = (size_t)k * s->x->columns;
            s->squared[(size_t)n * count + k] = s->kernels->square(matrix_row(s->x, n), s->centres.mean + i,
                                                                   s->centres.precision + i, s->x->columns);
        }
}

static enum status reserve(struct search *s, int k, int threads)
{
    TRY(cpu_centres_init(&s->centres, k, s->x->columns));
    const size_t own = (size_t)threads * (size_t)k;
    TRY(memory_check(s->q = memory_new((size_t)threads * CPU_EM_TILE, s->centres.padded * sizeof *s->q)));
    TRY(memory_check(s->live = memory_new(own, sizeof *s->live)));
    return memory_check(s->cost = memory_new(own, sizeof *s->cost));
}

enum status cpu_nearest(struct backend *base, const struct matrix *x, const double *centres, int k,
                        int *nearest, double *squared)
{
    struct backend_cpu *backend = (struct backend_cpu *)base;
    struct search s = { .x = x, .kernels = backend->isa->em, .nearest = nearest, .squared = squared };
    const enum status status = reserve(&s, k, pool_threads(backend->pool));
    if (status == OK) {
        const int tiles = (x->rows + CPU_EM_TILE - 1) / CPU_EM_TILE;
        for (int c = 0; c < k; c++) cpu_centres_set(&s.centres, c, centres + (size_t)c * x->columns, NULL, 0);
        pool_run(backend->pool, tiles, nearest ? search_tile : all_distances, &s);
    }
    cpu_centres_release(&s.centres);
    memory_free(s.q);
    memory_free(s.live);
    memory_free(s.cost);
    return status;
}
