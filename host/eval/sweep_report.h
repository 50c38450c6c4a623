/* report.html of a sweep: the best settings and how sure that is, what each choice does, a heat map of all settings
 * and groups, what is missing, and how it was made. */
#ifndef SWEEP_REPORT_H
#define SWEEP_REPORT_H

#include "eval/sweep_table.h"

/* ERR_OUTPUT. The table has a row at least. */
enum status sweep_report_write(const char *path, const struct sweep_table *table) MUST_CHECK;

#endif
