/* What every backend asks about a line; a plug-in compiles this file as well. */
#include "backend/backend.h"

int line_columns(const struct line_spec *spec)
{
    if (!spec->net) return spec->n_mels * spec->width;
    struct shape shapes[NET_MAX_LAYERS];
    net_shapes(spec->net, shapes);
    return shape_size(shapes[spec->layer]);
}

enum status line_check(const struct line_spec *spec)
{
    REQUIRE(spec->n_fft >= 2 && spec->n_fft <= FFT_MAX, ERR_USAGE, "a window of %d samples, 2 to %d expected",
            spec->n_fft, FFT_MAX);
    REQUIRE(spec->net || spec->range_db > 0, ERR_USAGE,
            "a range of %g dB, more than 0 expected: the patch as a feature is dB / range + 1",
            (double)spec->range_db);
    return OK;
}
