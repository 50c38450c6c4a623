/* The part of cuFFT that cuda/ uses, declared from the cuFFT API reference; see cuda_runtime_api.h beside. */
#ifndef SIM_CUFFT_H
#define SIM_CUFFT_H

#include <cuda_runtime_api.h>

typedef enum {
    CUFFT_SUCCESS = 0,
    CUFFT_INVALID_PLAN = 1,
    CUFFT_ALLOC_FAILED = 2,
    CUFFT_INVALID_TYPE = 3,
    CUFFT_INVALID_VALUE = 4,
    CUFFT_INTERNAL_ERROR = 5,
    CUFFT_EXEC_FAILED = 6,
    CUFFT_SETUP_FAILED = 7,
    CUFFT_INVALID_SIZE = 8,
    CUFFT_UNALIGNED_DATA = 9,
    CUFFT_INVALID_DEVICE = 11,
    CUFFT_NO_WORKSPACE = 13,
    CUFFT_NOT_IMPLEMENTED = 14,
    CUFFT_NOT_SUPPORTED = 16,
} cufftResult;

typedef enum {
    CUFFT_C2C = 41,
    CUFFT_R2C = 42,
    CUFFT_C2R = 44,
} cufftType;

typedef int cufftHandle;
typedef float cufftReal;
typedef struct {
    float x, y; /* real, imaginary */
} cufftComplex;

cufftResult cufftCreate(cufftHandle *plan);
cufftResult cufftDestroy(cufftHandle plan);
cufftResult cufftSetAutoAllocation(cufftHandle plan, int is_automatic);
cufftResult cufftSetWorkArea(cufftHandle plan, void *memory);
cufftResult cufftSetStream(cufftHandle plan, cudaStream_t stream);
cufftResult cufftMakePlanMany(cufftHandle plan, int rank, int *n, int *in_embed, int in_stride,
                              int in_distance, int *out_embed, int out_stride, int out_distance,
                              cufftType type, int batch, size_t *work_bytes);
cufftResult cufftExecR2C(cufftHandle plan, cufftReal *in, cufftComplex *out);

#endif
