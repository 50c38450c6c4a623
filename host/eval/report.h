/* report.html: one page that carries all it shows (tables, curves, pictures), for a browser or a phone. */
#ifndef REPORT_H
#define REPORT_H

#include "eval/results.h"

/* pipeline/trace.h's trace_picture, or a test's stand-in: *rgb [height][width][3], memory_free. */
typedef enum status report_picture(const struct attributes *provenance, const char *file, unsigned char **rgb,
                                   int *width, int *height);

struct report {
    const char *features; /* the file's name */
    const struct attributes *provenance;
    const struct evaluation *evaluation;
    const struct summaries *summaries;
    const struct evaluate_options *options;
    const char *backend;     /* that the detectors were fitted on */
    report_picture *picture; /* of a recording; where it fails, its sentence stands in the picture's place */
    const struct features *file; /* whose failures and warnings are listed; NULL: none are */
};

/* ERR_OUTPUT. */
enum status report_write(const char *path, const struct report *report) MUST_CHECK;

#endif
