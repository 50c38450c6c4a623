#include "backend/cpu_em.h"

#include <math.h>

struct job {
    const struct matrix *x;
    struct cpu_rows rows; /* where the nearest are asked for */
    struct cpu_centres centres;
    struct cpu_search search;
    struct cpu_search_tile *tiles; /* [threads] */
    int *order;                    /* [rows] themselves */
    int *nearest;
    double *squared;
};

static int rows_of(const struct job *job, int task)
{
    const int left = job->x->rows - task * CPU_EM_TILE;
    return left < CPU_EM_TILE ? left : CPU_EM_TILE;
}

static void search_tile(void *context, int task, int thread)
{
    const struct job *job = context;
    struct cpu_search_tile *tile = &job->tiles[thread];
    tile->n = rows_of(job, task);
    tile->rows = job->order + task * CPU_EM_TILE;
    for (int r = 0; r < tile->n; r++) {
        tile->guess[r] = -1;
        tile->best[r] = (double)NAN;
    }
    cpu_search_run(&job->search, tile);
    for (int r = 0; r < tile->n; r++) { /* of those that are as near as the nearest, the first */
        job->nearest[tile->rows[r]] = tile->live[(size_t)r * job->centres.count];
        job->squared[tile->rows[r]] = 2 * tile->cost[(size_t)r * job->centres.count];
    }
}

static void all_distances(void *context, int task, int thread)
{
    (void)thread;
    const struct job *job = context;
    const struct cpu_centres *c = &job->centres;
    const int first = task * CPU_EM_TILE;
    for (int n = first; n < first + rows_of(job, task); n++)
        for (int k = 0; k < c->count; k += 4) {
            const int left = c->count - k, n_means = left < 4 ? left : 4;
            const double *means[4];
            for (int m = 0; m < n_means; m++) means[m] = c->mean + (size_t)(k + m) * c->stride;
            job->search.kernels->squares(matrix_row(job->x, n), means, n_means, c->columns,
                                         job->squared + (size_t)n * c->count + k);
        }
}

static enum status reserve(struct job *job, const struct matrix *x, int k, struct pool *pool)
{
    const size_t rows = (size_t)x->rows, threads = (size_t)pool_threads(pool);
    TRY(cpu_centres_init(&job->centres, k, x->columns));
    if (!job->nearest) return OK;
    TRY(cpu_rows_init(&job->rows, x, pool));
    TRY(memory_check(job->tiles = memory_new(threads, sizeof *job->tiles)));
    for (size_t t = 0; t < threads; t++) TRY(cpu_search_tile_init(&job->tiles[t], &job->centres));
    TRY(memory_check(job->order = memory_new(rows, sizeof *job->order)));
    for (int n = 0; n < x->rows; n++) job->order[n] = n;
    return OK;
}

static void release(struct job *job, int threads)
{
    for (int t = 0; job->tiles && t < threads; t++) cpu_search_tile_release(&job->tiles[t]);
    memory_free(job->tiles);
    memory_free(job->order);
    cpu_centres_release(&job->centres);
    cpu_rows_release(&job->rows);
}

enum status cpu_nearest(struct backend *base, const struct matrix *x, const double *centres, int k,
                        int *nearest, double *squared)
{
    struct backend_cpu *backend = (struct backend_cpu *)base;
    struct job job = { .x = x, .nearest = nearest, .squared = squared };
    const enum status status = reserve(&job, x, k, backend->pool);
    if (status == OK) {
        const int tiles = (x->rows + CPU_EM_TILE - 1) / CPU_EM_TILE;
        for (int c = 0; c < k; c++)
            cpu_centres_set(&job.centres, c, centres + (size_t)c * x->columns, NULL, 0);
        job.search = (struct cpu_search){ .kernels = backend->isa->em,
                                          .centres = &job.centres,
                                          .rows = &job.rows,
                                          .filtered = job.centres.stride,
                                          .step = job.centres.stride };
        pool_run(backend->pool, tiles, nearest ? search_tile : all_distances, &job);
    }
    release(&job, pool_threads(backend->pool));
    return status;
}
