#include "cuda/card_store.h"

#include "core/memory.h"
#include "cuda/device.h"
#include "cuda/region.h"

void card_store_init(struct card_store *store)
{
    *store = (struct card_store){ .lock = PTHREAD_MUTEX_INITIALIZER };
}

void card_store_release(struct card_store *store)
{
    pthread_mutex_destroy(&store->lock);
}

static void drop(struct card_stored *stored)
{
    if (stored->x) cudaFree(stored->x);
    memory_free(stored);
}

static enum status put(struct card_store *store, const struct matrix *matrix, cudaStream_t stream)
{
    const size_t bytes = (size_t)matrix->rows * (size_t)matrix->columns * sizeof(float);
    struct card_stored *stored = memory_new(1, sizeof *stored);
    TRY(memory_check(stored));
    stored->of = *matrix;
    enum status status = region_malloc((void **)&stored->x, bytes);
    if (status == OK)
        status = device_check(cudaMemcpyAsync(stored->x, matrix->data, bytes, cudaMemcpyHostToDevice, stream),
                              "copying features to the card");
    if (status != OK) {
        drop(stored);
        return status;
    }
    stored->next = store->first;
    store->first = stored;
    return OK;
}

static struct card_stored *find(const struct card_store *store, const struct matrix *matrix)
{
    struct card_stored *stored = store->first;
    while (stored && (stored->of.data != matrix->data || stored->of.rows != matrix->rows ||
                      stored->of.columns != matrix->columns))
        stored = stored->next;
    return stored;
}

enum status card_store_acquire(struct card_store *store, const struct matrix *matrix, cudaStream_t stream,
                               struct card_stored **out)
{
    enum status status = OK;
    pthread_mutex_lock(&store->lock);
    if (!find(store, matrix)) status = put(store, matrix, stream);
    *out = find(store, matrix);
    if (*out) (*out)->n_users++;
    pthread_mutex_unlock(&store->lock);
    return status;
}

void card_store_give_back(struct card_store *store, struct card_stored **out)
{
    if (!*out) return;
    pthread_mutex_lock(&store->lock);
    if (--(*out)->n_users == 0) {
        struct card_stored **link = &store->first;
        while (*link != *out) link = &(*link)->next;
        *link = (*out)->next;
        drop(*out);
    }
    pthread_mutex_unlock(&store->lock);
    *out = NULL;
}
