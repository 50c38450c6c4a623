/* A feature file that is there already and is to be used again. */
#ifndef REUSED_H
#define REUSED_H

#include "io/features.h"

/* ERR_USAGE: the features are of other recordings than `wanted`, or of the same in another order; `path` is the
 * file's, for the sentence. */
enum status reused_check(const struct features *features, const char *path,
                         const struct dataset *wanted) MUST_CHECK;

#endif
