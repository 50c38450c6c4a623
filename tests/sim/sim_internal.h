/* What the simulated libraries share. */
#ifndef SIM_INTERNAL_H
#define SIM_INTERNAL_H

#include "sim/sim.h"

#include <cuda_runtime_api.h>

/* Every call of a simulated library holds one lock from here to its end. */
int sim_lock(void);
void sim_unlock(const int *locked);
#define SIM_LOCK() __attribute__((cleanup(sim_unlock), unused)) const int sim_locked = sim_lock()

/* Tells of a wrong use. */
void sim_fault(const char *format, ...) __attribute__((format(printf, 1, 2)));
int sim_watches(unsigned detector);

/* 1: this call is to fail, because a test wants it or because the card is lost. */
int sim_fails(const char *call);
int sim_is_lost(void);

/* Which card of the machine the process sees as `number`; -1: it sees none. */
int sim_visible(int number);

/* ----------------------------------------------------------------------------------------------- queues */

/* Puts a piece of work into a stream, at once or later run(payload); the payload is copied. Pointers in it are what the
 * work uses: memory that one of them points into may not be freed before. */
void sim_enqueue(cudaStream_t stream, const char *what, void (*run)(void *payload), const void *payload,
                 size_t payload_bytes);

/* Runs what a stream holds to its end; on the default stream: what all hold. */
void sim_drain(cudaStream_t stream);
void sim_drain_all(void);

/* What of a queued piece points into this memory, or NULL. */
const char *sim_queued_use(const void *memory, size_t bytes);

int sim_is_stream(cudaStream_t stream);
int sim_is_elsewhere(cudaStream_t stream); /* it is of another card than the calling thread's */
int sim_device(void);                      /* the calling thread's card */

/* ----------------------------------------------------------------------------------------------- memory */

/* A fault unless all bytes are inside one allocation of the card; 1: they are. */
int sim_check_memory(const void *memory, size_t bytes, const char *whose);

/* Device memory for a library, counted as an allocation; NULL: there is none. */
void *sim_new(size_t bytes);
void sim_delete(void *memory);

/* A host copy of device memory, freed by the caller; where a check fails, NaN. */
void *sim_fetch(const void *memory, size_t bytes, const char *whose);
void sim_store(void *memory, const void *from, size_t bytes, const char *whose);

/* A fault where one of the words of a kernel's arguments points into freed memory. */
void sim_check_words(const void *words, size_t bytes, const char *whose);

/* Counts of what is open, for sim_leaks. */
enum sim_kind {
    SIM_MEMORY,
    SIM_PINNED_MEMORY,
    SIM_STREAM,
    SIM_EVENT,
    SIM_PLAN,
    SIM_HANDLE,
    SIM_DESCRIPTOR,
    SIM_KINDS
};
void sim_opened(enum sim_kind kind);
void sim_closed(enum sim_kind kind);

#endif
