/* cuFFT: real to complex, one dimension, any length, batched, with the advanced data layout. */
#include "sim/sim_internal.h"

#include <cufft.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PLANS = 64 };

struct complex_number {
    double re, im;
};

struct plan {
    int is_open, n, batch; /* n = 0: nothing is planned yet */
    int in_stride, in_distance, out_stride, out_distance;
    int is_automatic;
    void *work;
    size_t work_bytes;
    cudaStream_t stream;
    struct complex_number *roots; /* [n] exp(-2πi k/n) */
};
static struct plan plans[MOST_PLANS];

static struct plan *plan_of(cufftHandle handle)
{
    return handle >= 0 && handle < MOST_PLANS && plans[handle].is_open ? &plans[handle] : NULL;
}

/* ----------------------------------------------------------------------------------------- the transform */

static int smallest_factor(int n)
{
    int factor = 2;
    while (n % factor) factor++;
    return factor;
}

/* out[n] of x[0], x[stride], …; step: roots[step] is the n-th root of one. Mixed radix; prime lengths directly. */
static void transform(const struct plan *plan, const struct complex_number *x, int n, int stride,
                      struct complex_number *out, int step)
{
    if (n == 1) {
        out[0] = x[0];
        return;
    }
    const int radix = smallest_factor(n), part = n / radix;
    struct complex_number *parts = malloc((size_t)n * sizeof *parts);
    if (!parts) abort();
    for (int r = 0; r < radix; r++)
        transform(plan, x + (size_t)r * stride, part, stride * radix, parts + (size_t)r * part, step * radix);
    for (int k = 0; k < n; k++) {
        struct complex_number sum = { 0, 0 };
        for (int r = 0; r < radix; r++) {
            const struct complex_number a = parts[(size_t)r * part + k % part];
            const struct complex_number w = plan->roots[(size_t)((long long)r * k % n) * step];
            sum.re += a.re * w.re - a.im * w.im;
            sum.im += a.re * w.im + a.im * w.re;
        }
        out[k] = sum;
    }
    free(parts);
}

struct execution {
    const struct plan *plan;
    const float *in;
    float *out;
    void *work;
};

static size_t in_count(const struct plan *plan)
{
    return (size_t)(plan->batch - 1) * plan->in_distance + (size_t)(plan->n - 1) * plan->in_stride + 1;
}

static size_t out_count(const struct plan *plan)
{
    return 2 *
           ((size_t)(plan->batch - 1) * plan->out_distance + (size_t)(plan->n / 2) * plan->out_stride + 1);
}

static void transform_one(const struct plan *plan, const float *in, float *out, struct complex_number *x)
{
    for (int i = 0; i < plan->n; i++)
        x[i] = (struct complex_number){ (double)in[(size_t)i * plan->in_stride], 0 };
    transform(plan, x, plan->n, 1, x + plan->n, 1);
    for (int k = 0; k <= plan->n / 2; k++) {
        out[2 * (size_t)k * plan->out_stride] = (float)x[plan->n + k].re;
        out[2 * (size_t)k * plan->out_stride + 1] = (float)x[plan->n + k].im;
    }
}

static void spoil_work(const struct execution *e)
{
    const size_t bytes = e->plan->work_bytes;
    char *nan = malloc(bytes);
    if (!nan) abort();
    memset(nan, 0xff, bytes);
    sim_store(e->work, nan, bytes, "cuFFT, work area");
    free(nan);
}

/* Fetches what is between the results as well, so that storing leaves it as it was. */
static void run(void *payload)
{
    const struct execution *e = payload;
    const struct plan *plan = e->plan;
    if (sim_watches(SIM_WORK_AREA)) spoil_work(e);
    float *in = sim_fetch(e->in, in_count(plan) * sizeof *in, "cuFFT, input");
    float *out = sim_fetch(e->out, out_count(plan) * sizeof *out, "cuFFT, output");
    struct complex_number *x = malloc(2 * (size_t)plan->n * sizeof *x);
    if (!x) abort();
    for (int b = 0; b < plan->batch; b++)
        transform_one(plan, in + (size_t)b * plan->in_distance, out + 2 * (size_t)b * plan->out_distance, x);
    sim_store(e->out, out, out_count(plan) * sizeof *out, "cuFFT, output");
    free(x);
    free(out);
    free(in);
}

/* --------------------------------------------------------------------------------------------- the calls */

cufftResult cufftCreate(cufftHandle *handle)
{
    SIM_LOCK();
    if (sim_fails("cufftCreate")) return CUFFT_ALLOC_FAILED;
    for (int i = 0; i < MOST_PLANS; i++) {
        if (plans[i].is_open) continue;
        plans[i] = (struct plan){ .is_open = 1, .is_automatic = 1 };
        *handle = i;
        sim_opened(SIM_PLAN);
        return CUFFT_SUCCESS;
    }
    return CUFFT_ALLOC_FAILED;
}

cufftResult cufftDestroy(cufftHandle handle)
{
    SIM_LOCK();
    struct plan *plan = plan_of(handle);
    if (!plan) return CUFFT_INVALID_PLAN;
    const char *user = sim_queued_use(plan, sizeof *plan);
    if (user) sim_fault("cufftDestroy: a transform of this plan is still queued");
    if (plan->is_automatic) sim_delete(plan->work);
    free(plan->roots);
    *plan = (struct plan){ 0 };
    sim_closed(SIM_PLAN);
    return CUFFT_SUCCESS;
}

cufftResult cufftSetAutoAllocation(cufftHandle handle, int is_automatic)
{
    SIM_LOCK();
    struct plan *plan = plan_of(handle);
    if (!plan || plan->n) return CUFFT_INVALID_PLAN;
    plan->is_automatic = is_automatic;
    return CUFFT_SUCCESS;
}

cufftResult cufftSetWorkArea(cufftHandle handle, void *memory)
{
    SIM_LOCK();
    struct plan *plan = plan_of(handle);
    if (!plan || !plan->n) return CUFFT_INVALID_PLAN;
    if (plan->is_automatic) sim_delete(plan->work);
    plan->is_automatic = 0;
    plan->work = memory;
    return sim_check_memory(memory, plan->work_bytes, "cuFFT, work area") ? CUFFT_SUCCESS
                                                                          : CUFFT_INVALID_VALUE;
}

cufftResult cufftSetStream(cufftHandle handle, cudaStream_t stream)
{
    SIM_LOCK();
    struct plan *plan = plan_of(handle);
    if (!plan || !sim_is_stream(stream)) return CUFFT_INVALID_PLAN;
    plan->stream = stream;
    return CUFFT_SUCCESS;
}

static void fill_roots(struct plan *plan)
{
    plan->roots = malloc((size_t)plan->n * sizeof *plan->roots);
    if (!plan->roots) abort();
    for (int k = 0; k < plan->n; k++)
        plan->roots[k] = (struct complex_number){ cos(2 * M_PI * k / plan->n), -sin(2 * M_PI * k / plan->n) };
}

/* Where one embed is NULL, strides and distances are those of the basic layout ("Advanced Data Layout"). */
cufftResult cufftMakePlanMany(cufftHandle handle, int rank, int *n, int *in_embed, int in_stride,
                              int in_distance, int *out_embed, int out_stride, int out_distance,
                              cufftType type, int batch, size_t *work_bytes)
{
    SIM_LOCK();
    struct plan *plan = plan_of(handle);
    if (!plan || plan->n) return CUFFT_INVALID_PLAN;
    if (sim_fails("cufftMakePlanMany")) return CUFFT_ALLOC_FAILED;
    if (rank != 1 || n[0] < 1 || batch < 1) return CUFFT_INVALID_SIZE;
    if (type != CUFFT_R2C) return CUFFT_NOT_SUPPORTED;
    const int is_basic = !in_embed || !out_embed;
    plan->n = n[0];
    plan->batch = batch;
    plan->in_stride = is_basic ? 1 : in_stride;
    plan->in_distance = is_basic ? n[0] : in_distance;
    plan->out_stride = is_basic ? 1 : out_stride;
    plan->out_distance = is_basic ? n[0] / 2 + 1 : out_distance;
    *work_bytes = plan->work_bytes = (size_t)n[0] * 8 * (size_t)batch;
    fill_roots(plan);
    if (plan->is_automatic) plan->work = sim_new(plan->work_bytes);
    return plan->is_automatic && !plan->work ? CUFFT_ALLOC_FAILED : CUFFT_SUCCESS;
}

cufftResult cufftExecR2C(cufftHandle handle, cufftReal *in, cufftComplex *out)
{
    SIM_LOCK();
    const struct plan *plan = plan_of(handle);
    if (!plan || !plan->n) return CUFFT_INVALID_PLAN;
    if (sim_fails("cufftExecR2C")) return CUFFT_EXEC_FAILED;
    if (!plan->work) return CUFFT_NO_WORKSPACE;
    if ((uintptr_t)in % 8 || (uintptr_t)out % 8) {
        sim_fault("cuFFT: an operand is not aligned to a complex number");
        return CUFFT_INVALID_VALUE;
    }
    if ((void *)in == (void *)out) sim_fault("cuFFT: in place is not what this plan is for");
    const struct execution e = { plan, in, (float *)out, plan->work };
    if (!sim_check_memory(in, in_count(plan) * sizeof *in, "cuFFT, input")) return CUFFT_INVALID_VALUE;
    if (!sim_check_memory(out, out_count(plan) * sizeof(float), "cuFFT, output")) return CUFFT_INVALID_VALUE;
    sim_counts.transforms++;
    sim_enqueue(plan->stream, "cuFFT", run, &e, sizeof e);
    return CUFFT_SUCCESS;
}
