/* A finished cell as a JSON file, so that a run that was stopped goes on where it was:
 *
 *   { "recipe": …, "splits": [ { "seed", "n_train", "n_normal", "n_abnormal", "fit_s", "score_s",
 *     "tested": [ { "subject": place in the group, "recording": its path, "abnormal", "score", "patches" } ] } ] }
 *
 * Numbers come back as the same bits. */
#ifndef CELL_FILE_H
#define CELL_FILE_H

#include "eval/evaluate.h"

#include <jansson.h>

/* Raised when the same recipe comes to give other numbers: cells of before are then computed anew. */
enum { CELL_VERSION = 1 };

/* What a cell's numbers depend on: detector and settings, splits, how the features were made, and the very
 * samples that they were made of. NULL: no memory. Released by the caller (json_decref). */
json_t *cell_recipe(const struct cell *cell, const struct evaluate_options *options,
                    const struct attributes *provenance);

/* The folder of `path` is made where it is missing. */
enum status cell_save(const struct cell *cell, json_t *recipe, const char *path) MUST_CHECK;

/* *folder, made and owned by the caller: where a training that will end in the cell `path` keeps how far it is. */
enum status cell_unfinished(const char *path, char **folder) MUST_CHECK;

/* *found: the file is there, was made by the same recipe, and now fills the splits (but for AUC, pAUC and
 * curve). A file of another recipe, or one that is cut off or not a cell, is told with the reason and is not
 * used: it will be written anew. */
enum status cell_load(struct cell *cell, const json_t *recipe, const char *path, int *found) MUST_CHECK;

#endif
