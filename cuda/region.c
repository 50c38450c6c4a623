#include "cuda/region.h"

#include "core/memory.h"
#include "cuda/device.h"

static enum status explain(cudaError_t error, const char *whose, size_t bytes)
{
    if (error == cudaSuccess) return OK;
    const enum status status = error == cudaErrorMemoryAllocation ? ERR_MEMORY : ERR_DEVICE;
    return fail(status, "%s: CUDA says %s; %.1f MiB were asked for", whose, cudaGetErrorString(error),
                (double)bytes / (1 << 20));
}

enum status region_malloc(void **out, size_t bytes)
{
    return explain(cudaMalloc(out, bytes ? bytes : 1), "the card's memory", bytes);
}

enum status region_malloc_pinned(void **out, size_t bytes)
{
    return explain(cudaMallocHost(out, bytes ? bytes : 1), "pinned memory of the host", bytes);
}

enum status region_card(struct region *region, size_t bytes, void **out)
{
    TRY(memory_grow((void **)&region->card, &region->card_capacity, region->n_card, sizeof *region->card));
    TRY(region_malloc(out, bytes));
    region->card[region->n_card++] = *out;
    return OK;
}

enum status region_pinned(struct region *region, size_t bytes, void **out)
{
    TRY(memory_grow((void **)&region->pinned, &region->pinned_capacity, region->n_pinned,
                    sizeof *region->pinned));
    TRY(region_malloc_pinned(out, bytes));
    region->pinned[region->n_pinned++] = *out;
    return OK;
}

void region_release(struct region *region)
{
    while (region->n_card > 0) cudaFree(region->card[--region->n_card]);
    while (region->n_pinned > 0) cudaFreeHost(region->pinned[--region->n_pinned]);
    memory_free(region->card);
    memory_free(region->pinned);
    *region = (struct region){ 0 };
}
