/* What tests of fits on the simulated card share: rows in clusters, of their own or selected from others. */
#ifndef SIM_FITS_H
#define SIM_FITS_H

#include "simulated.h"

#include "core/rng.h"
#include "core/scaler.h"
#include "cuda/card.h"
#include "detect/bgmm.h"

#include <math.h>
#include <pthread.h>

/* A thread's part of a job. */
struct part {
    struct job *job;
    int number;
};

struct fit_rows {
    struct rows rows;
    struct matrix whole; /* raw, of which the rows are every second one, from behind */
    int *index;
    struct scaler scaler;
};

static inline void fill_clusters(struct matrix *x, int clusters)
{
    struct rng rng = rng_seeded((uint64_t)x->rows, (uint64_t)x->columns);
    for (int n = 0; n < x->rows; n++)
        for (int j = 0; j < x->columns; j++)
            matrix_row(x, n)[j] = (float)(3 * (n * 7 % clusters) + j % 3 + 0.5 * rng_normal(&rng));
}

static inline void select_rows(struct fit_rows *of, int clusters)
{
    const int n_rows = of->rows.x.rows, columns = of->rows.x.columns;
    assert_ok(matrix_init(&of->whole, 2 * n_rows, columns));
    fill_clusters(&of->whole, clusters);
    of->index = calloc((size_t)n_rows, sizeof *of->index);
    for (int n = 0; n < n_rows; n++) {
        of->index[n] = 2 * (n_rows - 1 - n);
        memcpy(matrix_row(&of->rows.x, n), matrix_row(&of->whole, of->index[n]),
               (size_t)columns * sizeof(float));
    }
    assert_ok(scaler_init(&of->scaler, columns));
    scaler_add(&of->scaler, of->rows.x.data, n_rows);
    scaler_finish(&of->scaler);
    scaler_apply(&of->scaler, of->rows.x.data, n_rows, of->rows.x.data);
    of->rows.selection = (struct selection){ &of->whole, of->index, of->scaler.mean, of->scaler.scale };
}

/* It must stay where it is: a selection points into it. */
static inline void fit_rows_init(struct fit_rows *of, int n_rows, int columns, int clusters, int is_selected)
{
    *of = (struct fit_rows){ .index = NULL };
    assert_ok(rows_init(&of->rows, n_rows, columns));
    if (is_selected)
        select_rows(of, clusters);
    else
        fill_clusters(&of->rows.x, clusters);
}

static inline void fit_rows_free(struct fit_rows *of)
{
    rows_release(&of->rows);
    matrix_release(&of->whole);
    free(of->index);
    scaler_release(&of->scaler);
}

static inline struct gmm_settings few_iterations(int components, int init, int iterations)
{
    return (struct gmm_settings){ .components = components,
                                  .covariance = COVARIANCE_DIAGONAL,
                                  .tol = 1e-3,
                                  .reg_covar = 1e-6,
                                  .max_iter = iterations,
                                  .n_init = 1,
                                  .init = init };
}

static inline void share_here(struct backend *backend, int n_tasks,
                              void (*task)(void *context, int index, int thread), void *context)
{
    (void)backend;
    for (int i = 0; i < n_tasks; i++) task(context, i, 0);
}

/* The plug-in's table and what detectors need besides, which the program adds (backend_cuda.c). */
static inline enum status try_card(struct backend **out)
{
    static struct backend_ops ops;
    ops = card_ops;
    ops.share = share_here;
    TRY(card_ops.open(out, &(struct backend_options){ .threads = 1 }));
    (*out)->ops = &ops;
    return OK;
}

static inline struct backend *open_card(void)
{
    struct backend *backend;
    assert_ok(try_card(&backend));
    return backend;
}

#endif
