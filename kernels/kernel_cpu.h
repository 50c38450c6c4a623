/* The dialect of kernel.h for the CPU: threads are fibers of tests/emu, which defines all that is declared here.
 * Included by kernel.h alone (and by the emulator). */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

#include "half.h"
#include "launch.h"

#include <math.h>

/* A kernel as the emulator knows it. Each registers itself before main, as nvcc's do with the runtime. */
struct emu_kernel {
    const char *name;
    const void *symbol; /* what cudaLaunchKernel is given */
    void (*call)(const void *args);
    size_t args_bytes;
    struct emu_kernel *next;
};
void emu_register(struct emu_kernel *kernel);

#define KERNEL(name, args_struct)                                                              \
    static void name##_call(const void *args)                                                  \
    {                                                                                          \
        name##_kernel(*(const struct args_struct *)args);                                      \
    }                                                                                          \
    static struct emu_kernel name##_entry = { #name, (const void *)name##_kernel, name##_call, \
                                              sizeof(struct args_struct), NULL };              \
    __attribute__((constructor)) static void name##_register(void)                             \
    {                                                                                          \
        emu_register(&name##_entry);                                                           \
    }                                                                                          \
    void name##_kernel(const struct args_struct a)
#define SHAPE(name, args)       struct kernel_shape name##_shape(const struct args *a)
#define DEVICE                  static inline
#define SHARED                  static __attribute__((section("kernel_shared")))
#define SHARED_DYNAMIC(type, v) type *const v = (type *)emu_dynamic_shared()

/* Which thread is running. */
struct emu_dim {
    unsigned x, y, z;
};
struct emu_place {
    struct emu_dim thread, block, block_dim, grid_dim;
};
extern struct emu_place emu_place;
#define threadIdx (emu_place.thread)
#define blockIdx  (emu_place.block)
#define blockDim  (emu_place.block_dim)
#define gridDim   (emu_place.grid_dim)

void *emu_dynamic_shared(void);
void emu_barrier(const char *file, int line);
#define __syncthreads() emu_barrier(__FILE__, __LINE__)

/* All lanes of `mask` meet here; what comes back is of type `kind`. */
enum emu_warp_op { EMU_WARP_SYNC, EMU_WARP_FROM, EMU_WARP_DOWN, EMU_WARP_XOR, EMU_WARP_BALLOT };
struct emu_meeting {
    enum emu_warp_op op;
    unsigned mask, lane; /* whose value, how far down, or the mask of xor */
    const char *file;
    int line;
};
uint64_t emu_warp(struct emu_meeting meeting, uint64_t value);
float emu_warp_float(struct emu_meeting meeting, float value);
double emu_warp_double(struct emu_meeting meeting, double value);
int emu_warp_int(struct emu_meeting meeting, int value);
#define EMU_MEETING(op, mask, lane) ((struct emu_meeting){ op, mask, (unsigned)(lane), __FILE__, __LINE__ })
#define EMU_SHUFFLE(op, mask, v, lane) \
    _Generic((v), float                \
             : emu_warp_float, double  \
             : emu_warp_double, int    \
             : emu_warp_int)(EMU_MEETING(op, mask, lane), v)
#define __syncwarp()                        ((void)emu_warp(EMU_MEETING(EMU_WARP_SYNC, ~0U, 0), 0))
#define __shfl_sync(mask, v, lane)          EMU_SHUFFLE(EMU_WARP_FROM, mask, v, lane)
#define __shfl_down_sync(mask, v, distance) EMU_SHUFFLE(EMU_WARP_DOWN, mask, v, distance)
#define __shfl_xor_sync(mask, v, lanes)     EMU_SHUFFLE(EMU_WARP_XOR, mask, v, lanes)
#define __ballot_sync(mask, v)              ((unsigned)emu_warp(EMU_MEETING(EMU_WARP_BALLOT, mask, 0), (v) != 0))

int emu_atomic_add(int *place, int value);
int emu_atomic_max(int *place, int value);
#define atomicAdd(place, value) emu_atomic_add(place, value)
#define atomicMax(place, value) emu_atomic_max(place, value)

/* These files are compiled with -ffp-contract=off. */
static inline float __fmul_rn(float a, float b)
{
    return a * b;
}

static inline uint16_t half_of(float value)
{
    return half_of_float(value);
}

static inline float of_half(uint16_t value)
{
    return float_of_half(value);
}

#endif
