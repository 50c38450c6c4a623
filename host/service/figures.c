#include "service/figures.h"

#include <string.h>

/* From half a millisecond, steps of 2 to 2.5 as Prometheus has them, to ten seconds. */
static const double seconds_bounds[] = { 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                         0.1,    0.25,  0.5,    1,     2.5,  5,     10 };
static const double recordings_bounds[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256 };
static const double patches_bounds[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096 };

static void set_bounds(struct service_histogram *histogram, const double *bounds, size_t n)
{
    memcpy(histogram->bounds, bounds, n * sizeof *bounds);
    histogram->n_bounds = (int)n;
}

#define BOUNDS(bounds) bounds, sizeof(bounds) / sizeof *(bounds)

void figures_init(struct service_figures *figures)
{
    *figures = (struct service_figures){ 0 };
    set_bounds(&figures->decode_s, BOUNDS(seconds_bounds));
    set_bounds(&figures->queue_s, BOUNDS(seconds_bounds));
    set_bounds(&figures->compute_s, BOUNDS(seconds_bounds));
    set_bounds(&figures->score_s, BOUNDS(seconds_bounds));
    set_bounds(&figures->batch_recordings, BOUNDS(recordings_bounds));
    set_bounds(&figures->batch_patches, BOUNDS(patches_bounds));
}

void histogram_add(struct service_histogram *histogram, double value)
{
    int i = 0;
    while (i < histogram->n_bounds && value > histogram->bounds[i]) i++;
    histogram->counts[i]++;
    histogram->sum += value;
}
