/* cuBLAS: products of column-major matrices of floats or halves, sums in double. */
#include "sim/sim_internal.h"

#include "half.h"

#include <cublas_v2.h>
#include <stdlib.h>
#include <string.h>

struct cublasContext {
    cudaStream_t stream;
};

static size_t element(cudaDataType type)
{
    return type == CUDA_R_16F ? 2 : 4;
}

/* A matrix as stored: `columns` of `rows` numbers, `ld` apart; `batch` of them, `stride` apart. */
struct operand {
    char *memory;
    cudaDataType type;
    int rows, columns, ld;
    long long stride;
};

struct product {
    struct operand a, b, c;
    int is_a_turned, is_b_turned, m, n, k, batch;
    float alpha, beta;
};

static size_t bytes_of(const struct operand *x, int batch)
{
    const size_t one = (size_t)(x->columns - 1) * x->ld + x->rows;
    return ((size_t)(batch - 1) * (size_t)x->stride + one) * element(x->type);
}

static double get(const struct operand *x, const char *copy, size_t place)
{
    uint16_t half;
    float value;
    if (x->type == CUDA_R_16F) {
        memcpy(&half, copy + 2 * place, sizeof half);
        return (double)float_of_half(half);
    }
    memcpy(&value, copy + 4 * place, sizeof value);
    return (double)value;
}

static void put(const struct operand *x, char *copy, size_t place, double value)
{
    const float rounded = (float)value;
    const uint16_t half = half_of_float(rounded);
    if (x->type == CUDA_R_16F)
        memcpy(copy + 2 * place, &half, sizeof half);
    else
        memcpy(copy + 4 * place, &rounded, sizeof rounded);
}

static size_t place(const struct operand *x, int batch, int row, int column)
{
    return (size_t)batch * (size_t)x->stride + (size_t)column * x->ld + row;
}

static double sum_of(const struct product *p, const char *a, const char *b, int batch, int row, int column)
{
    double sum = 0;
    for (int l = 0; l < p->k; l++) {
        const size_t at = p->is_a_turned ? place(&p->a, batch, l, row) : place(&p->a, batch, row, l);
        const size_t bt = p->is_b_turned ? place(&p->b, batch, column, l) : place(&p->b, batch, l, column);
        sum += get(&p->a, a, at) * get(&p->b, b, bt);
    }
    return sum;
}

static void fill(const struct product *p, const char *a, const char *b, char *c, int batch)
{
    for (int column = 0; column < p->n; column++)
        for (int row = 0; row < p->m; row++) {
            const size_t at = place(&p->c, batch, row, column);
            const double before = p->beta != 0 ? (double)p->beta * get(&p->c, c, at) : 0;
            put(&p->c, c, at, (double)p->alpha * sum_of(p, a, b, batch, row, column) + before);
        }
}

static void run(void *payload)
{
    const struct product *p = payload;
    char *a = sim_fetch(p->a.memory, bytes_of(&p->a, p->batch), "cuBLAS, a");
    char *b = sim_fetch(p->b.memory, bytes_of(&p->b, p->batch), "cuBLAS, b");
    char *c = sim_fetch(p->c.memory, bytes_of(&p->c, p->batch), "cuBLAS, c");
    for (int batch = 0; batch < p->batch; batch++) fill(p, a, b, c, batch);
    sim_store(p->c.memory, c, bytes_of(&p->c, p->batch), "cuBLAS, c");
    free(a);
    free(b);
    free(c);
}

/* Rules of "cublas<t>gemm": sizes not negative, leading dimensions at least the rows that are stored. */
static cublasStatus_t enqueue(cublasHandle_t handle, struct product *p, const char *call)
{
    struct operand *const all[] = { &p->a, &p->b, &p->c };
    static const char *const names[] = { "cuBLAS, a", "cuBLAS, b", "cuBLAS, c" };
    if (!handle) return CUBLAS_STATUS_NOT_INITIALIZED;
    if (sim_fails(call)) return CUBLAS_STATUS_EXECUTION_FAILED;
    if (p->m < 0 || p->n < 0 || p->k < 0 || p->batch < 0) return CUBLAS_STATUS_INVALID_VALUE;
    if (!p->m || !p->n || !p->k || !p->batch) return CUBLAS_STATUS_SUCCESS;
    for (int i = 0; i < 3; i++) {
        if (all[i]->ld < all[i]->rows) return CUBLAS_STATUS_INVALID_VALUE;
        if (!sim_check_memory(all[i]->memory, bytes_of(all[i], p->batch), names[i]))
            return CUBLAS_STATUS_INVALID_VALUE;
    }
    sim_counts.products++;
    sim_enqueue(handle->stream, call, run, p, sizeof *p);
    return CUBLAS_STATUS_SUCCESS;
}

static void shape_operands(struct product *p)
{
    p->a.rows = p->is_a_turned ? p->k : p->m;
    p->a.columns = p->is_a_turned ? p->m : p->k;
    p->b.rows = p->is_b_turned ? p->n : p->k;
    p->b.columns = p->is_b_turned ? p->k : p->n;
    p->c.rows = p->m;
    p->c.columns = p->n;
}

/* --------------------------------------------------------------------------------------------- the calls */

cublasStatus_t cublasCreate(cublasHandle_t *handle)
{
    SIM_LOCK();
    if (sim_fails("cublasCreate")) return CUBLAS_STATUS_NOT_INITIALIZED;
    *handle = calloc(1, sizeof **handle);
    if (!*handle) abort();
    sim_opened(SIM_HANDLE);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasDestroy(cublasHandle_t handle)
{
    SIM_LOCK();
    if (!handle) return CUBLAS_STATUS_NOT_INITIALIZED;
    free(handle);
    sim_closed(SIM_HANDLE);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetStream(cublasHandle_t handle, cudaStream_t stream)
{
    SIM_LOCK();
    if (!handle || !sim_is_stream(stream)) return CUBLAS_STATUS_NOT_INITIALIZED;
    handle->stream = stream;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode)
{
    (void)mode; /* sums are in double whatever it is */
    return handle ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_INITIALIZED;
}

/* Aligned to 256 bytes ("cublasSetWorkspace"). */
cublasStatus_t cublasSetWorkspace(cublasHandle_t handle, void *workspace, size_t bytes)
{
    SIM_LOCK();
    if (!handle) return CUBLAS_STATUS_NOT_INITIALIZED;
    if ((uintptr_t)workspace % 256 || !sim_check_memory(workspace, bytes, "cuBLAS, workspace"))
        return CUBLAS_STATUS_INVALID_VALUE;
    return CUBLAS_STATUS_SUCCESS;
}

const char *cublasGetStatusString(cublasStatus_t status)
{
    return status == CUBLAS_STATUS_SUCCESS ? "CUBLAS_STATUS_SUCCESS" : "a status other than success";
}

cublasStatus_t cublasSgemmStridedBatched(cublasHandle_t handle, cublasOperation_t op_a,
                                         cublasOperation_t op_b, int m, int n, int k, const float *alpha,
                                         const float *a, int lda, long long int stride_a, const float *b,
                                         int ldb, long long int stride_b, const float *beta, float *c,
                                         int ldc, long long int stride_c, int batch)
{
    SIM_LOCK();
    struct product p = {
        .a = { .memory = (char *)(uintptr_t)a, .type = CUDA_R_32F, .ld = lda, .stride = stride_a },
        .b = { .memory = (char *)(uintptr_t)b, .type = CUDA_R_32F, .ld = ldb, .stride = stride_b },
        .c = { .memory = (char *)c, .type = CUDA_R_32F, .ld = ldc, .stride = stride_c },
        .is_a_turned = op_a == CUBLAS_OP_T,
        .is_b_turned = op_b == CUBLAS_OP_T,
        .m = m,
        .n = n,
        .k = k,
        .batch = batch,
        .alpha = *alpha,
        .beta = *beta
    };
    shape_operands(&p);
    return enqueue(handle, &p, "cublasSgemm");
}

cublasStatus_t cublasSgemm(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b, int m,
                           int n, int k, const float *alpha, const float *a, int lda, const float *b, int ldb,
                           const float *beta, float *c, int ldc)
{
    return cublasSgemmStridedBatched(handle, op_a, op_b, m, n, k, alpha, a, lda, 0, b, ldb, 0, beta, c, ldc,
                                     0, 1);
}

/* Of the combinations that "cublasGemmEx" lists: a and b alike, half or float, c like them or float; the scalars are
 * floats with the 32F computations. */
cublasStatus_t cublasGemmEx(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b, int m,
                            int n, int k, const void *alpha, const void *a, cudaDataType type_a, int lda,
                            const void *b, cudaDataType type_b, int ldb, const void *beta, void *c,
                            cudaDataType type_c, int ldc, cublasComputeType_t compute,
                            cublasGemmAlgo_t algorithm)
{
    SIM_LOCK();
    (void)algorithm;
    const int is_32f = compute == CUBLAS_COMPUTE_32F || compute == CUBLAS_COMPUTE_32F_PEDANTIC ||
                       (compute == CUBLAS_COMPUTE_32F_FAST_TF32 && type_a == CUDA_R_32F);
    if (!is_32f || type_a != type_b || (type_c != type_a && type_c != CUDA_R_32F))
        return CUBLAS_STATUS_NOT_SUPPORTED;
    struct product p = { .a = { .memory = (char *)(uintptr_t)a, .type = type_a, .ld = lda },
                         .b = { .memory = (char *)(uintptr_t)b, .type = type_b, .ld = ldb },
                         .c = { .memory = c, .type = type_c, .ld = ldc },
                         .is_a_turned = op_a == CUBLAS_OP_T,
                         .is_b_turned = op_b == CUBLAS_OP_T,
                         .m = m,
                         .n = n,
                         .k = k,
                         .batch = 1,
                         .alpha = *(const float *)alpha,
                         .beta = *(const float *)beta };
    shape_operands(&p);
    return enqueue(handle, &p, "cublasGemmEx");
}
