/* A command line, one argument a line: parsed, applied, and its texts read; every option's help; names that are nearly
 * right. */
#include "fuzz.h"
#include "fuzz_sets.h"

#include <string.h>

enum { MOST_ARGUMENTS = 64 };

static int split(char *text, char **arguments)
{
    int n = 0;
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line && n < MOST_ARGUMENTS;
         line = strtok_r(NULL, "\n", &rest))
        arguments[n++] = line;
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct fuzz_sets *sets = fuzz_sets();
    struct options options;
    char *arguments[MOST_ARGUMENTS + 1] = { 0 };
    const int n = split(fuzz_text(data, size), arguments);
    options_init(&options, sets->sets, sets->n);
    if (fuzz_ok(options_collect_arguments(&options, n, arguments))) {
        (void)options_given(&options, "network");
        fuzz_sets_use(&options);
    }
    options_release(&options);
    return 0;
}
