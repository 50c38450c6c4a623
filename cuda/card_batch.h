/* One sequence of launches over many fits, and the few numbers that come back from it. */
#ifndef CARD_BATCH_H
#define CARD_BATCH_H

#include "cuda/card_gather.h"
#include "cuda/region.h"

/* What goes up for a batch. */
struct card_batch_tables {
    struct mixture_fit fits[CARD_BATCH_FITS];
    struct mixture_seed seeds[CARD_BATCH_FITS];
};

struct card_batch {
    cudaStream_t stream; /* borrowed */
    struct region region;
    struct card_batch_tables *below, *above; /* pinned, and on the card */
    long long capacity;                      /* components of one batch */
    void *results_below, *results_above;     /* pinned, and on the card: see struct results in card_batch.c */
};

enum status card_batch_init(struct card_batch *batch, cudaStream_t stream) MUST_CHECK;
void card_batch_release(struct card_batch *batch); /* half-open ones are fine */

/* Room for so many components in a batch, while none runs. ERR_MEMORY. */
enum status card_batch_reserve(struct card_batch *batch, long long components) MUST_CHECK;

/* The same work for all of these fits, 1 … CARD_BATCH_FITS; what they ask for stands in them when it returns. Nothing
 * is allocated, and the stream is waited for once. */
enum status card_batch_run(struct card_batch *batch, enum card_work work, struct card_request **requests,
                           int n) MUST_CHECK;

#endif
