/* The simulated cuFFT and cuBLAS against the definitions of kernels/, and what they refuse. */
#include "simulated.h"

#include "core/rng.h"
#include "fft.h"
#include "half.h"

#include <cublas_v2.h>
#include <cufft.h>

/* Sums in double on both sides, rounded once. */
static const double ROUNDED = 1e-6;

static float *random_floats(size_t n, uint64_t seed)
{
    struct rng rng = rng_seeded(seed, 0);
    float *values = malloc(n * sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < n; i++)
        values[i] = float_of_half(half_of_float((float)(2 * rng_uniform(&rng) - 1)));
    return values;
}

static float *from_card(const void *card, size_t n)
{
    float *values = malloc(n * sizeof *values);
    assert_non_null(values);
    assert_cuda(cudaMemcpy(values, card, n * sizeof *values, cudaMemcpyDeviceToHost));
    return values;
}

static void check_near(const float *values, const float *expected, size_t n, double tolerance)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) most = fmax(most, fabs((double)expected[i]));
    for (size_t i = 0; i < n; i++) assert_near((double)values[i], (double)expected[i], tolerance * most);
}

/* ----------------------------------------------------------------------------------------------- cuFFT */

struct transform {
    cufftHandle plan;
    float *in, *out, *work;
    size_t work_bytes;
};

static void transform_open(struct transform *t, int n, int batch, int distance, cudaStream_t stream)
{
    int bins = n / 2 + 1, length = n;
    assert_int_equal(cufftCreate(&t->plan), CUFFT_SUCCESS);
    assert_int_equal(cufftSetAutoAllocation(t->plan, 0), CUFFT_SUCCESS);
    assert_int_equal(cufftMakePlanMany(t->plan, 1, &length, &distance, 1, distance, &bins, 1, bins, CUFFT_R2C,
                                       batch, &t->work_bytes),
                     CUFFT_SUCCESS);
    t->work = on_card(t->work_bytes);
    assert_int_equal(cufftSetWorkArea(t->plan, t->work), CUFFT_SUCCESS);
    assert_int_equal(cufftSetStream(t->plan, stream), CUFFT_SUCCESS);
}

static void transform_close(struct transform *t)
{
    cudaFree(t->work);
    cufftDestroy(t->plan);
}

static void check_transform(int n, int batch, int distance)
{
    const size_t n_in = (size_t)(batch - 1) * distance + n, n_out = (size_t)batch * (n / 2 + 1) * 2;
    float *in = random_floats(n_in, n), *expected = malloc(n_out * sizeof *expected);
    struct transform t;
    cudaStream_t stream = new_stream();
    transform_open(&t, n, batch, distance, stream);
    float *card_in = on_card_with(in, n_in * sizeof *in), *card_out = on_card(n_out * sizeof *card_out);
    assert_int_equal(cufftExecR2C(t.plan, card_in, (cufftComplex *)card_out), CUFFT_SUCCESS);
    assert_cuda(cudaStreamSynchronize(stream));
    float *out = from_card(card_out, n_out);
    for (int b = 0; b < batch; b++)
        fft_ref(&(struct fft_args){ .frames = in + (size_t)b * distance,
                                    .spectrum = expected + (size_t)b * (n / 2 + 1) * 2,
                                    .n_frames = 1,
                                    .n_fft = n });
    check_near(out, expected, n_out, ROUNDED);
    assert_int_equal(sim_counts.transforms, 1);
    transform_close(&t);
    cudaFree(card_in);
    cudaFree(card_out);
    cudaStreamDestroy(stream);
    free(in);
    free(out);
    free(expected);
}

/* Also frames that overlap. */
static void test_transforms(void **state)
{
    (void)state;
    static const int cases[][3] = { { 2, 1, 2 },   { 3, 4, 3 },     { 16, 3, 16 },   { 97, 2, 97 },
                                    { 60, 5, 20 }, { 400, 2, 160 }, { 1024, 3, 512 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sim_begin(SIM_LATE, 0);
        check_transform(cases[i][0], cases[i][1], cases[i][2]);
        assert_no_fault();
        sim_end();
    }
}

/* What a work area held is gone after each use, unless that detector is off. */
static void test_work_areas_are_spoiled(void **state)
{
    (void)state;
    for (int off = 0; off <= SIM_WORK_AREA; off += SIM_WORK_AREA) {
        struct transform t;
        float one = 1;
        sim_begin(SIM_LATE, 0);
        sim_options.off = (unsigned)off;
        cudaStream_t stream = new_stream();
        float *in = on_card(8 * sizeof *in), *out = on_card(10 * sizeof *out);
        transform_open(&t, 8, 1, 8, stream);
        assert_cuda(cudaMemcpy(t.work, &one, sizeof one, cudaMemcpyHostToDevice));
        assert_int_equal(cufftExecR2C(t.plan, in, (cufftComplex *)out), CUFFT_SUCCESS);
        assert_cuda(cudaStreamSynchronize(stream));
        assert_cuda(cudaMemcpy(&one, t.work, sizeof one, cudaMemcpyDeviceToHost));
        if (off)
            assert_true(one == 1);
        else
            assert_true(isnan(one));
        transform_close(&t);
        cudaFree(in);
        cudaFree(out);
        cudaStreamDestroy(stream);
        sim_end();
    }
}

static void test_what_cufft_refuses(void **state)
{
    (void)state;
    struct transform t;
    cufftHandle empty;
    sim_begin(SIM_LATE, 0);
    cudaStream_t stream = new_stream();
    float *card = on_card(24 * sizeof *card);
    assert_int_equal(cufftCreate(&empty), CUFFT_SUCCESS);
    assert_int_equal(cufftExecR2C(empty, card, (cufftComplex *)card), CUFFT_INVALID_PLAN);
    cufftDestroy(empty);
    transform_open(&t, 8, 2, 8, stream);
    assert_int_equal(cufftExecR2C(t.plan, card + 1, (cufftComplex *)card), CUFFT_INVALID_VALUE);
    assert_fault("not aligned");
    assert_int_equal(cufftExecR2C(t.plan, card, (cufftComplex *)(card + 6)), CUFFT_INVALID_VALUE);
    assert_fault("cuFFT, output: 80 bytes");
    transform_close(&t);
    cudaFree(card);
    cudaStreamDestroy(stream);
    sim_end();
}

/* ---------------------------------------------------------------------------------------------- cuBLAS */

struct case_of_gemm {
    cublasOperation_t a, b;
    int m, n, k, extra; /* leading dimensions are so much larger than they must be */
    float alpha, beta;
};

static double expected_of(const struct case_of_gemm *s, const float *a, const float *b, int lda, int ldb,
                          int i, int j)
{
    double sum = 0;
    for (int l = 0; l < s->k; l++)
        sum += (double)(s->a == CUBLAS_OP_T ? a[i * lda + l] : a[l * lda + i]) *
               (double)(s->b == CUBLAS_OP_T ? b[l * ldb + j] : b[j * ldb + l]);
    return sum;
}

static void check_gemm(const struct case_of_gemm *s)
{
    const int lda = (s->a == CUBLAS_OP_T ? s->k : s->m) + s->extra,
              a_columns = s->a == CUBLAS_OP_T ? s->m : s->k;
    const int ldb = (s->b == CUBLAS_OP_T ? s->n : s->k) + s->extra,
              b_columns = s->b == CUBLAS_OP_T ? s->k : s->n;
    const int ldc = s->m + s->extra;
    float *a = random_floats((size_t)lda * a_columns, 1), *b = random_floats((size_t)ldb * b_columns, 2);
    float *c = random_floats((size_t)ldc * s->n, 3);
    float *card_a = on_card_with(a, (size_t)lda * a_columns * 4),
          *card_b = on_card_with(b, (size_t)ldb * b_columns * 4);
    float *card_c = on_card_with(c, (size_t)ldc * s->n * 4);
    cudaStream_t stream = new_stream();
    cublasHandle_t handle;
    assert_int_equal(cublasCreate(&handle), CUBLAS_STATUS_SUCCESS);
    assert_int_equal(cublasSetStream(handle, stream), CUBLAS_STATUS_SUCCESS);
    assert_int_equal(cublasSgemm(handle, s->a, s->b, s->m, s->n, s->k, &s->alpha, card_a, lda, card_b, ldb,
                                 &s->beta, card_c, ldc),
                     CUBLAS_STATUS_SUCCESS);
    assert_cuda(cudaStreamSynchronize(stream));
    float *out = from_card(card_c, (size_t)ldc * s->n);
    for (int j = 0; j < s->n; j++)
        for (int i = 0; i < ldc; i++) {
            const float old = c[j * ldc + i];
            const double new = (double)s->alpha *(i < s->m ? expected_of(s, a, b, lda, ldb, i, j) : 0) +
                               (double)s->beta *(double)old;
            assert_near((double)out[j * ldc + i], i < s->m ? new : (double)old, 1e-6 * s->k);
        }
    cublasDestroy(handle);
    cudaStreamDestroy(stream);
    cudaFree(card_a);
    cudaFree(card_b);
    cudaFree(card_c);
    free(a);
    free(b);
    free(c);
    free(out);
}

static void test_products(void **state)
{
    (void)state;
    static const struct case_of_gemm cases[] = {
        { CUBLAS_OP_N, CUBLAS_OP_N, 3, 5, 7, 0, 1, 0 },
        { CUBLAS_OP_T, CUBLAS_OP_N, 5, 4, 6, 2, 1, 0 },
        { CUBLAS_OP_N, CUBLAS_OP_T, 1, 8, 33, 1, 2, 0.5F },
        { CUBLAS_OP_T, CUBLAS_OP_T, 9, 1, 2, 3, -1, 1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sim_begin(SIM_LATE, 0);
        check_gemm(&cases[i]);
        assert_no_fault();
        sim_end();
    }
}

/* c [3][2] = a' b for each of two pairs, then the same of halves. */
static void test_batched_and_half_products(void **state)
{
    (void)state;
    enum { M = 3, K = 4, PAIRS = 2 };
    const float one = 1, zero = 0;
    float *a = random_floats(PAIRS * M * K, 1), *b = random_floats(PAIRS * K, 2);
    uint16_t half_a[M * K], half_b[K];
    for (int i = 0; i < M * K; i++) half_a[i] = half_of_float(a[i]);
    for (int i = 0; i < K; i++) half_b[i] = half_of_float(b[i]);
    sim_begin(SIM_LATE, 0);
    cublasHandle_t handle;
    assert_int_equal(cublasCreate(&handle), CUBLAS_STATUS_SUCCESS);
    float *card_a = on_card_with(a, PAIRS * M * K * 4), *card_b = on_card_with(b, PAIRS * K * 4),
          *card_c = on_card(PAIRS * M * 4);
    assert_int_equal(cublasSgemmStridedBatched(handle, CUBLAS_OP_T, CUBLAS_OP_N, M, 1, K, &one, card_a, K,
                                               M * K, card_b, K, K, &zero, card_c, M, M, PAIRS),
                     CUBLAS_STATUS_SUCCESS);
    assert_cuda(cudaDeviceSynchronize());
    float *c = from_card(card_c, PAIRS * M);
    void *card_half_a = on_card_with(half_a, sizeof half_a),
         *card_half_b = on_card_with(half_b, sizeof half_b);
    assert_int_equal(cublasGemmEx(handle, CUBLAS_OP_T, CUBLAS_OP_N, M, 1, K, &one, card_half_a, CUDA_R_16F, K,
                                  card_half_b, CUDA_R_16F, K, &zero, card_c, CUDA_R_32F, M,
                                  CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
                     CUBLAS_STATUS_SUCCESS);
    assert_cuda(cudaDeviceSynchronize());
    float *c_of_half = from_card(card_c, M);
    for (int pair = 0; pair < PAIRS; pair++)
        for (int i = 0; i < M; i++) {
            double sum = 0;
            for (int l = 0; l < K; l++) sum += (double)a[(pair * M + i) * K + l] * (double)b[pair * K + l];
            assert_near((double)c[pair * M + i], sum, 1e-6);
            if (pair == 0) assert_near((double)c_of_half[i], sum, 1e-6); /* the numbers are halves */
        }
    cublasDestroy(handle);
    void *const cards[] = { card_a, card_b, card_c, card_half_a, card_half_b };
    for (int i = 0; i < 5; i++) cudaFree(cards[i]);
    float *const hosts[] = { a, b, c, c_of_half };
    for (int i = 0; i < 4; i++) free(hosts[i]);
    sim_end();
}

static void test_what_cublas_refuses(void **state)
{
    (void)state;
    const float one = 1;
    sim_begin(SIM_LATE, 0);
    cublasHandle_t handle;
    float *card = on_card(64);
    assert_int_equal(cublasCreate(&handle), CUBLAS_STATUS_SUCCESS);
    assert_int_equal(
        cublasSgemm(handle, CUBLAS_OP_N, CUBLAS_OP_N, 4, 4, 4, &one, card, 3, card, 4, &one, card, 4),
        CUBLAS_STATUS_INVALID_VALUE);
    assert_int_equal(
        cublasSgemm(handle, CUBLAS_OP_N, CUBLAS_OP_N, 4, 5, 4, &one, card, 4, card, 4, &one, card, 4),
        CUBLAS_STATUS_INVALID_VALUE);
    assert_fault("cuBLAS, b: 80 bytes");
    assert_int_equal(cublasGemmEx(handle, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &one, card, CUDA_R_16F, 1, card,
                                  CUDA_R_32F, 1, &one, card, CUDA_R_32F, 1, CUBLAS_COMPUTE_32F,
                                  CUBLAS_GEMM_DEFAULT),
                     CUBLAS_STATUS_NOT_SUPPORTED);
    cublasDestroy(handle);
    cudaFree(card);
    sim_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transforms),
        cmocka_unit_test(test_work_areas_are_spoiled),
        cmocka_unit_test(test_what_cufft_refuses),
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_batched_and_half_products),
        cmocka_unit_test(test_what_cublas_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
