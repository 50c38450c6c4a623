/* The M step: of each component's rows, sums in double. */
#include "backend/cpu_em.h"

#include <math.h>
#include <string.h>

/* ----------------------------------------------------------------------------------------------- lists */

static enum status reserve_lists(struct cpu_em *em, size_t n)
{
    if (n <= em->listed) return OK;
    memory_free(em->member);
    memory_free(em->r);
    em->listed = 0;
    em->r = NULL;
    TRY(memory_check(em->member = memory_new(n, sizeof *em->member)));
    TRY(memory_check(em->r = memory_new(n, sizeof *em->r)));
    em->listed = n;
    return OK;
}

static const struct cpu_em_entry *entries_of(const struct cpu_em *em, int n)
{
    return em->scratch[em->parts[n].thread].entries + em->parts[n].first;
}

/* start[k + 1] = the first place of component k, and room to count the places that are filled. */
static void count_members(struct cpu_em *em)
{
    memset(em->start, 0, (size_t)(em->components + 3) * sizeof *em->start);
    for (int n = 0; n < em->x.rows; n++)
        for (int i = 0; i < em->parts[n].count; i++) em->start[entries_of(em, n)[i].component + 2]++;
    for (int k = 2; k < em->components + 3; k++) em->start[k] += em->start[k - 1];
}

enum status cpu_em_gather(struct cpu_em *em)
{
    for (int t = 0; t < pool_threads(em->pool); t++) {
        REQUIRE(!em->scratch[t].is_full, ERR_MEMORY, "out of memory for the responsibilities of %d rows",
                em->x.rows);
    }
    count_members(em);
    TRY(reserve_lists(em, em->start[em->components + 1]));
    for (int n = 0; n < em->x.rows; n++)
        for (int i = 0; i < em->parts[n].count; i++) {
            const struct cpu_em_entry *entry = entries_of(em, n) + i;
            const size_t place = em->start[entry->component + 1]++;
            em->member[place] = n;
            em->r[place] = entry->r;
        }
    return OK;
}

/* ---------------------------------------------------------------------------------------------- M step */

/* [2][stride]: S1 and S2 of one part of a component's rows. */
static double *sums_of(const struct cpu_em *em, int k, int part)
{
    return em->sums + ((size_t)k * (size_t)em->row_parts + (size_t)part) * 2 * (size_t)em->rows.stride;
}

static void sum_responsibilities(void *context, int k, int thread)
{
    (void)thread;
    struct cpu_em *em = context;
    double sum = 0;
    for (size_t i = em->start[k]; i < em->start[k + 1]; i++) sum += em->r[i];
    em->sum[k] = sum;
    em->mixture->weights[k] = sum + MIXTURE_TINY_COUNT;
}

/* Sums of r (x - m) and r (x - m)², shifted by the mean m from before, so that nothing cancels: of one part of
 * component k's rows, columns first … first + n - 1. */
static void sum_strip(struct cpu_em *em, int k, int part, int first, int n, double *shift)
{
    const size_t count = em->start[k + 1] - em->start[k], parts = (size_t)em->row_parts;
    const size_t begin = count * (size_t)part / parts, end = count * ((size_t)part + 1) / parts;
    double *sums = sums_of(em, k, part) + first;
    memset(shift, 0, CPU_EM_STRIP * sizeof *shift);
    memcpy(shift, em->mixture->means + (size_t)k * em->x.columns + first, (size_t)n * sizeof *shift);
    em->isa->em->moments(&(struct cpu_em_moments){ .x = em->rows.data + first,
                                                   .stride = em->rows.stride,
                                                   .rows = em->member + em->start[k] + begin,
                                                   .r = em->r + em->start[k] + begin,
                                                   .count = (int)(end - begin),
                                                   .shift = shift,
                                                   .n = cpu_rows_stride(n),
                                                   .s1 = sums,
                                                   .s2 = sums + em->rows.stride });
}

static int n_strips(const struct cpu_em *em)
{
    return (em->x.columns + CPU_EM_STRIP - 1) / CPU_EM_STRIP;
}

static void sum_task(void *context, int task, int thread)
{
    struct cpu_em *em = context;
    const int first = task % n_strips(em) * CPU_EM_STRIP, left = em->x.columns - first;
    const int part = task / n_strips(em);
    sum_strip(em, part / em->row_parts, part % em->row_parts, first,
              left < CPU_EM_STRIP ? left : CPU_EM_STRIP, em->scratch[thread].strip);
}

/* d is how far the mean moves:  sum r (x - m - d)² = S2 - 2 d S1 + d² sum r. */
static void maximize_component(void *context, int k, int thread)
{
    (void)thread;
    struct cpu_em *em = context;
    const size_t place = (size_t)k * em->x.columns, stride = (size_t)em->rows.stride;
    const double sum = em->sum[k], count = sum + MIXTURE_TINY_COUNT;
    double *s1 = sums_of(em, k, 0), *s2 = s1 + stride, *mean = em->mixture->means + place;
    for (int part = 1; part < em->row_parts; part++)
        for (size_t j = 0; j < 2 * stride; j++) s1[j] += sums_of(em, k, part)[j];
    for (int j = 0; j < em->x.columns; j++) {
        const double d = (s1[j] - mean[j] * MIXTURE_TINY_COUNT) / count;
        mean[j] += d;
        if (em->covariance == COVARIANCE_FULL) continue;
        const double centred = (s2[j] - 2 * d * s1[j] + d * d * sum) / count;
        em->mixture->covariances[place + j] = fmax(centred, 0) + em->reg_covar;
    }
}

void cpu_em_maximize(struct cpu_em *em, double total)
{
    pool_run(em->pool, em->components, sum_responsibilities, em);
    pool_run(em->pool, em->components * em->row_parts * n_strips(em), sum_task, em);
    pool_run(em->pool, em->components, maximize_component, em);
    if (em->covariance == COVARIANCE_FULL)
        pool_run(em->pool, em->components * cpu_em_full_tiles(em), cpu_em_full_covariance, em);
    double *weights = em->mixture->weights;
    double all = 0;
    for (int k = 0; k < em->components; k++) all += weights[k];
    for (int k = 0; k < em->components; k++) weights[k] /= total > 0 ? total : all;
}
