/* How the scores of a recording's patches become its score. */
#ifndef POOLER_H
#define POOLER_H

#include "core/options.h"

enum pooler_kind { POOLER_MEAN, POOLER_MEDIAN, POOLER_MAX, POOLER_TOP };

/* Zeroed: the mean, as in the paper. */
struct pooler {
    enum pooler_kind kind;
    double share; /* POOLER_TOP, 0 < share ≤ 1: of n patches the nearest number to n · share, at least 1 */
};

/* As typed: mean, median, max, or top:p, the mean of the highest share p. ERR_USAGE. */
enum status pooler_parse(const char *words, struct pooler *out) MUST_CHECK;

/* What pooler_parse reads, into `text` of POOLER_TEXT. */
enum { POOLER_TEXT = 64 };
void pooler_print(const struct pooler *pooler, char *text);

int pooler_is_same(const struct pooler *a, const struct pooler *b);

/* The option --pool, whose text pooler_parse reads. */
struct pooler_settings {
    const char *pool;
};
extern const struct option pooler_options[];

/* Of scores [n], which may come out in another order; NaN where one of them is, or where there are none. The
 * mean is taken in their order. */
double pooler_score(const struct pooler *pooler, double *scores, int n);

#endif
