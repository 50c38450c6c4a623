/* Charts of a report as inline SVG; their colours are classes of the page's style sheet (report_html.c). */
#ifndef REPORT_SVG_H
#define REPORT_SVG_H

#include "eval/results.h"

/* The ROC curves of all splits of a summary. */
void svg_roc(FILE *stream, const struct summary *summary);

/* How the scores of all splits' normal and abnormal recordings are spread. */
enum status svg_histogram(FILE *stream, const struct summary *summary) MUST_CHECK;

/* One line: the AUC of each split as a dot between 0 and 1, and their mean. */
void svg_strip(FILE *stream, const struct summary *summary);

#endif
