#include "cuda/card_batch.h"

#include "cuda/device.h"

#include <string.h>

enum { LEAST_COMPONENTS = 1024, MOST_STEPS = 6 };

/* ------------------------------------------------------------------------------------------------- memory */

enum status card_batch_init(struct card_batch *batch, cudaStream_t stream)
{
    *batch = (struct card_batch){ .stream = stream };
    TRY(region_pinned(&batch->region, sizeof *batch->below, (void **)&batch->below));
    return region_card(&batch->region, sizeof *batch->above, (void **)&batch->above);
}

static void drop_results(struct card_batch *batch)
{
    if (batch->results_above) cudaFree(batch->results_above);
    if (batch->results_below) cudaFreeHost(batch->results_below);
    batch->results_above = batch->results_below = NULL;
    batch->capacity = 0;
}

void card_batch_release(struct card_batch *batch)
{
    drop_results(batch);
    region_release(&batch->region);
}

/* Of so many fits and components: a bound and an entropy a fit, a log determinant and a bad column a component. */
static size_t results_bytes(size_t fits, size_t components)
{
    return (2 * fits + components) * sizeof(double) + components * sizeof(int);
}

enum status card_batch_reserve(struct card_batch *batch, long long components)
{
    if (components <= batch->capacity) return OK;
    long long capacity = batch->capacity > 0 ? batch->capacity : LEAST_COMPONENTS;
    while (capacity < components) capacity *= 2;
    const size_t bytes = results_bytes(CARD_BATCH_FITS, (size_t)capacity);
    struct card_batch larger = *batch;
    larger.results_above = larger.results_below = NULL;
    larger.capacity = capacity;
    enum status status = region_malloc(&larger.results_above, bytes);
    if (status == OK) status = region_malloc_pinned(&larger.results_below, bytes);
    drop_results(status == OK ? batch : &larger);
    if (status == OK) *batch = larger;
    return status;
}

/* ------------------------------------------------------------------------------------------------ results */

/* The same places in either memory. */
struct results {
    double *lower_bounds, *entropies; /* [fits]       */
    double *log_determinants;         /* [components] */
    int *bad_columns;                 /* [components] */
};

static struct results results_at(void *memory, int n_fits, int n_components)
{
    double *numbers = memory;
    return (struct results){ numbers, numbers + n_fits, numbers + 2 * (size_t)n_fits,
                             (int *)(numbers + 2 * (size_t)n_fits + n_components) };
}

static void hand_over(const struct results *results, struct card_request **requests, int n)
{
    for (int i = 0, first = 0; i < n; first += requests[i++]->fit.components) {
        struct card_request *request = requests[i];
        const int components = request->fit.components;
        request->lower_bound = results->lower_bounds[i];
        request->entropy = results->entropies[i];
        request->bad_component = request->bad_column = -1;
        for (int k = components - 1; k >= 0; k--) {
            if (results->bad_columns[first + k] < 0) continue;
            request->bad_component = k;
            request->bad_column = results->bad_columns[first + k];
        }
        if (request->log_determinants)
            memcpy(request->log_determinants, results->log_determinants + first,
                   (size_t)components * sizeof(double));
    }
}

/* -------------------------------------------------------------------------------------------------- tables */

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static struct mixture_batch_args place_fits(struct card_batch *batch, struct card_request **requests, int n)
{
    struct mixture_batch_args args = { .fits = batch->above->fits, .n_fits = n };
    int n_components = 0;
    for (int i = 0; i < n; i++) n_components += requests[i]->fit.components;
    const struct results results = results_at(batch->results_above, n, n_components);
    for (int i = 0; i < n; i++) {
        struct mixture_fit *fit = &batch->below->fits[i];
        *fit = requests[i]->fit;
        fit->first_component = args.n_components;
        fit->first_tile = args.n_tiles;
        fit->lower_bound = results.lower_bounds + i;
        fit->total_entropy = results.entropies + i;
        fit->log_determinants = results.log_determinants + args.n_components;
        fit->bad_columns = results.bad_columns + args.n_components;
        args.n_components += fit->components;
        args.n_tiles += (int)blocks_of((size_t)fit->n_rows, MIXTURE_TILE);
        args.most_components = larger(args.most_components, fit->components);
        args.most_columns = larger(args.most_columns, fit->columns);
        batch->below->seeds[i] = requests[i]->seed;
    }
    return args;
}

static enum status put_up(const struct card_batch *batch)
{
    return device_check(cudaMemcpyAsync(batch->above, batch->below, sizeof *batch->below,
                                        cudaMemcpyHostToDevice, batch->stream),
                        "copying a table of fits to the card");
}

/* ------------------------------------------------------------------------------------------------ launches */

typedef enum status launcher(const struct mixture_batch_args *args, cudaStream_t stream);

#define LAUNCHER(name)                                                                           \
    static enum status launch_##name(const struct mixture_batch_args *args, cudaStream_t stream) \
    {                                                                                            \
        return device_launch(mixture_##name, args, stream);                                      \
    }
LAUNCHER(labels)
LAUNCHER(prepare)
LAUNCHER(filter)
LAUNCHER(expect)
LAUNCHER(total)
LAUNCHER(maximize)
LAUNCHER(nearest)

static launcher *const sequences[CARD_WORKS][MOST_STEPS] = {
    [CARD_START] = { launch_labels, launch_maximize, launch_maximize },
    [CARD_START_SOFT] = { launch_maximize, launch_maximize },
    [CARD_STEP] = { launch_prepare, launch_filter, launch_expect, launch_total, launch_maximize },
    [CARD_SCORE] = { launch_prepare, launch_filter, launch_expect, launch_total },
    [CARD_PREPARE] = { launch_prepare },
    [CARD_STEP_PREPARED] = { launch_filter, launch_expect, launch_total, launch_maximize },
    [CARD_SCORE_PREPARED] = { launch_filter, launch_expect, launch_total },
    [CARD_LLOYD] = { launch_prepare, launch_filter, launch_nearest, launch_labels, launch_maximize },
    [CARD_SEED] = { launch_prepare },
};

/* After its sequence: a centre a step for each fit that lacks one, in three launches a step. */
static enum status seed(const struct card_batch *batch, const struct mixture_batch_args *trials, int n)
{
    struct mixture_seed_args args = { batch->above->seeds, trials->fits, n, 0 };
    int most = 0;
    for (int i = 0; i < n; i++) most = larger(most, batch->below->seeds[i].components);
    for (; args.step < most; args.step++) {
        TRY(device_launch(mixture_draw, &args, batch->stream));
        TRY(device_launch(mixture_squares, trials, batch->stream));
        TRY(device_launch(mixture_choose, &args, batch->stream));
    }
    return OK;
}

static enum status launch(const struct card_batch *batch, enum card_work work,
                          const struct mixture_batch_args *args)
{
    for (int i = 0; i < MOST_STEPS && sequences[work][i]; i++) TRY(sequences[work][i](args, batch->stream));
    return work == CARD_SEED ? seed(batch, args, args->n_fits) : OK;
}

enum status card_batch_run(struct card_batch *batch, enum card_work work, struct card_request **requests,
                           int n)
{
    const struct mixture_batch_args args = place_fits(batch, requests, n);
    const size_t bytes = results_bytes((size_t)n, (size_t)args.n_components);
    TRY(put_up(batch));
    TRY(launch(batch, work, &args));
    TRY(device_check(cudaMemcpyAsync(batch->results_below, batch->results_above, bytes,
                                     cudaMemcpyDeviceToHost, batch->stream),
                     "copying results of fits from the card"));
    TRY(device_check(cudaStreamSynchronize(batch->stream), "waiting for the card"));
    const struct results results = results_at(batch->results_below, n, args.n_components);
    hand_over(&results, requests, n);
    return OK;
}
