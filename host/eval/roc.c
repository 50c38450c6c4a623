#include "eval/roc.h"

#include "core/memory.h"

#include <math.h>
#include <stdlib.h>

/* The curve in counts: point i has false_positives[i] normal and true_positives[i] abnormal recordings at or
 * above the i-th threshold; point 0 is (0, 0), the last one holds all. One point for each distinct score. */
struct counts {
    long long *false_positives, *true_positives; /* [n_points] */
    int n_points;
};

struct ranked {
    double score;
    int is_abnormal;
};

static int highest_first(const void *a, const void *b)
{
    const double left = ((const struct ranked *)a)->score, right = ((const struct ranked *)b)->score;
    return (left < right) - (left > right);
}

static enum status check(const double *score, const int *is_abnormal, int n)
{
    int n_abnormal = 0;
    for (int i = 0; i < n; i++) {
        REQUIRE(isfinite(score[i]), ERR_INPUT, "score %d of %d is %g; only finite scores can be ranked",
                i + 1, n, score[i]);
        n_abnormal += is_abnormal[i];
    }
    REQUIRE(n_abnormal > 0 && n_abnormal < n, ERR_INPUT,
            "%d normal and %d abnormal recordings were scored; an AUC needs at least one of each",
            n - n_abnormal, n_abnormal);
    return OK;
}

static void counts_release(struct counts *counts)
{
    memory_free(counts->false_positives);
    memory_free(counts->true_positives);
}

static void count_points(struct counts *counts, const struct ranked *ranked, int n)
{
    long long normal = 0, abnormal = 0;
    counts->n_points = 1;
    for (int i = 0; i < n; i++) {
        abnormal += ranked[i].is_abnormal;
        normal += !ranked[i].is_abnormal;
        if (i + 1 < n && ranked[i + 1].score == ranked[i].score) continue;
        counts->false_positives[counts->n_points] = normal;
        counts->true_positives[counts->n_points] = abnormal;
        counts->n_points++;
    }
}

static enum status counts_init(struct counts *counts, const double *score, const int *is_abnormal, int n)
{
    *counts = (struct counts){ 0 };
    TRY(check(score, is_abnormal, n));
    struct ranked *ranked = memory_new((size_t)n, sizeof *ranked);
    counts->false_positives = memory_new((size_t)n + 1, sizeof *counts->false_positives);
    counts->true_positives = memory_new((size_t)n + 1, sizeof *counts->true_positives);
    if (!ranked || !counts->false_positives || !counts->true_positives) {
        memory_free(ranked);
        return ERR_MEMORY;
    }
    for (int i = 0; i < n; i++) ranked[i] = (struct ranked){ score[i], is_abnormal[i] };
    qsort(ranked, (size_t)n, sizeof *ranked, highest_first);
    count_points(counts, ranked, n);
    memory_free(ranked);
    return OK;
}

/* Twice the area under the polygon through the counts. */
static long long double_area(const struct counts *c)
{
    long long area = 0;
    for (int i = 1; i < c->n_points; i++)
        area += (c->false_positives[i] - c->false_positives[i - 1]) *
                (c->true_positives[i] + c->true_positives[i - 1]);
    return area;
}

static double n_pairs(const struct counts *c)
{
    return (double)c->false_positives[c->n_points - 1] * (double)c->true_positives[c->n_points - 1];
}

enum status roc_auc(const double *score, const int *is_abnormal, int n, double *auc)
{
    struct counts counts;
    const enum status status = counts_init(&counts, score, is_abnormal, n);
    if (status == OK) *auc = (double)double_area(&counts) / (2.0 * n_pairs(&counts));
    counts_release(&counts);
    return status;
}

/* The area up to max_fpr, in units of pairs; the last piece ends on the line between two points. */
static double area_up_to(const struct counts *c, double max_fpr)
{
    const double limit = max_fpr * (double)c->false_positives[c->n_points - 1];
    double area = 0;
    for (int i = 1; i < c->n_points && (double)c->false_positives[i - 1] < limit; i++) {
        const double left = (double)c->false_positives[i - 1], right = (double)c->false_positives[i];
        const double low = (double)c->true_positives[i - 1], high = (double)c->true_positives[i];
        const double end = fmin(right, limit);
        const double end_height = right > left ? low + (high - low) * (end - left) / (right - left) : high;
        area += (end - left) * (low + end_height) / 2.0;
    }
    return area;
}

enum status roc_pauc(const double *score, const int *is_abnormal, int n, double max_fpr, double *pauc)
{
    REQUIRE(max_fpr > 0 && max_fpr <= 1, ERR_USAGE, "pAUC up to a false positive rate of %g: expected 0 … 1",
            max_fpr);
    struct counts counts;
    const enum status status = counts_init(&counts, score, is_abnormal, n);
    if (status == OK) {
        const double area = area_up_to(&counts, max_fpr) / n_pairs(&counts);
        const double least = max_fpr * max_fpr / 2.0, most = max_fpr;
        /* scikit-learn returns the plain area for max_fpr = 1. */
        *pauc = max_fpr < 1 ? 0.5 * (1.0 + (area - least) / (most - least)) : area;
    }
    counts_release(&counts);
    return status;
}

static int is_corner(const struct counts *c, int before, int i)
{
    const long long x1 = c->false_positives[i] - c->false_positives[before];
    const long long y1 = c->true_positives[i] - c->true_positives[before];
    const long long x2 = c->false_positives[i + 1] - c->false_positives[i];
    const long long y2 = c->true_positives[i + 1] - c->true_positives[i];
    return x1 * y2 != y1 * x2;
}

static void keep_corners(struct roc_curve *curve, const struct counts *c)
{
    const int last = c->n_points - 1;
    const double normal = (double)c->false_positives[last], abnormal = (double)c->true_positives[last];
    for (int i = 0, before = 0; i <= last; i++) {
        if (i > 0 && i < last && !is_corner(c, before, i)) continue;
        curve->fpr[curve->n_points] = (double)c->false_positives[i] / normal;
        curve->tpr[curve->n_points] = (double)c->true_positives[i] / abnormal;
        curve->n_points++;
        before = i;
    }
}

enum status roc_curve_init(struct roc_curve *curve, const double *score, const int *is_abnormal, int n)
{
    *curve = (struct roc_curve){ 0 };
    struct counts counts;
    enum status status;
    TRY_OR_DONE(counts_init(&counts, score, is_abnormal, n));
    TRY_OR_DONE(memory_check(curve->fpr = memory_new((size_t)counts.n_points, sizeof *curve->fpr)));
    TRY_OR_DONE(memory_check(curve->tpr = memory_new((size_t)counts.n_points, sizeof *curve->tpr)));
    keep_corners(curve, &counts);
done:
    counts_release(&counts);
    return status;
}

void roc_curve_release(struct roc_curve *curve)
{
    memory_free(curve->fpr);
    memory_free(curve->tpr);
    *curve = (struct roc_curve){ 0 };
}
