#include "cli/detector_options.h"

#include <string.h>

enum status detector_options_init(struct detector_options *options, struct option_set *sets, int *n_sets)
{
    const struct detector *detector;
    for (int i = 0; (detector = detector_number(i)); i++) {
        REQUIRE(i < MAX_DETECTORS, ERR_INTERNAL, "there are more than %d detectors", MAX_DETECTORS);
        TRY(memory_check(options->settings[i] = memory_new(1, detector->settings_size)));
        sets[(*n_sets)++] = (struct option_set){ detector->options, options->settings[i], detector->name };
    }
    sets[(*n_sets)++] = (struct option_set){ fuse_options, &options->fuse, "fuse:A+B" };
    return OK;
}

void detector_options_release(struct detector_options *options)
{
    for (int i = 0; i < MAX_DETECTORS; i++) memory_free(options->settings[i]);
    for (int i = 0; i < options->n_fusions; i++) fuse_free(&options->fusions[i]);
    *options = (struct detector_options){ 0 };
}

static enum status add_fusion(struct detector_options *options, struct fusion *fusion)
{
    struct fuse_settings *settings = &options->fused[options->n_fusions];
    *settings = options->fuse;
    settings->n_members = fusion->n_members;
    for (int i = 0; i < fusion->n_members; i++) {
        settings->members[i] = fusion->members[i];
        settings->settings[i] = detector_options_of(options, fusion->members[i]);
    }
    options->fusions[options->n_fusions++] = fusion;
    return OK;
}

enum status detector_options_require(struct detector_options *options, const char *name,
                                     const struct detector **out)
{
    struct fusion *fusion;
    TRY(fuse_new(name, &fusion));
    if (!fusion) return detector_require(name, out);
    if (options->n_fusions == MAX_FUSIONS) {
        fuse_free(&fusion);
        return fail(ERR_USAGE, "--detector: more than %d fusions", MAX_FUSIONS);
    }
    *out = &fusion->detector;
    return add_fusion(options, fusion);
}

const void *detector_options_of(const struct detector_options *options, const struct detector *detector)
{
    for (int i = 0; i < options->n_fusions; i++)
        if (detector == &options->fusions[i]->detector) return &options->fused[i];
    int place = 0;
    while (detector_number(place) != detector) place++;
    return options->settings[place];
}

/* ------------------------------------------------------------------------------------------- contenders */

static enum status add_contender(const struct detector_options *options, const char *option,
                                 const struct detector *detector, struct contender *contenders, int *n)
{
    for (int i = 0; i < *n; i++)
        REQUIRE(strcmp(contenders[i].detector->name, detector->name) != 0, ERR_USAGE, "%s: %s is named twice",
                option, detector->name);
    contenders[(*n)++] = (struct contender){ detector, detector_options_of(options, detector) };
    return OK;
}

enum status detector_options_contenders(struct detector_options *options, const char *option,
                                        const char *names, struct contender *contenders, int *n)
{
    const struct detector *detector = NULL;
    char words[256], *rest = NULL;
    *n = 0;
    if (strcmp(names, "all") == 0) {
        for (int i = 0; (detector = detector_number(i)); i++)
            TRY(add_contender(options, option, detector, contenders, n));
        return OK;
    }
    REQUIRE(strlen(names) < sizeof words, ERR_USAGE, "%s: more than %zu letters", option, sizeof words - 1);
    strcpy(words, names);
    for (char *name = strtok_r(words, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
        TRY(detector_options_require(options, name, &detector));
        TRY(add_contender(options, option, detector, contenders, n));
    }
    REQUIRE(detector, ERR_USAGE, "%s names none; `earshot detectors` lists them", option);
    return OK;
}
