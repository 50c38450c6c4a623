/* A batch of mixtures on the emulator's device. Fits on the host are struct mixture_fit too, with host pointers. */
#ifndef EMU_MIXTURE_H
#define EMU_MIXTURE_H

#include "core/rng.h"
#include "emulated.h"
#include "mixture_batch.h"

static const double reg_covar = 1e-6;

/* What a test asks for: rows and components of each fit, and columns, widths[i % n_widths]. */
struct mixture_case {
    int n_fits;
    const int (*sizes)[2];
    const int *widths;
    int n_widths;
};

/* The data: clusters with means of up to 10 and deviations down to 1e-3, one dead column, and columns at 30,000 where
 * floats are 0.002 apart; rows stored in any order, once for all fits of as many columns. */
struct mixture_data {
    int n_fits;
    int n_stored;             /* rows in store, of fits that select theirs; else those of the fit */
    struct mixture_fit *fits; /* with all that goes in */
};

static inline void *host_new(size_t n, size_t bytes)
{
    void *memory = calloc(n, bytes);
    assert_non_null(memory);
    return memory;
}

/* ---------------------------------------------------------------------------------------------- arrays */

/* An array that a fit points to. */
struct mixture_array {
    size_t place; /* of the pointer, in struct mixture_fit */
    size_t n, bytes;
};
enum { MIXTURE_INPUTS = 7, MIXTURE_ARRAYS = 25 };
struct mixture_arrays {
    struct mixture_array all[MIXTURE_ARRAYS]; /* what goes in first */
};

static inline struct mixture_arrays mixture_arrays_of(const struct mixture_fit *fit, int n_stored)
{
#define PLACE(name) offsetof(struct mixture_fit, name)
    const size_t k = (size_t)fit->components, d = (size_t)fit->columns, n = (size_t)fit->n_rows;
    const struct mixture_arrays arrays = { {
        { PLACE(x), (fit->rows ? (size_t)n_stored : n) * d, sizeof(float) },
        { PLACE(rows), n, sizeof(int) },
        { PLACE(shift), d, sizeof(float) },
        { PLACE(shift_rest), d, sizeof(float) },
        { PLACE(factor), d, sizeof(float) },
        { PLACE(labels), n, sizeof(int) },
        { PLACE(log_weights), k, sizeof(double) },
        { PLACE(counts), k, sizeof(double) },
        { PLACE(weights), k, sizeof(double) },
        { PLACE(means), k * d, sizeof(double) },
        { PLACE(covariances), k * d, sizeof(double) },
        { PLACE(precisions), k * d, sizeof(double) },
        { PLACE(high), k * d, sizeof(float) },
        { PLACE(low), k * d, sizeof(float) },
        { PLACE(scale), k * d, sizeof(float) },
        { PLACE(log_determinants), k, sizeof(double) },
        { PLACE(offsets), k, sizeof(double) },
        { PLACE(bad_columns), k, sizeof(int) },
        { PLACE(responsibilities), n * k, sizeof(float) },
        { PLACE(log_likelihood), n, sizeof(double) },
        { PLACE(entropy), n, sizeof(double) },
        { PLACE(lower_bound), 1, sizeof(double) },
        { PLACE(total_entropy), 1, sizeof(double) },
        { PLACE(nearest), n, sizeof(int) },
        { PLACE(squared), n * k, sizeof(double) },
    } };
#undef PLACE
    return arrays;
}

static inline void *array_at(const struct mixture_fit *fit, const struct mixture_array *array)
{
    void *memory;
    memcpy(&memory, (const char *)fit + array->place, sizeof memory);
    return memory;
}

static inline void set_array(struct mixture_fit *fit, const struct mixture_array *array, void *memory)
{
    memcpy((char *)fit + array->place, &memory, sizeof memory);
}

/* The first fit that has the same rows in store. */
static inline int store_of(const struct mixture_fit *fits, int number)
{
    int first = 0;
    while (fits[first].x != fits[number].x) first++;
    return first;
}

/* Frees arrays first … end - 1 of all fits. */
static inline void mixture_arrays_free(const struct mixture_fit *fits, int n_fits, int first, int end,
                                       void (*release)(void *))
{
    for (int f = n_fits - 1; f >= 0; f--) {
        const struct mixture_arrays arrays = mixture_arrays_of(&fits[f], 0);
        const int is_first = store_of(fits, f) == f;
        for (int i = first; i < end; i++)
            if (i > 0 || is_first) release(array_at(&fits[f], &arrays.all[i]));
    }
}

/* ------------------------------------------------------------------------------------------------ data */

static inline float cluster_value(int cluster, int column, struct rng *rng)
{
    if (column == 3) return 0;
    const double mean = (cluster * 7 + column * 3) % 21 - 10, deviation = column % 2 ? 1e-3 : 1;
    const double offset = column % 7 == 5 ? 30000 : 0;
    return (float)(offset + mean + deviation * (rng_uniform(rng) + rng_uniform(rng) - 1));
}

/* Rows in store, of clusters in turn. */
static inline float *clusters_new(int n_rows, int columns)
{
    struct rng rng = rng_seeded(5, (uint64_t)columns);
    float *x = host_new((size_t)n_rows * columns, sizeof *x);
    for (int n = 0; n < n_rows; n++)
        for (int c = 0; c < columns; c++) x[n * columns + c] = cluster_value(n % 5, c, &rng);
    return x;
}

static inline const float *clusters_for(const struct mixture_data *data, int number)
{
    for (int f = 0; f < number; f++)
        if (data->fits[f].columns == data->fits[number].columns) return data->fits[f].x;
    return clusters_new(data->n_stored, data->fits[number].columns);
}

/* The stores are a little larger than the largest fit needs. */
static inline struct mixture_data mixture_data_new(struct mixture_case of)
{
    struct mixture_data data = { .n_fits = of.n_fits, .n_stored = 3 };
    data.fits = host_new((size_t)of.n_fits, sizeof *data.fits);
    for (int f = 0; f < of.n_fits; f++)
        if (of.sizes[f][0] + 3 > data.n_stored) data.n_stored = of.sizes[f][0] + 3;
    for (int f = 0; f < of.n_fits; f++) {
        struct mixture_fit *fit = &data.fits[f];
        fit->n_rows = of.sizes[f][0];
        fit->components = of.sizes[f][1];
        fit->columns = of.widths[f % of.n_widths];
        fit->reg_covar = reg_covar;
        fit->x = clusters_for(&data, f);
        int *rows = host_new((size_t)fit->n_rows, sizeof *rows),
            *labels = host_new((size_t)fit->n_rows, sizeof *labels);
        for (int n = 0; n < fit->n_rows; n++) {
            rows[n] = (n * 2 + f) % data.n_stored;
            labels[n] = n % 11 == 10 ? -1 : (rows[n] + n / 50) % fit->components;
        }
        fit->rows = rows;
        fit->labels = labels;
    }
    return data;
}

static inline void mixture_data_free(struct mixture_data *data)
{
    mixture_arrays_free(data->fits, data->n_fits, 0, MIXTURE_INPUTS, free);
    free(data->fits);
}

/* ---------------------------------------------------------------------------------------- standardised */

static inline float value_of(const struct mixture_fit *fit, int row, int column)
{
    const float value = fit->x[(fit->rows ? fit->rows[row] : row) * fit->columns + column];
    if (fit->shift == NULL) return value;
    return ((value - fit->shift[column]) - fit->shift_rest[column]) * fit->factor[column];
}

/* A fit's rows as it sees them, [n_rows][columns]. */
static inline float *gathered(const struct mixture_fit *fit)
{
    float *x = host_new((size_t)fit->n_rows * fit->columns, sizeof *x);
    for (int n = 0; n < fit->n_rows; n++)
        for (int c = 0; c < fit->columns; c++) x[n * fit->columns + c] = value_of(fit, n, c);
    return x;
}

/* Each fit by the mean and deviation of its own rows, as they are read. */
static inline void mixture_data_standardise(struct mixture_data *data)
{
    for (int f = 0; f < data->n_fits; f++) {
        struct mixture_fit *fit = &data->fits[f];
        const size_t columns = (size_t)fit->columns;
        float *shift = host_new(columns, sizeof *shift), *rest = host_new(columns, sizeof *rest);
        float *factor = host_new(columns, sizeof *factor);
        for (int c = 0; c < fit->columns; c++) {
            double mean = 0, variance = 0;
            for (int n = 0; n < fit->n_rows; n++) mean += (double)value_of(fit, n, c) / fit->n_rows;
            for (int n = 0; n < fit->n_rows; n++)
                variance += pow((double)value_of(fit, n, c) - mean, 2) / fit->n_rows;
            shift[c] = (float)mean;
            rest[c] = (float)(mean - (double)shift[c]);
            factor[c] = variance > 0 ? (float)(1 / sqrt(variance)) : 1;
        }
        fit->shift = shift;
        fit->shift_rest = rest;
        fit->factor = factor;
    }
}

/* The same rows as each fit sees them, in a store of its own and in its order. */
static inline struct mixture_data mixture_data_gathered(const struct mixture_data *data)
{
    struct mixture_data all = { .n_fits = data->n_fits,
                                .fits = host_new((size_t)data->n_fits, sizeof *all.fits) };
    for (int f = 0; f < data->n_fits; f++) {
        struct mixture_fit *fit = &all.fits[f];
        const size_t bytes = (size_t)data->fits[f].n_rows * sizeof(int);
        *fit = data->fits[f];
        fit->x = gathered(fit);
        fit->rows = NULL;
        fit->shift = fit->shift_rest = fit->factor = NULL;
        fit->labels = memcpy(host_new(1, bytes), fit->labels, bytes);
    }
    return all;
}

/* --------------------------------------------------------------------------------------- on the device */

struct mixture_batch {
    struct mixture_batch_args args;
    struct mixture_fit *fits; /* as the device has them, for the host to read */
};

/* Fits stand in the batch in their order; called again where they have changed. */
static inline void mixture_place(struct mixture_batch *batch)
{
    struct mixture_batch_args *args = &batch->args;
    args->n_components = args->n_tiles = args->most_components = args->most_columns = 0;
    for (int f = 0; f < args->n_fits; f++) {
        struct mixture_fit *fit = &batch->fits[f];
        fit->first_component = args->n_components;
        fit->first_tile = args->n_tiles;
        args->n_components += fit->components;
        args->n_tiles += (int)blocks_of((size_t)fit->n_rows, MIXTURE_TILE);
        if (fit->components > args->most_components) args->most_components = fit->components;
        if (fit->columns > args->most_columns) args->most_columns = fit->columns;
    }
    emu_copy((void *)(uintptr_t)args->fits, batch->fits, (size_t)args->n_fits * sizeof *batch->fits);
}

/* Means are 0. mixture_batch_free takes everything away. */
static inline struct mixture_batch mixture_batch_new(const struct mixture_data *data)
{
    const size_t bytes = (size_t)data->n_fits * sizeof *data->fits;
    struct mixture_batch batch = { .fits = host_new(1, bytes) };
    memcpy(batch.fits, data->fits, bytes);
    for (int f = 0; f < data->n_fits; f++) {
        struct mixture_fit *fit = &batch.fits[f];
        const struct mixture_arrays arrays = mixture_arrays_of(fit, data->n_stored);
        const int store = store_of(data->fits, f);
        for (int i = 0; i < MIXTURE_ARRAYS; i++) {
            const struct mixture_array *array = &arrays.all[i];
            const void *values = array_at(&data->fits[f], array);
            if (i == 0 && store < f)
                fit->x = batch.fits[store].x;
            else if (values)
                set_array(fit, array, device_of(values, array->n * array->bytes));
            else if (i >= MIXTURE_INPUTS)
                set_array(fit, array, device_new(array->n * array->bytes));
        }
        emu_set(fit->means, 0, (size_t)fit->components * fit->columns * sizeof(double));
    }
    batch.args.n_fits = data->n_fits;
    batch.args.fits = device_new(bytes);
    mixture_place(&batch);
    return batch;
}

static inline void mixture_batch_free(struct mixture_batch *batch)
{
    mixture_arrays_free(batch->fits, batch->args.n_fits, 0, MIXTURE_ARRAYS, emu_free);
    emu_free((void *)(uintptr_t)batch->args.fits);
    free(batch->fits);
}

/* -------------------------------------------------------------------------------------------- answers */

/* All that kernels write, in host memory: [n_fits]. mixture_answer_free takes it away. */
static inline struct mixture_fit *mixture_answer_new(const struct mixture_batch *batch)
{
    struct mixture_fit *answer = host_new((size_t)batch->args.n_fits, sizeof *answer);
    for (int f = 0; f < batch->args.n_fits; f++) {
        const struct mixture_arrays arrays = mixture_arrays_of(&batch->fits[f], 0);
        answer[f] = batch->fits[f];
        for (int i = MIXTURE_INPUTS; i < MIXTURE_ARRAYS; i++) {
            const struct mixture_array *array = &arrays.all[i];
            void *host = host_new(array->n, array->bytes);
            emu_copy(host, array_at(&batch->fits[f], array), array->n * array->bytes);
            set_array(&answer[f], array, host);
        }
    }
    return answer;
}

static inline void mixture_answer_free(struct mixture_fit *answer, int n_fits)
{
    mixture_arrays_free(answer, n_fits, MIXTURE_INPUTS, MIXTURE_ARRAYS, free);
    free(answer);
}

/* All that came of one fit, to the bit. */
static inline void assert_same_bits(const struct mixture_fit *answer, const struct mixture_fit *other)
{
    const struct mixture_arrays arrays = mixture_arrays_of(answer, 0);
    for (int i = MIXTURE_INPUTS; i < MIXTURE_ARRAYS; i++) {
        const struct mixture_array *array = &arrays.all[i];
        assert_memory_equal(array_at(answer, array), array_at(other, array), array->n * array->bytes);
    }
}

/* ------------------------------------------------------------------------------------------- iterations */

static inline void divide_by_rows(struct mixture_batch *batch, int divides_by_rows)
{
    for (int f = 0; f < batch->args.n_fits; f++) batch->fits[f].divides_by_rows = divides_by_rows;
    mixture_place(batch);
}

static inline void mixture_start(struct mixture_batch *batch)
{
    emu_run(mixture_labels, &batch->args);
    emu_run(mixture_maximize, &batch->args);
    emu_run(mixture_maximize, &batch->args);
    divide_by_rows(batch, 1); /* in the mixture_prepare that follows */
}

static inline void mixture_e_step(struct mixture_batch *batch)
{
    emu_run(mixture_prepare, &batch->args);
    emu_run(mixture_filter, &batch->args);
    emu_run(mixture_expect, &batch->args);
    emu_run(mixture_total, &batch->args);
}

static inline void mixture_m_step(struct mixture_batch *batch)
{
    emu_run(mixture_maximize, &batch->args);
    divide_by_rows(batch, 0);
}

#endif
