#include "detect/pooler.h"

#include "core/sorting.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = { "mean", "median", "max" }; /* in pooler_kind's order */
static const char TOP[] = "top:";

const struct option pooler_options[] = {
    { .name = "pool",
      .type = OPTION_TEXT,
      .offset = offsetof(struct pooler_settings, pool),
      .standard = "mean",
      .metavar = "WORD",
      .help =
          "a recording's score is the mean, median or max of its patches' scores, or top:p, the mean of the "
          "highest share p of them",
      .shapes = 1 },
    { 0 },
};

static int is_share(const char *words, double *share)
{
    char *end;
    *share = strtod(words, &end);
    return end > words && !*end && *share > 0 && *share <= 1;
}

enum status pooler_parse(const char *words, struct pooler *out)
{
    *out = (struct pooler){ POOLER_MEAN, 0 };
    for (; out->kind < POOLER_TOP; out->kind++)
        if (strcmp(words, names[out->kind]) == 0) return OK;
    if (strncmp(words, TOP, sizeof TOP - 1) == 0 && is_share(words + sizeof TOP - 1, &out->share)) return OK;
    return fail(
        ERR_USAGE,
        "--pool %s: expected mean, median, max, or top: and a share above 0 and up to 1, as in top:0.1",
        words);
}

void pooler_print(const struct pooler *pooler, char *text)
{
    const struct attribute share = { .type = ATTRIBUTE_REAL, .real = pooler->share };
    char digits[POOLER_TEXT - sizeof TOP];
    if (pooler->kind < POOLER_TOP) {
        snprintf(text, POOLER_TEXT, "%s", names[pooler->kind]);
        return;
    }
    attribute_print(&share, digits, sizeof digits);
    snprintf(text, POOLER_TEXT, "%s%s", TOP, digits);
}

static double mean_of(const double *scores, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += scores[i];
    return sum / n;
}

static int has_nan(const double *scores, int n)
{
    for (int i = 0; i < n; i++)
        if (isnan(scores[i])) return 1;
    return 0;
}

double pooler_score(const struct pooler *pooler, double *scores, int n)
{
    if (n == 0 || has_nan(scores, n)) return (double)NAN;
    if (pooler->kind == POOLER_MEAN) return mean_of(scores, n);
    sorting_sort(scores, n);
    if (pooler->kind == POOLER_MEDIAN) return sorting_median(scores, n);
    const int top = pooler->kind == POOLER_MAX ? 1 : (int)fmax(1, round(pooler->share * n));
    return mean_of(scores + n - top, top);
}

int pooler_is_same(const struct pooler *a, const struct pooler *b)
{
    return a->kind == b->kind && (a->kind != POOLER_TOP || a->share == b->share);
}
