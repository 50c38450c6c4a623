/* F.h5.parts/plan.json: what a plan says to those who go on with it. Going on under other options, of another
 * program, or with another list is refused, naming the first difference and both values. */
#ifndef PLAN_FILE_H
#define PLAN_FILE_H

#include "pipeline/plan.h"

#include <jansson.h>

/* Written, flushed, and renamed where nobody else was quicker; then what is there is compared, so that of runs
 * that begin at once with other options one goes on. ERR_OUTPUT, ERR_USAGE. */
enum status plan_file_write(const struct plan *plan, const char *path) MUST_CHECK;

/* ERR_USAGE naming the first difference, or that the file cannot be used. */
enum status plan_file_compare(const struct plan *plan) MUST_CHECK;

/* The file's contents. NULL: no memory. Release with json_decref. */
json_t *plan_file_json(const struct plan *plan);

/* OK where the finished feature file is what this plan makes: the same program and options, the same list.
 * ERR_INPUT otherwise; *counts is what it holds. */
enum status plan_file_is_made(const json_t *plan, const char *features,
                              struct merge_result *counts) MUST_CHECK;

#endif
