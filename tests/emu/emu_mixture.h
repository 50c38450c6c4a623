/* A batch of mixtures on the emulator's device, and the same fits by their definition. */
#ifndef EMU_MIXTURE_H
#define EMU_MIXTURE_H

#include "core/rng.h"
#include "emulated.h"
#include "mixture_batch.h"

/* What a test asks for: rows and components of each fit. */
struct mixture_case {
    int n_fits, columns;
    const int (*sizes)[2];
};

/* The data: clusters with means of up to 10 and deviations down to 1e-3, one dead column, and columns at 30,000 where
 * floats are 0.002 apart; rows stored in any order. */
struct mixture_data {
    struct mixture_case of;
    int n_stored, n_rows, n_components, n_tiles, n_cells, most_components;
    struct mixture_fit *fits;
    float *x;    /* [n_stored][columns] */
    int *rows;   /* [n_rows]            */
    int *labels; /* [n_rows]            */
};

/* Everything that comes back from the device. */
struct mixture_answer {
    double *counts, *weights, *log_determinants, *offsets; /* [n_components]          */
    double *means, *covariances;                           /* [n_components][columns] */
    double *log_likelihood, *entropy;                      /* [n_rows]                */
    double *lower_bounds, *entropies;                      /* [n_fits]                */
    float *responsibilities;                               /* [n_cells]               */
    int *bad_columns;                                      /* [n_components]          */
};

static inline void *host_new(size_t n, size_t bytes)
{
    void *memory = calloc(n, bytes);
    assert_non_null(memory);
    return memory;
}

static inline float mixture_value(int cluster, int column, struct rng *rng)
{
    if (column == 3) return 0;
    const double mean = (cluster * 7 + column * 3) % 21 - 10, deviation = column % 2 ? 1e-3 : 1;
    const double offset = column % 7 == 5 ? 30000 : 0;
    return (float)(offset + mean + deviation * (rng_uniform(rng) + rng_uniform(rng) - 1));
}

static inline void mixture_place_fits(struct mixture_data *data)
{
    for (int i = 0; i < data->of.n_fits; i++) {
        const int n_rows = data->of.sizes[i][0], components = data->of.sizes[i][1];
        data->fits[i] = (struct mixture_fit){ data->n_rows, data->n_cells,      n_rows,
                                              components,   data->n_components, data->n_tiles };
        data->n_rows += n_rows;
        data->n_cells += n_rows * components;
        data->n_components += components;
        data->n_tiles += (int)blocks_of((size_t)n_rows, MIXTURE_TILE);
        data->most_components = components > data->most_components ? components : data->most_components;
        data->n_stored = n_rows > data->n_stored ? n_rows : data->n_stored;
    }
}

/* Every fit takes its rows from the same store, which is a little larger than the largest needs. */
static inline struct mixture_data mixture_data_new(struct mixture_case of)
{
    struct mixture_data data = { .of = of, .fits = host_new((size_t)of.n_fits, sizeof(struct mixture_fit)) };
    struct rng rng = rng_seeded(5, (uint64_t)of.columns);
    mixture_place_fits(&data);
    data.n_stored += 3;
    data.x = host_new((size_t)data.n_stored * of.columns, sizeof(float));
    data.rows = host_new((size_t)data.n_rows, sizeof(int));
    data.labels = host_new((size_t)data.n_rows, sizeof(int));
    for (int n = 0; n < data.n_stored; n++)
        for (int c = 0; c < of.columns; c++) data.x[n * of.columns + c] = mixture_value(n % 5, c, &rng);
    for (int f = 0; f < of.n_fits; f++)
        for (int n = 0; n < data.fits[f].n_rows; n++) {
            const int at = (int)data.fits[f].first_row + n, row = (n * 2 + f) % data.n_stored;
            data.rows[at] = row;
            data.labels[at] = n % 11 == 10 ? -1 : (row + n / 50) % data.fits[f].components;
        }
    return data;
}

static inline void mixture_data_free(struct mixture_data *data)
{
    free(data->fits);
    free(data->x);
    free(data->rows);
    free(data->labels);
}

/* Each array of the answer: where it is in both structs, and how many numbers of which size. */
struct mixture_array {
    void **host, **device;
    size_t n, bytes;
};
enum { N_MIXTURE_ARRAYS = 12 };

static inline void mixture_arrays(const struct mixture_data *data, struct mixture_answer *answer,
                                  struct mixture_batch_args *args, struct mixture_array *arrays)
{
    const size_t components = (size_t)data->n_components, all = components * data->of.columns;
    const size_t rows = (size_t)data->n_rows, fits = (size_t)data->of.n_fits, cells = (size_t)data->n_cells;
    const struct mixture_array found[N_MIXTURE_ARRAYS] = {
        { (void **)&answer->counts, (void **)&args->counts, components, sizeof(double) },
        { (void **)&answer->weights, (void **)&args->weights, components, sizeof(double) },
        { (void **)&answer->log_determinants, (void **)&args->log_determinants, components, sizeof(double) },
        { (void **)&answer->offsets, (void **)&args->offsets, components, sizeof(double) },
        { (void **)&answer->means, (void **)&args->means, all, sizeof(double) },
        { (void **)&answer->covariances, (void **)&args->covariances, all, sizeof(double) },
        { (void **)&answer->log_likelihood, (void **)&args->log_likelihood, rows, sizeof(double) },
        { (void **)&answer->entropy, (void **)&args->entropy, rows, sizeof(double) },
        { (void **)&answer->lower_bounds, (void **)&args->lower_bounds, fits, sizeof(double) },
        { (void **)&answer->entropies, (void **)&args->entropies, fits, sizeof(double) },
        { (void **)&answer->responsibilities, (void **)&args->responsibilities, cells, sizeof(float) },
        { (void **)&answer->bad_columns, (void **)&args->bad_columns, components, sizeof(int) },
    };
    memcpy(arrays, found, sizeof found);
}

/* On the device; means are 0. mixture_args_free takes everything away. */
static inline struct mixture_batch_args mixture_args_new(const struct mixture_data *data, double reg_covar)
{
    struct mixture_answer none;
    struct mixture_array arrays[N_MIXTURE_ARRAYS];
    const size_t all = (size_t)data->n_components * data->of.columns, fits = (size_t)data->of.n_fits;
    int *is_done = host_new(fits, sizeof *is_done);
    struct mixture_batch_args args = {
        .fits = device_of(data->fits, fits * sizeof *data->fits),
        .is_done = device_of(is_done, fits * sizeof *is_done),
        .x = device_of(data->x, (size_t)data->n_stored * data->of.columns * sizeof(float)),
        .rows = device_of(data->rows, (size_t)data->n_rows * sizeof(int)),
        .labels = device_of(data->labels, (size_t)data->n_rows * sizeof(int)),
        .precisions = device_new(all * sizeof(double)),
        .high = device_new(all * sizeof(float)),
        .low = device_new(all * sizeof(float)),
        .scale = device_new(all * sizeof(float)),
        .n_fits = data->of.n_fits,
        .n_components = data->n_components,
        .n_tiles = data->n_tiles,
        .columns = data->of.columns,
        .most_components = data->most_components,
        .reg_covar = reg_covar,
    };
    mixture_arrays(data, &none, &args, arrays);
    for (int i = 0; i < N_MIXTURE_ARRAYS; i++) *arrays[i].device = device_new(arrays[i].n * arrays[i].bytes);
    emu_set(args.means, 0, all * sizeof(double));
    free(is_done);
    return args;
}

static inline void mixture_args_free(const struct mixture_data *data, struct mixture_batch_args *args)
{
    struct mixture_answer none;
    struct mixture_array arrays[N_MIXTURE_ARRAYS];
    mixture_arrays(data, &none, args, arrays);
    for (int i = 0; i < N_MIXTURE_ARRAYS; i++) emu_free(*arrays[i].device);
    const void *others[] = { args->fits,       args->is_done, args->x,   args->rows, args->labels,
                             args->precisions, args->high,    args->low, args->scale };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) emu_free((void *)(uintptr_t)others[i]);
}

static inline struct mixture_answer mixture_answer_new(const struct mixture_data *data,
                                                       struct mixture_batch_args *args)
{
    struct mixture_answer answer;
    struct mixture_array arrays[N_MIXTURE_ARRAYS];
    mixture_arrays(data, &answer, args, arrays);
    for (int i = 0; i < N_MIXTURE_ARRAYS; i++) {
        *arrays[i].host = host_new(arrays[i].n, arrays[i].bytes);
        emu_copy(*arrays[i].host, *arrays[i].device, arrays[i].n * arrays[i].bytes);
    }
    return answer;
}

static inline void mixture_answer_free(const struct mixture_data *data, struct mixture_answer *answer)
{
    struct mixture_batch_args none;
    struct mixture_array arrays[N_MIXTURE_ARRAYS];
    mixture_arrays(data, answer, &none, arrays);
    for (int i = 0; i < N_MIXTURE_ARRAYS; i++) free(*arrays[i].host);
}

static inline void mixture_start(struct mixture_batch_args *args)
{
    emu_run(mixture_labels, args);
    emu_run(mixture_maximize, args);
    emu_run(mixture_maximize, args);
    args->divides_by_rows = 1; /* of the mixture_prepare that follows */
}

static inline void mixture_e_step(struct mixture_batch_args *args)
{
    emu_run(mixture_prepare, args);
    emu_run(mixture_filter, args);
    emu_run(mixture_expect, args);
    emu_run(mixture_total, args);
}

static inline void mixture_m_step(struct mixture_batch_args *args)
{
    emu_run(mixture_maximize, args);
    args->divides_by_rows = 0;
}

#endif
