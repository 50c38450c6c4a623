#include "cuda/graph.h"

const char *graph_precision_name(enum graph_precision precision)
{
    static const char *const names[] = {
        [GRAPH_FP32] = "fp32", [GRAPH_TF32] = "tf32", [GRAPH_FP16] = "fp16"
    };
    return names[precision];
}

size_t graph_element(enum graph_precision precision)
{
    return precision == GRAPH_FP16 ? 2 : 4;
}

unsigned graph_forbidden(enum graph_precision precision)
{
    const unsigned always = GRAPH_DOWN_CONVERT_INPUTS | GRAPH_REDUCED_PRECISION_REDUCTION | GRAPH_FFT |
                            GRAPH_NONDETERMINISTIC | GRAPH_WINOGRAD | GRAPH_WINOGRAD_4X4 |
                            GRAPH_WINOGRAD_6X6 | GRAPH_WINOGRAD_13X13;
    return precision == GRAPH_FP32 ? always | GRAPH_TENSOR_CORE : always;
}
