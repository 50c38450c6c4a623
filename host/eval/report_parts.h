/* Parts that the reports share: of one evaluation (report.h) and of a study (reproduce_report.h). */
#ifndef REPORT_PARTS_H
#define REPORT_PARTS_H

#include "eval/report.h"

/* Where pictures of recordings come from, and whose scores are shown. */
struct report_source {
    const struct attributes *provenance; /* of the features */
    report_picture *picture;
    const char *detector;
};

void report_warnings(FILE *stream, int is_random, int is_shuffled);
void report_cell(FILE *stream, const char *text);     /* <td>text</td> */
void report_count(FILE *stream, int least, int most); /* <td>12-13</td> */

/* A cell of a heat map, left open for what stands below the number; the colour runs from an AUC of 0.5 to 1. NaN:
 * there is none. The number is in an element `tag` ("b": it stands out); `title` is what is told beside it. */
void report_heat(FILE *stream, double auc, const char *tag, const char *title);

/* What stands in the place of a picture that could not be made: the last failure. */
void report_no_picture(FILE *stream);

/* ROC curves and histogram of all splits. */
enum status report_charts(FILE *stream, const struct summary *summary) MUST_CHECK;

/* What a split's typical normal recording and its most anomalous one look like, and some of their patches. */
enum status report_pictures(FILE *stream, const struct report_source *source,
                            const struct split_result *split) MUST_CHECK;

/* Its highest-scoring abnormal and normal recordings, with their scores over time; nothing where those were
 * not kept. */
enum status report_explained(FILE *stream, const struct report_source *source,
                             const struct split_result *split) MUST_CHECK;

/* How recordings were shared out, in words. */
void report_protocol(FILE *stream, const struct evaluate_options *options, const char *backend);

/* How something was made: a table of names and values; and a detector's settings. */
void report_attributes(FILE *stream, const char *heading, const struct attributes *attributes);
enum status report_detector(FILE *stream, const struct contender *contender) MUST_CHECK;

#endif
