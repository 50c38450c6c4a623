#include "backend/cpu_distance.h"

struct job {
    const struct matrix *x, *y;
    const struct distance_taker *taker;
    const struct cpu_distance_kernels *kernels;
    int x_rows;     /* of a task */
    float *panel;   /* [threads][CPU_DISTANCE_Y][columns]; NULL where no rough distances are asked for */
    float *squared; /* [threads][CPU_DISTANCE_X][CPU_DISTANCE_Y] */
};

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* A sum of n floats is off by at most n ulps of half of 2^-23 each (Higham 2002, section 4.2), a squared
 * difference by three. */
static double rough_error(int columns)
{
    return (CPU_DISTANCE_BLOCK + columns / CPU_DISTANCE_BLOCK + 4) * (double)FLT_EPSILON / 2;
}

/* Up to CPU_DISTANCE_LANES rows of y side by side; zeros stand for those that are missing. Some columns at a time: what
 * is written stays in the first cache until its lines are full. */
static void pack_lanes(const struct matrix *y, int first, int rows, float *panel)
{
    for (int column = 0; column < y->columns; column += CPU_DISTANCE_BLOCK) {
        const int end = smaller(column + CPU_DISTANCE_BLOCK, y->columns);
        for (int r = 0; r < CPU_DISTANCE_LANES; r++) {
            const float *from = r < rows ? matrix_row(y, first + r) : NULL;
            for (int j = column; j < end; j++) panel[j * CPU_DISTANCE_LANES + r] = from ? from[j] : 0;
        }
    }
}

static void pack(const struct matrix *y, int first, int rows, float *panel)
{
    for (int r = 0; r < rows; r += CPU_DISTANCE_LANES)
        pack_lanes(y, first + r, rows - r, panel + (size_t)r * y->columns);
}

static void compute(const struct job *job, const struct distance_tile *tile, float *panel, float *squared)
{
    pack(job->y, tile->y_first, tile->y_rows, panel);
    job->kernels->tile(&(struct cpu_distance_tile){ .x = matrix_row(job->x, tile->x_first),
                                                    .panel = panel,
                                                    .x_rows = tile->x_rows,
                                                    .y_rows = tile->y_rows,
                                                    .columns = job->x->columns,
                                                    .squared = squared });
}

/* Some rows of x against all of y. */
static void run_rows(void *context, int task, int thread)
{
    const struct job *job = context;
    float *panel = NULL, *squared = NULL;
    if (job->panel) {
        panel = job->panel + (size_t)thread * CPU_DISTANCE_Y * job->x->columns;
        squared = job->squared + (size_t)thread * CPU_DISTANCE_X * CPU_DISTANCE_Y;
    }
    struct distance_tile tile = { .x_first = task * job->x_rows,
                                  .x_rows = smaller(job->x_rows, job->x->rows - task * job->x_rows),
                                  .squared = squared,
                                  .stride = CPU_DISTANCE_Y,
                                  .error = rough_error(job->x->columns),
                                  .exact = job->kernels->exact };
    for (; tile.y_first < job->y->rows; tile.y_first += CPU_DISTANCE_Y) {
        tile.y_rows = smaller(CPU_DISTANCE_Y, job->y->rows - tile.y_first);
        if (squared) compute(job, &tile, panel, squared);
        job->taker->take(job->taker->context, &tile);
    }
}

/* Large enough that packing y is little beside it, small enough that every thread has something to do; it
 * changes no number. */
static int choose_rows(int rows, int threads)
{
    enum { LEAST = 16 };
    const int share = rows / (2 * threads) / 4 * 4;
    return share < LEAST ? LEAST : smaller(share, CPU_DISTANCE_X);
}

static enum status reserve(struct job *job, int threads)
{
    if (job->taker->is_exact) return OK;
    const size_t panel = (size_t)CPU_DISTANCE_Y * (size_t)job->x->columns;
    const size_t squared = (size_t)CPU_DISTANCE_X * CPU_DISTANCE_Y;
    TRY(memory_check(job->panel = memory_new((size_t)threads * panel, sizeof *job->panel)));
    return memory_check(job->squared = memory_new((size_t)threads * squared, sizeof *job->squared));
}

enum status cpu_distance(struct backend *base, const struct matrix *x, const struct matrix *y,
                         const struct distance_taker *taker)
{
    struct backend_cpu *backend = (struct backend_cpu *)base;
    const int threads = pool_threads(backend->pool);
    struct job job = { .x = x,
                       .y = y,
                       .taker = taker,
                       .kernels = backend->isa->distance,
                       .x_rows = choose_rows(x->rows, threads) };
    const enum status status = reserve(&job, threads);
    if (status == OK) pool_run(backend->pool, (x->rows + job.x_rows - 1) / job.x_rows, run_rows, &job);
    memory_free(job.panel);
    memory_free(job.squared);
    return status;
}
