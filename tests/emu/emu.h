/* Runs the kernels of kernels/ on the CPU, as a GPU might, and watches them.
 *
 * Each thread of a block is a fiber that runs to its next barrier, shuffle or end; blocks run one by one. What is
 * found, besides wrong answers:
 *   - what a device refuses: too many threads, too much shared memory, grids that are too large or empty;
 *   - a barrier that not all threads of the block reach, or reach on different lines; a shuffle likewise;
 *   - memory that nobody wrote: shared memory (at the start of each block) and new device memory are 0xFF, NaN;
 *   - under AddressSanitizer, an access beyond a piece of shared or device memory, and device memory touched by
 *     the host other than through emu_copy;
 *   - in the race build (race.c), two unordered accesses, an access to memory that a device could not reach, and
 *     a read of memory that nobody wrote, whatever the order of threads.
 * One thread at a time may use it. */
#ifndef EMU_H
#define EMU_H

#include "kernel_cpu.h"

#include <stddef.h>
#include <stdint.h>

enum emu_order { EMU_FORWARD, EMU_REVERSED, EMU_SHUFFLED, EMU_ORDERS };

/* Detectors that a test of detectors switches off. */
enum {
    EMU_POISON = 1,    /* memory starts as NaN; else as 0 */
    EMU_BARRIERS = 2,  /* else a barrier lets go whoever waits once nobody else can run */
    EMU_RED_ZONES = 4, /* of device and dynamic shared memory */
    EMU_RACES = 8,
    EMU_SPACES = 16, /* host pointers */
    EMU_UNWRITTEN = 32
};

struct emu_options {
    enum emu_order order;                /* of a block's threads and of a grid's blocks */
    uint64_t seed;                       /* of EMU_SHUFFLED */
    unsigned off;                        /* detectors that are switched off */
    void (*fault)(const char *sentence); /* told of the first fault of a launch; NULL: print it and abort */
};
extern struct emu_options emu_options;

/* What has run since the program began. */
struct emu_counts {
    uint64_t launches, blocks, threads, switches;
};
extern struct emu_counts emu_counts;

/* The kernel that a symbol belongs to, or NULL. */
const struct emu_kernel *emu_find(const void *symbol);

/* Runs it to its end; args are copied first. NULL, or the reason why a device would refuse this launch. After a
 * fault, if emu_options.fault came back, the launch is given up and the answer is NULL. */
const char *emu_launch(const struct emu_kernel *kernel, const void *args, struct kernel_shape shape);

/* Launches, and ends the test program where that is refused: emu_run(frame_batch, &args). */
#define emu_run(name, args) emu_run_symbol((const void *)name##_kernel, args, name##_shape(args))
void emu_run_symbol(const void *symbol, const void *args, struct kernel_shape shape);

/* --------------------------------------------------------------------------------------- device memory */

/* NULL where there is no more. Aligned to 256, as cudaMalloc's is. */
void *emu_new(size_t bytes);
void emu_free(void *memory); /* NULL is fine; ends the program where it is no start of an allocation */
size_t emu_used(void);       /* bytes in all allocations */

/* 1: all bytes are of one allocation. */
int emu_owns(const void *memory, size_t bytes);

/* As memcpy and memset: either side may be device memory, all of it inside one allocation, or ordinary. */
void emu_copy(void *to, const void *from, size_t bytes);
void emu_set(void *to, int byte, size_t bytes);

#endif
