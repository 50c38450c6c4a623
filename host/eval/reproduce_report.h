/* report.html of a study: the table as a heat map, and machine by machine what stands behind its numbers. One page
 * that carries all it shows, for a browser or a phone, light and dark. */
#ifndef REPRODUCE_REPORT_H
#define REPRODUCE_REPORT_H

#include "eval/report.h"
#include "eval/reproduce_table.h"

/* `picture` as in report.h. ERR_OUTPUT. */
enum status reproduce_report_write(const char *path, const struct table *table,
                                   report_picture *picture) MUST_CHECK;

#endif
