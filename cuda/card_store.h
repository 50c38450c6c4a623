/* Rows of features on a card, each matrix once however many fits take rows of it. */
#ifndef CARD_STORE_H
#define CARD_STORE_H

#include "core/matrix.h"

#include <cuda_runtime_api.h>
#include <pthread.h>

struct card_stored {
    struct matrix of; /* the host's, borrowed: its place tells it from others */
    float *x;         /* on the card [rows][columns] */
    int n_users;
    struct card_stored *next;
};

struct card_store {
    pthread_mutex_t lock;
    struct card_stored *first;
};

void card_store_init(struct card_store *store);
void card_store_release(struct card_store *store); /* after all that was acquired was given back */

/* Puts the matrix on the card unless it is there, by way of the stream. It must stay as it is until it is given back;
 * NULL is fine there. ERR_MEMORY: the card has no room. */
enum status card_store_acquire(struct card_store *store, const struct matrix *matrix, cudaStream_t stream,
                               struct card_stored **out) MUST_CHECK;
void card_store_give_back(struct card_store *store, struct card_stored **stored);

#endif
