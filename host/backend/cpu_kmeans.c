/* Lloyd's iteration with the bounds of Elkan (2003), a float for each row and centre: once centres move little, hardly a
 * distance is computed. The labels are Lloyd's, ties included (cpu_search.h).
 *
 * What has not changed is kept, and is the same bits: a row's distance where its centre stands still, a cluster's
 * mean where no row came or went. */
#include "backend/cpu_em.h"

#include <math.h>
#include <string.h>

struct cpu_kmeans {
    int is_ready;   /* 1: all below is of the last call */
    int *label;     /* [rows] */
    double *own;    /* [rows] what the label's centre costs: half the squared distance */
    double *means;  /* [K][columns] */
    char *is_moved; /* [K] 1: this centre is not where it was */
    char *is_new;   /* [K] 1: this mean is to be computed */

    /* of the call that is running */
    const double *centres;
    int *nearest;
};

void cpu_kmeans_close(struct cpu_kmeans **out)
{
    struct cpu_kmeans *kmeans = *out;
    if (!kmeans) return;
    memory_free(kmeans->label);
    memory_free(kmeans->own);
    memory_free(kmeans->means);
    memory_free(kmeans->is_moved);
    memory_free(kmeans->is_new);
    memory_free(kmeans);
    *out = NULL;
}

static enum status reserve(struct cpu_em *em)
{
    if (em->kmeans && em->kmeans->is_new) return OK;
    const size_t rows = (size_t)em->x.rows, components = (size_t)em->components;
    cpu_kmeans_close(&em->kmeans);
    struct cpu_kmeans *kmeans = em->kmeans = memory_new(1, sizeof *kmeans);
    TRY(memory_check(kmeans));
    TRY(memory_check(kmeans->label = memory_new(rows, sizeof *kmeans->label)));
    TRY(memory_check(kmeans->own = memory_new(rows, sizeof *kmeans->own)));
    TRY(memory_check(kmeans->means = memory_new(components * (size_t)em->x.columns, sizeof *kmeans->means)));
    TRY(memory_check(kmeans->is_moved = memory_new(components, sizeof *kmeans->is_moved)));
    return memory_check(kmeans->is_new = memory_new(components, sizeof *kmeans->is_new));
}

/* --------------------------------------------------------------------------------------------- nearest */

static void set_centre(void *context, int k, int thread)
{
    (void)thread;
    struct cpu_em *em = context;
    struct cpu_kmeans *kmeans = em->kmeans;
    const double *centre = kmeans->centres + (size_t)k * em->x.columns;
    const double *before = em->centres.mean + (size_t)k * em->centres.stride;
    kmeans->is_moved[k] = !kmeans->is_ready || memcmp(centre, before, (size_t)em->x.columns * sizeof *centre);
    if (kmeans->is_moved[k])
        cpu_centres_set(&em->centres, k, centre, NULL, 0);
    else
        cpu_centres_keep(&em->centres, k);
}

static void search_tile(void *context, int task, int thread)
{
    struct cpu_em *em = context;
    struct cpu_kmeans *kmeans = em->kmeans;
    struct cpu_search_tile *tile = &em->scratch[thread].tile;
    const int first = task * CPU_EM_TILE, left = em->x.rows - first;
    tile->n = left < CPU_EM_TILE ? left : CPU_EM_TILE;
    tile->rows = em->order + first;
    for (int r = 0; r < tile->n; r++) {
        const int n = tile->rows[r], label = kmeans->is_ready ? kmeans->label[n] : -1;
        tile->guess[r] = label;
        tile->best[r] = label < 0 || kmeans->is_moved[label] ? (double)NAN : kmeans->own[n];
    }
    cpu_search_run(&em->search, tile);
    for (int r = 0; r < tile->n; r++) { /* of those that are as near as the nearest, the first */
        const size_t row = (size_t)r * em->components;
        kmeans->nearest[tile->rows[r]] = tile->live[row];
        kmeans->own[tile->rows[r]] = tile->cost[row];
    }
}

static void order_rows(struct cpu_em *em)
{
    if (em->kmeans->is_ready)
        cpu_em_sort(em->kmeans->label, em->x.rows, em->components, em->start, em->order);
    else
        for (int n = 0; n < em->x.rows; n++) em->order[n] = n;
}

/* A candidate's distance is summed over all columns at once: most of them would be needed anyway, and the better
 * bound saves the next iterations more. */
static void find_nearest(struct cpu_em *em)
{
    pool_run(em->pool, em->components, set_centre, em);
    cpu_centres_ready(&em->centres);
    em->search = (struct cpu_search){ .kernels = em->isa->em,
                                      .centres = &em->centres,
                                      .rows = &em->rows,
                                      .filtered = em->rows.stride,
                                      .step = em->rows.stride,
                                      .bounds = em->bounds,
                                      .has_bounds = em->bounds && em->kmeans->is_ready,
                                      .is_exhaustive = em->is_exhaustive };
    order_rows(em);
    pool_run(em->pool, (em->x.rows + CPU_EM_TILE - 1) / CPU_EM_TILE, search_tile, em);
}

/* ----------------------------------------------------------------------------------------------- means */

static void find_new(const struct cpu_em *em)
{
    struct cpu_kmeans *kmeans = em->kmeans;
    memset(kmeans->is_new, !kmeans->is_ready, (size_t)em->components);
    for (int n = 0; n < em->x.rows && kmeans->is_ready; n++) {
        if (kmeans->label[n] == kmeans->nearest[n]) continue;
        kmeans->is_new[kmeans->label[n]] = 1;
        kmeans->is_new[kmeans->nearest[n]] = 1;
    }
    memcpy(kmeans->label, kmeans->nearest, (size_t)em->x.rows * sizeof *kmeans->label);
}

static void average(void *context, int k, int thread)
{
    struct cpu_em *em = context;
    const int columns = em->x.columns, count = (int)(em->start[k + 1] - em->start[k]);
    double *sums = em->scratch[thread].strip, *mean = em->kmeans->means + (size_t)k * columns;
    for (int first = 0; em->kmeans->is_new[k] && first < columns; first += CPU_EM_STRIP) {
        const int left = columns - first, n = left < CPU_EM_STRIP ? left : CPU_EM_STRIP;
        em->isa->em->sum(&(struct cpu_em_moments){ .x = em->rows.data + first,
                                                   .stride = em->rows.stride,
                                                   .rows = em->order + em->start[k],
                                                   .count = count,
                                                   .n = cpu_rows_stride(n),
                                                   .s1 = sums });
        for (int j = 0; j < n; j++) mean[first + j] = count ? sums[j] / count : 0;
    }
}

enum status cpu_em_lloyd(struct em *base, const double *centres, int *nearest, double *squared, double *means)
{
    struct cpu_em *em = (struct cpu_em *)base;
    TRY(reserve(em));
    TRY(cpu_em_keep_bounds(em));
    struct cpu_kmeans *kmeans = em->kmeans;
    kmeans->is_ready &= em->bounds_of == BOUNDS_OF_KMEANS;
    kmeans->centres = centres;
    kmeans->nearest = nearest;
    find_nearest(em);
    find_new(em);
    cpu_em_sort(kmeans->label, em->x.rows, em->components, em->start, em->order);
    pool_run(em->pool, em->components, average, em);
    kmeans->is_ready = 1;
    em->bounds_of = BOUNDS_OF_KMEANS;
    for (int n = 0; n < em->x.rows; n++) squared[n] = 2 * kmeans->own[n];
    memcpy(means, kmeans->means, (size_t)em->components * em->x.columns * sizeof *means);
    return OK;
}
