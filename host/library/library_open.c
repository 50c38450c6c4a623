/* Opening and closing a handle, and what it says of itself. */
#include "library/library_internal.h"

#include "core/memory.h"
#include "io/dataset.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(name) .offset = offsetof(struct library_settings, name)

const struct option library_options[] = {
    { .name = "max-batch",
      .type = OPTION_INTEGER,
      FIELD(max_batch),
      .standard = "0",
      .low = 0,
      .high = 1024,
      .help = "recordings of a common batch" },
    { .name = "max-delay-ms",
      .type = OPTION_REAL,
      FIELD(max_delay_ms),
      .standard = "0",
      .low = 0,
      .high = 60000,
      .help = "how long a recording waits for others to share its batch" },
    { .name = "ahead",
      .type = OPTION_INTEGER,
      FIELD(ahead),
      .standard = "64",
      .low = 1,
      .high = 1e6,
      .help = "recordings that may be pushed and not pulled" },
    { .name = "max-seconds",
      .type = OPTION_REAL,
      FIELD(max_seconds),
      .standard = "0",
      .low = 0,
      .high = 1e9,
      .help = "the longest recording that is taken" },
    { .name = "decoders",
      .type = OPTION_INTEGER,
      FIELD(decoders),
      .standard = "0",
      .low = 0,
      .high = 256,
      .help = "threads that decode" },
    { .name = "decode",
      .type = OPTION_CHOICE,
      FIELD(decode),
      .standard = "apart",
      .choices = "apart|here",
      .help = "where libsndfile works" },
    { .name = "helper", .type = OPTION_TEXT, FIELD(helper), .help = "the program that is started to decode" },
    { .name = "decode-seconds",
      .type = OPTION_REAL,
      FIELD(decode_seconds),
      .standard = "60",
      .low = 0.1,
      .high = 86400,
      .help = "a helper is ended when it gives no samples for so long" },
    { .name = "decode-memory",
      .type = OPTION_INTEGER,
      FIELD(decode_memory_mib),
      .standard = "1024",
      .low = 16,
      .high = 1 << 20,
      .help = "memory that it may take beside the samples" },
    { 0 },
};

/* --------------------------------------------------------------------------------------------- options */

/* A model's features are made as it recorded. */
static void choose_sets(struct earshot *ear, int is_model)
{
    struct option_set *next = ear->sets;
    if (!is_model) {
        *next++ = (struct option_set){ front_options, &ear->settings, "front" };
        *next++ = (struct option_set){ network_options, &ear->settings, "network" };
    }
    *next++ = (struct option_set){ weights_options, &ear->compute, "weights" };
    *next++ = (struct option_set){ place_options, &ear->compute.place, "place" };
    *next++ = (struct option_set){ library_options, &ear->own, "library" };
    options_init(&ear->options, ear->sets, (int)(next - ear->sets));
}

static enum status collect(struct options *options, const char *text)
{
    const char *equals = text ? strchr(text, '=') : NULL;
    REQUIRE(equals, ERR_USAGE, "option %s: name=value expected", text ? text : "NULL");
    char *name = memory_print("%.*s", (int)(equals - text), text);
    TRY(memory_check(name));
    const enum status status =
        options_collect(options, name, equals + 1, OPTION_FROM_COMMAND_LINE, "the library's caller");
    memory_free(name);
    return status;
}

static enum status read_options(struct earshot *ear, int is_model, const char *const *options, size_t n)
{
    REQUIRE(options || n == 0, ERR_USAGE, "%zu options were promised, NULL found", n);
    choose_sets(ear, is_model);
    for (size_t i = 0; i < n; i++) TRY(collect(&ear->options, options[i]));
    TRY(options_apply(&ear->options));
    return is_model ? OK : extract_settings_resolve(&ear->settings);
}

/* --------------------------------------------------------------------------------------------- opening */

static enum status open_service(struct earshot *ear, const char *model)
{
    const struct library_settings *own = &ear->own;
    char *named = model ? memory_print("model=%s", model) : NULL;
    const char *models[] = { named };
    struct service_options options = {
        .models = models,
        .n_models = model != NULL,
        .networks = &ear->settings.network,
        .n_networks = model == NULL,
        .settings = &ear->settings,
        .compute = ear->compute,
        .max_batch = own->max_batch,
        .max_delay_ms = own->max_delay_ms,
        .max_queue = own->ahead,
        .most_seconds = own->max_seconds,
        .decoders = own->decoders,
        .decode = { .seconds = own->decode_seconds,
                    .memory_bytes = (long long)own->decode_memory_mib << 20,
                    .program = ear->helper,
                    .is_here = own->decode == DECODE_HERE },
    };
    if (model) TRY(memory_check(named));
    const enum status status = service_open(&ear->service, &options);
    memory_free(named);
    return status;
}

static void init_waiting(struct earshot *ear)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&ear->lock, NULL);
    pthread_cond_init(&ear->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static enum status open_handle(struct earshot *ear, const char *model, const char *const *options, size_t n)
{
    TRY(read_options(ear, model != NULL, options, n));
    library_find_helper(ear->own.helper, ear->helper, sizeof ear->helper);
    TRY(open_service(ear, model));
    ear->catalog = service_catalog(ear->service);
    REQUIRE(ear->catalog->count == 1, ERR_INTERNAL, "%zu things are served where one was opened",
            ear->catalog->count);
    ear->served = ear->catalog->served;
    return OK;
}

static enum earshot_status open_either(struct earshot **out, const char *model, const char *const *options,
                                       size_t n)
{
    struct earshot *ear = memory_new(1, sizeof *ear);
    *out = NULL;
    if (!ear) return EARSHOT_MEMORY;
    library_be_quiet();
    init_waiting(ear);
    const enum status status = open_handle(ear, model, options, n);
    if (status == OK)
        *out = ear;
    else
        earshot_close(&ear);
    return library_status(status);
}

enum earshot_status earshot_open(struct earshot **out, const char *const *options, size_t n_options)
{
    if (!out) return library_status(fail(ERR_USAGE, "earshot_open: out is NULL"));
    return open_either(out, NULL, options, n_options);
}

enum earshot_status earshot_open_model(struct earshot **out, const char *path, const char *const *options,
                                       size_t n_options)
{
    if (!out) return library_status(fail(ERR_USAGE, "earshot_open_model: out is NULL"));
    *out = NULL;
    if (!path) return library_status(fail(ERR_USAGE, "earshot_open_model: path is NULL"));
    return open_either(out, path, options, n_options);
}

void earshot_close(struct earshot **pointer)
{
    struct earshot *ear = pointer ? *pointer : NULL;
    if (!ear) return;
    pthread_mutex_lock(&ear->lock);
    ear->is_closing = 1;
    pthread_mutex_unlock(&ear->lock);
    if (ear->catalog) service_catalog_release(ear->service, ear->catalog);
    service_close(&ear->service);
    while (ear->first) {
        struct earshot_result *next = ear->first->next;
        library_free_result(ear->first);
        ear->first = next;
    }
    pthread_cond_destroy(&ear->changed);
    pthread_mutex_destroy(&ear->lock);
    options_release(&ear->options);
    memory_free(ear);
    *pointer = NULL;
}

/* ---------------------------------------------------------------------------------- what a handle tells */

int earshot_columns(const struct earshot *ear)
{
    return ear ? ear->served->columns : 0;
}

int earshot_groups(const struct earshot *ear)
{
    return ear && ear->served->model ? (int)ear->served->model->count : 0;
}

const char *earshot_group(const struct earshot *ear, int number)
{
    if (number < 0 || number >= earshot_groups(ear)) return NULL;
    return ear->served->model->groups[number].name;
}

enum earshot_status earshot_setting(const struct earshot *ear, const char *name, char *text, size_t size)
{
    char value[4096];
    if (!ear || !name || !text)
        return library_status(fail(ERR_USAGE, "earshot_setting: an argument is NULL"));
    const struct attribute *found = attributes_find(ear->served->provenance, name);
    if (!found) return library_status(fail(ERR_USAGE, "no setting has the name %s", name));
    attribute_print(found, value, sizeof value);
    if (strlen(value) >= size)
        return library_status(
            fail(ERR_USAGE, "%s has %zu letters, there is room for %zu", name, strlen(value), size));
    strcpy(text, value);
    return EARSHOT_OK;
}

/* The recording's path is parsed as `score` does; only what model_choose needs is kept for it. */
static enum status choose_by_path(const struct model *model, const char *path, const struct model_group **out)
{
    struct recording recording = { 0 };
    char *absolute = realpath(path, NULL);
    enum status status = fail(ERR_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
    if (absolute) status = recording_parse(&recording, absolute);
    if (status == OK) status = memory_check(recording.path = memory_text(path));
    if (status == OK) status = model_choose(model, &recording, out);
    if (status == OK && !*out) status = fail(ERR_USAGE, "%s: the model has not learned this machine", path);
    recording_release(&recording);
    free(absolute);
    return status;
}

enum status library_group(const struct earshot *ear, const char *words, const char *path,
                          const struct model_group **out)
{
    const struct model *model = ear->served->model;
    *out = NULL;
    REQUIRE(model || !words, ERR_USAGE, "group %s: a network has no groups", words);
    if (!model) return OK;
    if (words) return model_named(model, words, out);
    if (path && model->count > 1) return choose_by_path(model, path, out);
    REQUIRE(model->count == 1, ERR_USAGE, "the model has %zu groups and none was named; the first is %s",
            model->count, model->count ? model->groups[0].name : "nothing");
    *out = &model->groups[0];
    return OK;
}

enum earshot_status earshot_judge(const struct earshot *ear, const char *words, double score,
                                  double *percentile, enum earshot_verdict *verdict)
{
    const struct model_group *group;
    if (!ear) return library_status(fail(ERR_USAGE, "earshot_judge: the handle is NULL"));
    if (!ear->served->model) return library_status(fail(ERR_USAGE, "a network judges nothing"));
    const enum status status = library_group(ear, words, NULL, &group);
    if (status != OK) return library_status(status);
    const int decides = group->calibration.n > 0;
    if (percentile) *percentile = decides ? calibration_percentile(&group->calibration, score) : (double)NAN;
    if (verdict) {
        *verdict = EARSHOT_UNDECIDED;
        if (decides)
            *verdict =
                calibration_is_abnormal(&group->calibration, score) ? EARSHOT_NOT_NORMAL : EARSHOT_NORMAL;
    }
    return EARSHOT_OK;
}
