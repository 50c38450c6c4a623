/* YAML: --config FILE, or where the first byte is odd a sweep's SPEC, whose lists become combinations. */
#include "fuzz.h"
#include "fuzz_sets.h"

#include "core/axes.h"
#include "io/config_file.h"

#include <stdlib.h>

enum { MOST_TRIED = 8 };

static void try_combinations(struct options *options, const struct fuzz_sets *sets)
{
    struct axes axes;
    if (fuzz_ok(axes_init(&axes, options, sets->sets + sets->first_axis, sets->n - sets->first_axis))) {
        const long long n = axes_combinations(&axes);
        if (n < 1) abort();
        for (long long i = 0; i < n && i < MOST_TRIED; i++) {
            axes_choose(&axes, i % 2 ? n - 1 - i : i);
            fuzz_sets_use(options);
        }
    }
    axes_release(&axes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct fuzz_sets *sets = fuzz_sets();
    struct options options;
    if (size == 0) return 0;
    const char *path = fuzz_file(data + 1, size - 1);
    const int is_spec = data[0] & 1;
    options_init(&options, sets->sets, sets->n);
    if (fuzz_ok(is_spec ? config_file_read_spec(path, &options) : config_file_read(path, &options))) {
        if (is_spec)
            try_combinations(&options, sets);
        else
            fuzz_sets_use(&options);
    }
    options_release(&options);
    return 0;
}
