/* A card that is not there: the CUDA runtime, cuFFT, cuBLAS and cuDNN on the CPU, as unkind as their
 * documentation allows. What tests set and ask.
 *
 * A stream is a queue; its work runs when something waits for it, and, as sim_options.timing says, no earlier. Kernels
 * run in tests/emu, device memory is the emulator's: NaN until written, and under AddressSanitizer out of the host's
 * reach. A wrong use is a *fault*: one sentence, and the end of the program unless a test takes it.
 *
 * What it cannot show: time, real overlap, NVIDIA's own limits beyond those that are written here. */
#ifndef SIM_H
#define SIM_H

#include <stddef.h>
#include <stdint.h>

enum sim_timing {
    SIM_LATE,     /* only what is waited for, and what that needs */
    SIM_AT_ONCE,  /* at the call */
    SIM_SHUFFLED, /* when something is waited for, all streams in some legal order (seed) */
    SIM_TIMINGS
};

/* Detectors that a test of detectors switches off. */
enum {
    SIM_BOUNDS = 1,   /* operands inside one allocation, on the right side */
    SIM_IN_USE = 2,   /* memory that is freed while queued work uses it, or used after it was freed */
    SIM_PINNED = 4,   /* pinned memory is NaN from the call of a download to its end */
    SIM_WORK_AREA = 8 /* work areas are NaN after each use */
};

struct sim_options {
    enum sim_timing timing;
    uint64_t seed;
    unsigned off;

    /* The machine. */
    int n_cards, major, minor; /* compute capability of each; CUDA_VISIBLE_DEVICES hides some */
    int driver;                /* what it offers, 13000 is CUDA 13.0; 0: there is none */
    size_t memory_bytes;       /* of the card */
    size_t taken_bytes;        /* of these, by somebody else */

    /* What goes wrong. Calls are counted from 1; 0: never. */
    const char *fail_call; /* calls whose name begins so, "cudaMalloc"; NULL: all that may fail */
    uint64_t fail_at;      /* of these the n-th fails, as if by itself */
    uint64_t lost_at;      /* the card is lost while it does the n-th piece of work */

    void (*fault)(const char *sentence); /* told of every fault; NULL: print it and abort */
};
extern struct sim_options sim_options;

/* What happened since sim_reset. */
struct sim_counts {
    uint64_t launches, transforms, products, graphs; /* put into streams: kernels, cuFFT, cuBLAS, cuDNN */
    uint64_t uploads, downloads, bytes_up, bytes_down;
    uint64_t unpinned;    /* asynchronous copies of memory that is not pinned */
    uint64_t allocations; /* of device and pinned memory, streams, events, plans */
    uint64_t waits;       /* calls that stop the host until the card has done something */
    uint64_t work;        /* pieces that the card has done */
    uint64_t calls;       /* that sim_options.fail_at counts */
    uint64_t failed;      /* made to fail by fail_at */
    uint64_t on_default;  /* put into the default stream, which nothing here should use */
    uint64_t faults;
    uint64_t cards; /* bit 1 << n: card n of the machine has had a stream */
};
extern struct sim_counts sim_counts;

/* One card of compute capability 7.5 and a driver for CUDA 13.0; counts 0, the card found again. What EARSHOT_SIM says
 * ("timing=shuffled seed=3 fail_at=7 …", names as above, report=1 for a last line on stderr) comes first. */
void sim_reset(void);

/* Everything that was opened and not closed; each kind with its number in a static sentence, NULL: nothing. */
const char *sim_leaks(void);

#endif
