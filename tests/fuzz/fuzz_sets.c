#include "fuzz_sets.h"

#include "core/memory.h"
#include "detect/calibration.h"
#include "detect/fuse.h"
#include "detect/pooler.h"
#include "detect/preparation.h"
#include "fuzz.h"
#include "pipeline/config.h"
#include "pipeline/extract.h"
#include "pipeline/plan.h"

#include <stdlib.h>
#include <string.h>

static struct settings {
    struct run_options run;
    struct decode_options decode;
    struct compute_options compute;
    struct extract_settings extraction;
    struct preparation_settings preparation;
    struct pooler_settings pooler;
    struct calibration_settings calibration;
    struct fuse_settings fuse;
} settings;

static struct fuzz_sets made;

static void add(const struct option *options, void *to)
{
    if (made.n == FUZZ_SETS_MOST || !to) abort();
    made.sets[made.n++] = (struct option_set){ options, to, "" };
}

const struct fuzz_sets *fuzz_sets(void)
{
    const struct detector *detector;
    if (made.n > 0) return &made;
    add(run_options, &settings.run);
    add(decode_options, &settings.decode);
    add(weights_options, &settings.compute);
    add(place_options, &settings.compute.place);
    made.first_axis = made.n;
    add(network_options, &settings.extraction);
    add(front_options, &settings.extraction);
    add(preparation_options, &settings.preparation);
    add(pooler_options, &settings.pooler);
    add(calibration_options, &settings.calibration);
    add(fuse_options, &settings.fuse);
    for (int i = 0; (detector = detector_number(i)); i++)
        add(detector->options, memory_new(1, detector->settings_size));
    return &made;
}

static void use_extraction(void)
{
    int channel;
    if (!fuzz_ok(extract_settings_resolve(&settings.extraction))) return;
    (void)fuzz_ok(extract_settings_channel(&settings.extraction, &channel));
}

static void use_shard(void)
{
    struct plan plan = { .n_parts = 7 };
    (void)fuzz_ok(plan_set_shard(&plan, settings.run.shard));
}

void fuzz_sets_use(struct options *options)
{
    struct pooler pooler;
    if (!fuzz_ok(options_apply(options))) return;
    use_extraction();
    use_shard();
    (void)fuzz_ok(preparation_check(&settings.preparation, 0));
    (void)fuzz_ok(pooler_parse(settings.pooler.pool ? settings.pooler.pool : "", &pooler));
}
