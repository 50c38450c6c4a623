/* The list of what can learn and score. */
#include "detect/detector.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

static const struct detector *const list[] = {
    &detector_gmm, &detector_bgmm,        &detector_iforest,    &detector_ocsvm,
    &detector_kde, &detector_lenet_dcae,  &detector_small_dcae, &detector_knn,
    &detector_lof, &detector_mahalanobis, &detector_pca,        &detector_level,
};
enum { N_LIST = sizeof list / sizeof *list };

const struct detector *detector_number(int i)
{
    return i >= 0 && i < N_LIST ? list[i] : NULL;
}

enum status detector_require(const char *name, const struct detector **out)
{
    const char *names[N_LIST];
    for (int i = 0; i < N_LIST; i++) {
        names[i] = list[i]->name;
        *out = list[i];
        if (strcmp(name, names[i]) == 0) return OK;
    }
    const char *nearest = nearest_word(name, names, N_LIST);
    return fail(ERR_USAGE, "unknown detector %s; %s%s", name,
                nearest ? "the nearest one is " : "see earshot detectors", nearest ? nearest : "");
}

enum status detector_fit(const struct detector *detector, struct backend *backend, const void *settings,
                         const struct rows *rows, const struct checkpoint *checkpoint, void *model)
{
    if (!checkpoint || !detector->fit_on) return detector->fit(backend, settings, rows, model);
    const enum status status = detector->fit_on(backend, settings, rows, checkpoint, model);
    const int is_over = status == ERR_INPUT || (status == OK && !checkpoint->stays);
    if (checkpoint->path && is_over) unlink(checkpoint->path);
    return status;
}

enum status detector_seeded(const struct detector *detector, const void *settings, int seed, void **out)
{
    TRY(memory_check(*out = memory_new(1, detector->settings_size)));
    memcpy(*out, settings, detector->settings_size);
    for (const struct option *option = detector->options; option->name; option++)
        if (strcmp(option->name, "seed") == 0) memcpy((char *)*out + option->offset, &seed, sizeof seed);
    return OK;
}

enum status detector_takes(const struct detector *detector, const struct attributes *provenance)
{
    const char *network = attributes_text(provenance, "network", "");
    REQUIRE(!detector->takes_cells || strcmp(network, "patch") == 0, ERR_INPUT,
            "%s takes the patches themselves, these are features of network %s; earshot extract PATH -o "
            "patches.h5 --network patch makes the right file",
            detector->name, *network ? network : "(not told)");
    return OK;
}

enum status detector_fit_and_score(const struct detector *detector, struct backend *backend,
                                   const void *settings, const struct rows *train, const struct rows *test,
                                   double *score)
{
    void *model = memory_new(1, detector->model_size);
    enum status status = memory_check(model);
    if (status == OK) status = detector->check(settings, train->x.rows, train->x.columns);
    if (status == OK) status = detector->fit(backend, settings, train, model);
    if (status == OK) status = detector->score(backend, model, test, score);
    if (model) detector->release(model);
    memory_free(model);
    return status;
}

int detector_is_gathered(const struct detector *detector, const void *settings)
{
    return detector->is_gathered && detector->is_gathered(settings);
}
