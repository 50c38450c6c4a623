/* What tests of kernels on the emulator share: arrays on the device, and every order of threads. */
#ifndef EMULATED_H
#define EMULATED_H

#include "emu.h"
#include "test.h"

static inline void *device_new(size_t bytes)
{
    void *memory = emu_new(bytes);
    assert_non_null(memory);
    return memory;
}

static inline void *device_of(const void *values, size_t bytes)
{
    void *memory = device_new(bytes);
    emu_copy(memory, values, bytes);
    return memory;
}

/* Copies down and frees. */
static inline void device_take(void *values, void *memory, size_t bytes)
{
    emu_copy(values, memory, bytes);
    emu_free(memory);
}

/* Threads and blocks first to last, last to first, and shuffled. */
static inline void in_every_order(void (*check)(void))
{
    for (int order = 0; order < EMU_ORDERS; order++) {
        emu_options.order = (enum emu_order)order;
        emu_options.seed++;
        check();
        assert_int_equal(emu_used(), 0);
    }
}

#endif
