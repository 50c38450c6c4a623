/* What the parts of the CPU backend share: its threads and the kernels of its instruction set. */
#ifndef BACKEND_CPU_H
#define BACKEND_CPU_H

#include "backend/backend.h"
#include "backend/cpu_isa.h"
#include "core/pool.h"

struct backend_cpu {
    struct backend base;
    struct pool *pool;
    const struct cpu_isa *isa;
    enum conv_choice conv;
    char device[32]; /* "avx2", "avx2, direct" */
};

#endif
