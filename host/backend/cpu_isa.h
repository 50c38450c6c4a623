/* Which instruction set the CPU backend runs on: the best that this machine has, or what EARSHOT_ISA names
 * ("generic", "avx2"). The kernels of one set are five tables and a function. */
#ifndef CPU_ISA_H
#define CPU_ISA_H

#include "core/status.h"
#include "gemm.h"

struct cpu_isa {
    const char *name;
    const struct cpu_front_kernels *front;       /* cpu_front.h */
    const struct cpu_net_kernels *net;           /* cpu_net.h */
    const struct cpu_em_kernels *em;             /* cpu_em_kernels.h */
    const struct cpu_distance_kernels *distance; /* cpu_distance.h */
    const struct cpu_double_kernels *in_double;  /* cpu_double.h */
    void (*gemm)(const struct gemm_args *args);  /* gemm.h */
};

/* `fixed`: what an output was begun with; NULL: EARSHOT_ISA, or the best there is. ERR_USAGE: there is no
 * such set; ERR_DEVICE: this machine lacks it. */
enum status cpu_isa_choose(const char *fixed, const struct cpu_isa **out) MUST_CHECK;

#endif
