/* What completes a value on the command line: words, files, or nothing that we know. */
#ifndef HELP_VALUES_H
#define HELP_VALUES_H

#include "core/options.h"

enum help_kind { HELP_NOTHING, HELP_FILES, HELP_FOLDERS };

struct help_value {
    enum help_kind kind; /* besides the words */
    char words[1024];    /* with spaces between */
};

/* Of an option that takes a value: its choices, the names of networks, detectors or backends, files. */
struct help_value help_option_value(const struct option *option);

/* Of the words between the options, as the command's usage names them: "weights list|fetch NETWORK...". */
struct help_value help_usage_value(const char *usage);

/* --no-NAME is worth telling: a flag that is set unless told. */
int help_is_negated(const struct option *option);

#endif
