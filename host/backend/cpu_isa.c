#include "backend/cpu_isa.h"

#include <stdlib.h>
#include <string.h>

extern const struct cpu_front_kernels cpu_front_kernels_generic;
extern const struct cpu_net_kernels cpu_net_kernels_generic;
extern const struct cpu_em_kernels cpu_em_kernels_generic;
extern const struct cpu_distance_kernels cpu_distance_kernels_generic;
extern const struct cpu_double_kernels cpu_double_kernels_generic;
extern void cpu_gemm_generic(const struct gemm_args *args);

static int always(void)
{
    return 1;
}

#ifdef EARSHOT_HAS_AVX2
extern const struct cpu_front_kernels cpu_front_kernels_avx2;
extern const struct cpu_net_kernels cpu_net_kernels_avx2, cpu_net_kernels_avx512;
extern const struct cpu_em_kernels cpu_em_kernels_avx2, cpu_em_kernels_avx512;
extern const struct cpu_distance_kernels cpu_distance_kernels_avx2, cpu_distance_kernels_avx512;
extern const struct cpu_double_kernels cpu_double_kernels_avx2, cpu_double_kernels_avx512;
extern void cpu_gemm_avx2(const struct gemm_args *args);
extern void cpu_gemm_avx512(const struct gemm_args *args);

static int has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

/* EARSHOT_VECTOR_BITS=256 keeps to the narrower registers: the same bits, for comparisons of speed. */
static int has_avx512(void)
{
    const char *bits = getenv("EARSHOT_VECTOR_BITS");
    return has_avx2() && __builtin_cpu_supports("avx512f") && !(bits && strcmp(bits, "256") == 0);
}
#endif

/* Best first. Those of one name give the same bits. */
static const struct {
    struct cpu_isa isa;
    int (*is_there)(void);
} list[] = {
#ifdef EARSHOT_HAS_AVX2
    { { "avx2", &cpu_front_kernels_avx2, &cpu_net_kernels_avx512, &cpu_em_kernels_avx512,
        &cpu_distance_kernels_avx512, &cpu_double_kernels_avx512, cpu_gemm_avx512 },
      has_avx512 },
    { { "avx2", &cpu_front_kernels_avx2, &cpu_net_kernels_avx2, &cpu_em_kernels_avx2,
        &cpu_distance_kernels_avx2, &cpu_double_kernels_avx2, cpu_gemm_avx2 },
      has_avx2 },
#endif
    { { "generic", &cpu_front_kernels_generic, &cpu_net_kernels_generic, &cpu_em_kernels_generic,
        &cpu_distance_kernels_generic, &cpu_double_kernels_generic, cpu_gemm_generic },
      always },
};
enum { N_LIST = sizeof list / sizeof *list };

enum status cpu_isa_choose(const char *fixed, const struct cpu_isa **out)
{
    const char *wanted = fixed ? fixed : getenv("EARSHOT_ISA");
    if (wanted && !*wanted) wanted = NULL;
    int is_known = 0;
    for (int i = 0; i < N_LIST; i++) {
        if (wanted && strcmp(wanted, list[i].isa.name) != 0) continue;
        is_known = 1;
        if (!list[i].is_there()) continue;
        *out = &list[i].isa;
        return OK;
    }
    REQUIRE(!is_known, ERR_DEVICE, "instruction set %s: this machine does not have it", wanted);
    return fail(ERR_USAGE, "instruction set %s (EARSHOT_ISA): expected one of avx2, generic", wanted);
}
