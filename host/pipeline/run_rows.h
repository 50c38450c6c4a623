/* Rows of option tables that several commands have, each for a field of its own settings: FIELD(field), as those
 * tables define it, says which. */
#ifndef RUN_ROWS_H
#define RUN_ROWS_H

#include "core/options.h"

#include <stddef.h>

#define LIST_ROW(field)                                                       \
    {                                                                         \
        .name = "list", .type = OPTION_TEXT, FIELD(field), .metavar = "FILE", \
        .help = "more recordings, one path a line"                            \
    }

#define LIMIT_ROW(field)                                                                               \
    {                                                                                                  \
        .name = "limit", .type = OPTION_INTEGER, FIELD(field), .standard = "0", .low = 0, .high = 1e9, \
        .metavar = "N", .help = "at most so many recordings of each group and label; 0: all"           \
    }

#define SHARD_SIZE_ROW(field)                                                                                \
    {                                                                                                        \
        .name = "shard-size", .type = OPTION_INTEGER, FIELD(field), .standard = "64", .low = 1, .high = 1e6, \
        .metavar = "N", .help = "recordings of one part: what is lost at most when a run is killed"          \
    }

#define BATCH_ROW(field)                                                                                     \
    {                                                                                                        \
        .name = "batch", .type = OPTION_INTEGER, FIELD(field), .standard = "0", .low = 0, .high = 1024,      \
        .metavar = "N",                                                                                      \
        .help =                                                                                              \
            "recordings that go through the ring together, at most; 0: as many as the backend takes at once" \
    }

#define DEVICES_ROW(field)                                                                          \
    {                                                                                               \
        .name = "devices", .type = OPTION_TEXT, FIELD(field), .metavar = "LIST",                    \
        .help = "share the recordings out to several GPUs of one model: their numbers, 0,1, or all" \
    }

/* what: "it is", "an extraction is" */
#define PROGRESS_ROW(field, what)                                                    \
    {                                                                                \
        .name = "progress", .type = OPTION_CHOICE, FIELD(field), .standard = "auto", \
        .choices = "auto|bar|plain|json|none",                                       \
        .help = "how far " what ", on stderr; auto: a bar on a terminal"             \
    }

#endif
