/* --failed-list: the recordings that could not be used, "path<TAB>reason", one a line (control characters in
 * a path become "?"); whole or not at all. */
#ifndef FAILURES_H
#define FAILURES_H

#include "pipeline/plan.h"

/* Those of the complete parts of this run's share, whoever computed them. ERR_OUTPUT. */
enum status failures_of_parts(const char *list, const struct plan *plan) MUST_CHECK;

/* Those of a finished feature file. */
enum status failures_of_file(const char *list, const char *features) MUST_CHECK;

#endif
