/* How long a study would take, in words. */
#ifndef SHOW_ESTIMATE_H
#define SHOW_ESTIMATE_H

#include "eval/reproduce.h"

/* To the log, before it is run. */
void estimate_tell(const struct study *study);

/* reproduce --dry-run: a table on stdout, or one JSON object. */
enum status estimate_print(const struct study *study, int as_json) MUST_CHECK;

#endif
