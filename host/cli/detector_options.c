#include "cli/detector_options.h"

enum status detector_options_init(struct detector_options *options, struct option_set *sets, int *n_sets)
{
    const struct detector *detector;
    for (int i = 0; (detector = detector_number(i)); i++) {
        REQUIRE(i < MAX_DETECTORS, ERR_INTERNAL, "there are more than %d detectors", MAX_DETECTORS);
        TRY(memory_check(options->settings[i] = memory_new(1, detector->settings_size)));
        sets[(*n_sets)++] = (struct option_set){ detector->options, options->settings[i], detector->name };
    }
    return OK;
}

void detector_options_release(struct detector_options *options)
{
    for (int i = 0; i < MAX_DETECTORS; i++) memory_free(options->settings[i]);
    *options = (struct detector_options){ { NULL } };
}

const void *detector_options_of(const struct detector_options *options, const struct detector *detector)
{
    int place = 0;
    while (detector_number(place) != detector) place++;
    return options->settings[place];
}
