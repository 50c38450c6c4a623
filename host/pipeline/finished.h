/* Runs that make the same output side by side: whoever is first joins the parts and removes them, and the others
 * find that what they wanted is there. Nobody waits for anybody, and nothing is locked. */
#ifndef FINISHED_H
#define FINISHED_H

#include "io/features.h"

#include <jansson.h>
#include <sys/stat.h>

/* What stood under the output's name when the run began. */
struct finished {
    const char *output; /* borrowed */
    int was_there;
    struct stat before;
};

/* Without `overwrite` the run would not have begun where a file was there: if one is, it is another run's. */
void finished_look(struct finished *finished, const char *output, int overwrite);

/* After a failure: OK where another run has meanwhile put the file there that `plan` (plan.json's contents) makes;
 * parts that nobody needs any more are removed. Otherwise `status`, with the sentence that is kept now. */
enum status finished_elsewhere(const struct finished *finished, const json_t *plan, enum status status,
                               struct merge_result *counts) MUST_CHECK;

/* Removes the parts beside a finished file whose run was killed while it removed them: those that the file was joined
 * from, or that have no plan; and what killed processes left half-written. Never fails. */
void finished_remove_parts(const char *output);

#endif
