/* What the files of the emulator share. */
#ifndef EMU_INTERNAL_H
#define EMU_INTERNAL_H

#include "emu.h"
#include "fiber.h"

enum { EMU_MAX_THREADS = 1024, EMU_WARP = 32, EMU_MAX_SHARED = 48 * 1024, EMU_RED_ZONE = 256 };

enum emu_state { EMU_READY, EMU_AT_BARRIER, EMU_AT_MEETING, EMU_EXITED };

struct emu_thread {
    struct fiber fiber;
    enum emu_state state;
    struct emu_dim index;
    const char *file; /* where it waits */
    int line;
    struct emu_meeting meeting;
    uint64_t offered, received;
};

/* The launch in progress. */
struct emu_launch {
    const struct emu_kernel *kernel; /* NULL: none */
    const void *args;
    int n_threads, current;
    int is_given_up; /* after a fault */
    uint32_t number, block;
    uint32_t epoch;                                  /* barriers that this block has passed */
    uint32_t warp_epoch[EMU_MAX_THREADS / EMU_WARP]; /* full __syncwarp()s that each warp has passed */
    char *dynamic;                                   /* dynamic shared memory */
    size_t dynamic_bytes;
    struct fiber scheduler;
    struct emu_thread thread[EMU_MAX_THREADS];
};
extern struct emu_launch emu_current;

/* All SHARED variables of the program stand together here; NULL where there are none. */
extern char __start_kernel_shared[] __attribute__((weak)), __stop_kernel_shared[] __attribute__((weak));

static inline int emu_watches(unsigned detector)
{
    return !(emu_options.off & detector);
}

/* Tells emu_options.fault of the first fault of a launch, naming kernel, block and thread. */
void emu_fault(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Back to the scheduler until the thread may go on. */
void emu_wait(enum emu_state state);

/* 1: the meeting that thread i waits in is complete; its threads may go on. */
int emu_hold_meeting(int i);

/* AddressSanitizer's poison; nothing elsewhere. */
void emu_poison(const void *memory, size_t bytes);
void emu_unpoison(const void *memory, size_t bytes);

/* Between launches device memory is out of the host's reach. */
void emu_memory_enter(void);
void emu_memory_leave(void);

/* An allocation, for the race detector: NULL where no allocation holds all of it. */
struct emu_allocation {
    char *memory; /* its red zones lie before and behind */
    size_t bytes;
    void *shadow; /* the race detector's; freed with it */
    size_t shadow_bytes;
};
struct emu_allocation *emu_allocation_of(const void *memory, size_t bytes);

/* The race detector's, NULL where it is not linked: an atomic access of 4 bytes; bytes that a copy wrote. */
void emu_race_atomic(void *place, const void *caller) __attribute__((weak));
void emu_race_written(void *place, size_t bytes) __attribute__((weak));

#endif
