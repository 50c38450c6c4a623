/* `sweep --dry-run`: the passes, what each makes, and what it would cost. */
#ifndef SHOW_SWEEP_H
#define SHOW_SWEEP_H

#include "eval/sweep.h"

/* On stdout, as a table or as the JSON object. The sweep was opened and estimated. */
enum status sweep_plan_print(const struct sweep *sweep, int as_json) MUST_CHECK;

/* The same in short, on stderr, before a run. */
void sweep_plan_tell(const struct sweep *sweep);

#endif
