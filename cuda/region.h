/* Memory of one line or one fit: pieces of the card's and of the host's pinned memory, taken when the line opens and given back
 * together when it closes. Pinned memory can be copied while the host goes on. */
#ifndef REGION_H
#define REGION_H

#include "core/status.h"

#include <stddef.h>

struct region {
    void **card, **pinned;
    size_t n_card, n_pinned, card_capacity, pinned_capacity;
};

/* ERR_MEMORY: there is no more, and how much was asked for; ERR_DEVICE: anything else. No bytes are a valid piece that
 * nobody reads; what is in a piece is not defined. */
enum status region_card(struct region *region, size_t bytes, void **out) MUST_CHECK;
enum status region_pinned(struct region *region, size_t bytes, void **out) MUST_CHECK;

/* A piece that belongs to no region: cudaFree, cudaFreeHost. */
enum status region_malloc(void **out, size_t bytes) MUST_CHECK;
enum status region_malloc_pinned(void **out, size_t bytes) MUST_CHECK;

/* After the streams that used it have been waited for. A zeroed region is fine. */
void region_release(struct region *region);

#endif
