#include "eval/bootstrap.h"

#include "core/rng.h"
#include "core/sorting.h"

#include <math.h>
#include <stdlib.h>

/* A split's tested recordings by rising score. */
struct order {
    int *subject;                /* [n] place in the group */
    char *is_abnormal, *is_tied; /* [n]; tied with the one before */
    int n;
};

struct resampling {
    struct order *orders; /* [n_splits] */
    int n_splits;
    int *strata[2]; /* [n_strata[label]] subjects that are tested in some split */
    int n_strata[2];
    int *weight; /* [n_subjects] how often the replicate has it */
};

static int by_score(const void *a, const void *b)
{
    const double left = ((const struct tested *)a)->score, right = ((const struct tested *)b)->score;
    return (left > right) - (left < right);
}

static enum status order_init(struct order *order, const struct split_result *split)
{
    const size_t n = (size_t)split->n_tested;
    struct tested *sorted = memory_new(n, sizeof *sorted);
    order->subject = memory_new(n, sizeof *order->subject);
    order->is_abnormal = memory_new(n, 1);
    order->is_tied = memory_new(n, 1);
    enum status status = sorted && order->subject && order->is_abnormal && order->is_tied ? OK : ERR_MEMORY;
    for (size_t i = 0; i < n && status == OK; i++) sorted[i] = split->tested[i];
    if (status == OK) qsort(sorted, n, sizeof *sorted, by_score);
    for (size_t i = 0; i < n && status == OK; i++) {
        order->subject[i] = (int)(sorted[i].subject - split->group->subjects);
        order->is_abnormal[i] = (char)sorted[i].is_abnormal;
        order->is_tied[i] = i > 0 && sorted[i].score <= sorted[i - 1].score;
    }
    order->n = split->n_tested;
    memory_free(sorted);
    return status;
}

/* Which recordings are drawn from: those that any split tests, by their own label. */
static void find_strata(struct resampling *r, const struct split_result *splits)
{
    for (int s = 0; s < r->n_splits; s++)
        for (int i = 0; i < splits[s].n_tested; i++) {
            const struct subject *subject = splits[s].tested[i].subject;
            const int place = (int)(subject - splits[s].group->subjects), label = subject->is_abnormal;
            if (r->weight[place]) continue;
            r->weight[place] = 1;
            r->strata[label][r->n_strata[label]++] = place;
        }
}

static enum status resampling_init(struct resampling *r, const struct split_result *splits, int n_splits)
{
    const size_t n = (size_t)splits[0].group->n_subjects;
    r->n_splits = n_splits;
    TRY(memory_check(r->orders = memory_new((size_t)n_splits, sizeof *r->orders)));
    TRY(memory_check(r->weight = memory_new(n, sizeof *r->weight)));
    for (int label = 0; label < 2; label++)
        TRY(memory_check(r->strata[label] = memory_new(n, sizeof *r->strata[label])));
    for (int s = 0; s < n_splits; s++) TRY(order_init(&r->orders[s], &splits[s]));
    find_strata(r, splits);
    return OK;
}

static void resampling_release(struct resampling *r)
{
    for (int s = 0; r->orders && s < r->n_splits; s++) {
        memory_free(r->orders[s].subject);
        memory_free(r->orders[s].is_abnormal);
        memory_free(r->orders[s].is_tied);
    }
    memory_free(r->orders);
    memory_free(r->weight);
    memory_free(r->strata[0]);
    memory_free(r->strata[1]);
}

static void draw(struct resampling *r, struct rng *rng)
{
    for (int label = 0; label < 2; label++) {
        const int n = r->n_strata[label];
        for (int i = 0; i < n; i++) r->weight[r->strata[label][i]] = 0;
        for (int i = 0; i < n; i++) r->weight[r->strata[label][rng_below(rng, (uint64_t)n)]]++;
    }
}

/* Pairs of the weighted recordings in which the abnormal one scores higher, ties at one half, of all pairs.
 * NaN where the draw has one label only. */
static double weighted_auc(const struct order *order, const int *weight)
{
    double below = 0, tied = 0, pairs = 0,
           abnormal = 0; /* normal ones below, and tied with, the present one */
    double tied_abnormal = 0;
    for (int i = 0; i < order->n; i++) {
        const double w = weight[order->subject[i]];
        if (!order->is_tied[i]) {
            pairs += tied_abnormal * tied / 2;
            below += tied;
            tied = tied_abnormal = 0;
        }
        if (order->is_abnormal[i]) {
            pairs += w * below;
            tied_abnormal += w;
            abnormal += w;
        } else
            tied += w;
    }
    pairs += tied_abnormal * tied / 2;
    return pairs / (abnormal * (below + tied));
}

/* The mean over the splits that have both labels. */
static double replicate(struct resampling *r, struct rng *rng)
{
    double sum = 0;
    int n = 0;
    draw(r, rng);
    for (int s = 0; s < r->n_splits; s++) {
        const double auc = weighted_auc(&r->orders[s], r->weight);
        if (isnan(auc)) continue;
        sum += auc;
        n++;
    }
    return sum / n;
}

/* Between the two nearest of the sorted values, as numpy's default. */
static double quantile(const double *sorted, int n, double share)
{
    const double place = share * (n - 1);
    const int below = (int)place;
    const double above = sorted[below + 1 < n ? below + 1 : below];
    return sorted[below] + (place - below) * (above - sorted[below]);
}

static void summarise(double *values, int n, struct bootstrap *out)
{
    double mean = 0, squares = 0;
    for (int i = 0; i < n; i++) mean += values[i] / n;
    for (int i = 0; i < n; i++) squares += (values[i] - mean) * (values[i] - mean);
    sorting_sort(values, n);
    out->n_replicates = n;
    out->deviation = sqrt(squares / n);
    out->low = quantile(values, n, 0.025);
    out->high = quantile(values, n, 0.975);
}

enum status bootstrap_auc(const struct split_result *splits, int n_splits, int n_replicates, uint64_t seed,
                          struct bootstrap *out)
{
    struct resampling r = { 0 };
    struct rng rng = rng_seeded(seed, 0xb007);
    double *values = memory_new((size_t)n_replicates, sizeof *values);
    enum status status;
    int n = 0;
    *out = (struct bootstrap){ (double)NAN, (double)NAN, (double)NAN, 0 };
    TRY_OR_DONE(memory_check(values));
    TRY_OR_DONE(resampling_init(&r, splits, n_splits));
    for (int i = 0; i < n_replicates; i++) {
        const double auc = replicate(&r, &rng);
        if (!isnan(auc)) values[n++] = auc;
    }
    if (n > 0) summarise(values, n, out);
done:
    resampling_release(&r);
    memory_free(values);
    return status;
}
