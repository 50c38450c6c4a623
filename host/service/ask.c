/* An ask by itself, whoever answers it. */
#include "service/service.h"

#include "core/memory.h"

void ask_release(struct ask *ask)
{
    for (int i = 0; ask->heard && i < ask->n_sounds; i++) {
        memory_free(ask->heard[i].start_s);
        memory_free(ask->heard[i].features);
        memory_free(ask->heard[i].patch_scores);
        memory_free(ask->heard[i].decibel);
    }
    memory_free(ask->heard);
    ask->heard = NULL;
}
