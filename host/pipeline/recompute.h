/* Rows of a feature file once more, from their recordings: what `verify --recompute` compares with. */
#ifndef RECOMPUTE_H
#define RECOMPUTE_H

#include "io/features.h"
#include "pipeline/setup.h"

struct recompute;

/* With the options that the file recorded. Weights other than the file's are ERR_INPUT; another backend or
 * instruction set is told. `features` is borrowed until recompute_close. */
enum status recompute_open(struct recompute **out, const struct features *features,
                           const struct compute_options *compute) MUST_CHECK;
void recompute_close(struct recompute **recompute);

/* 1: another backend, instruction set or precision computes now than then, so bits differ. */
int recompute_is_elsewhere(const struct recompute *recompute);

struct recomputed {
    const float *rows; /* [n_patches][D] raw; valid until the next call */
    int n_patches;
    const char *hash; /* of the samples as they are now */
};

/* Row `row` of the recordings' table. ERR_INPUT: its file cannot be used any more. */
enum status recompute_row(struct recompute *recompute, int row, struct recomputed *out) MUST_CHECK;

#endif
