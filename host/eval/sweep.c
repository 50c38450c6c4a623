/* What a sweep consists of: feature files and settings, each once. */
#include "eval/sweep.h"

#include "core/memory.h"
#include "eval/report.h"
#include "io/sha256.h"

#include <string.h>

void sweep_init(struct sweep *sweep, const struct sweep_input *input)
{
    *sweep = (struct sweep){ .input = *input };
}

static void features_release(struct sweep_features *f)
{
    features_close(&f->features);
    setup_release(&f->setup);
    memory_free(f->key);
    memory_free(f->name);
    memory_free(f->path);
    memory_free(f->reason);
    memory_free(f);
}

static void setting_release(struct sweep_setting *s)
{
    summaries_release(&s->summaries);
    evaluation_release(&s->evaluation);
    memory_free((void *)(uintptr_t)s->contender.settings);
    memory_free(s->key);
    memory_free(s->values);
    memory_free(s);
}

/* The first feature file's setup has what the others borrow, so it goes last. */
void sweep_release(struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->n_settings; i++) setting_release(sweep->settings[i]);
    for (size_t i = sweep->n_features; i-- > 0;) features_release(sweep->features[i]);
    memory_free(sweep->settings);
    memory_free(sweep->features);
    dataset_release(&sweep->dataset);
    crew_close(&sweep->crew);
    *sweep = (struct sweep){ 0 };
}

/* ------------------------------------------------------------------------------------------------- keys */

/* "n_fft=1024\n…" of all that is recorded, but the names that do not shape numbers. */
static enum status attributes_key(const struct attributes *attributes, const char *head, char **key)
{
    enum status status = memory_check(*key = memory_text(head));
    for (size_t i = 0; i < attributes->count && status == OK; i++) {
        const char *name = attributes->items[i].name;
        char value[512], *longer;
        if (strcmp(name, "profile") == 0 || strcmp(name, "seed") == 0) continue;
        attribute_print(&attributes->items[i], value, sizeof value);
        status = memory_check(longer = memory_print("%s%s=%s\n", *key, name, value));
        if (status != OK) continue;
        memory_free(*key);
        *key = longer;
    }
    return status;
}

static enum status extraction_key(const struct extract_settings *settings, char **key)
{
    struct extract_settings copy = *settings;
    const struct option_set front = { front_options, &copy, NULL },
                            network = { network_options, &copy, NULL };
    struct attributes attributes = { 0 };
    enum status status = options_record(&front, &attributes);
    if (status == OK) status = options_record(&network, &attributes);
    if (status == OK) status = attributes_key(&attributes, "", key);
    attributes_release(&attributes);
    return status;
}

static enum status record_judge(const struct sweep_choice *choice, struct attributes *attributes)
{
    const struct detector *detector = choice->contender.detector;
    const struct option_set set = { detector->options, (void *)(uintptr_t)choice->contender.settings, NULL };
    char pool[POOLER_TEXT];
    pooler_print(&choice->pooler, pool);
    TRY(options_record(&set, attributes));
    TRY(preparation_record(&choice->preparation, attributes));
    return attributes_set_text(attributes, "pool", pool);
}

static enum status judge_key(const struct sweep_choice *choice, char **key)
{
    struct attributes attributes = { 0 };
    char head[64];
    snprintf(head, sizeof head, "detector=%s\n", choice->contender.detector->name);
    enum status status = record_judge(choice, &attributes);
    if (status == OK) status = attributes_key(&attributes, head, key);
    attributes_release(&attributes);
    return status;
}

static enum status hash_text(const char *text, char hash[SWEEP_HASH])
{
    struct sha256 *sum = NULL;
    char hex[65] = "";
    enum status status = sha256_open(&sum);
    if (status == OK) status = sha256_add(sum, text, strlen(text));
    if (status == OK) status = sha256_finish(sum, hex);
    sha256_close(&sum);
    snprintf(hash, SWEEP_HASH, "%.*s", SWEEP_HASH - 1, hex);
    return status;
}

/* ----------------------------------------------------------------------------------------------- adding */

static enum status require_features(struct sweep *sweep, const struct sweep_choice *choice,
                                    struct sweep_features **out)
{
    char *key = NULL;
    TRY(extraction_key(&choice->extraction, &key));
    for (size_t i = 0; i < sweep->n_features; i++) {
        *out = sweep->features[i];
        if (strcmp((*out)->key, key) != 0) continue;
        memory_free(key);
        return OK;
    }
    struct sweep_features *added = memory_new(1, sizeof *added);
    enum status status = memory_check(added);
    if (status == OK)
        status = memory_grow((void **)&sweep->features, &sweep->features_capacity, sweep->n_features,
                             sizeof *sweep->features);
    if (status != OK) {
        memory_free(added);
        memory_free(key);
        return status;
    }
    *added = (struct sweep_features){ .settings = choice->extraction, .key = key, .pass = -1 };
    sweep->features[sweep->n_features++] = *out = added;
    return OK;
}

static int is_there(const struct sweep *sweep, const struct sweep_features *features, const char *key)
{
    for (size_t i = 0; i < sweep->n_settings; i++)
        if (sweep->settings[i]->features == features && strcmp(sweep->settings[i]->key, key) == 0) return 1;
    return 0;
}

static enum status fill_setting(struct sweep_setting *setting, const struct sweep_choice *choice, int n_axes)
{
    const struct detector *detector = choice->contender.detector;
    void *settings;
    TRY(hash_text(setting->key, setting->hash));
    setting->contender.detector = detector;
    TRY(memory_check(settings = memory_new(1, detector->settings_size)));
    setting->contender.settings = memcpy(settings, choice->contender.settings, detector->settings_size);
    setting->preparation = choice->preparation;
    setting->pooler = choice->pooler;
    TRY(memory_check(setting->values = memory_new((size_t)n_axes, sizeof *setting->values)));
    for (int a = 0; a < n_axes; a++) setting->values[a] = choice->values[a];
    return OK;
}

static enum status add_setting(struct sweep *sweep, const struct sweep_choice *choice,
                               struct sweep_features *features, char *key)
{
    struct sweep_setting *added = memory_new(1, sizeof *added);
    enum status status = memory_check(added);
    if (status == OK)
        status = memory_grow((void **)&sweep->settings, &sweep->settings_capacity, sweep->n_settings,
                             sizeof *sweep->settings);
    if (status != OK) {
        memory_free(added);
        memory_free(key);
        return status;
    }
    added->features = features;
    added->key = key;
    sweep->settings[sweep->n_settings++] = added;
    return fill_setting(added, choice, sweep->input.n_axes);
}

enum status sweep_add(struct sweep *sweep, const struct sweep_choice *choice)
{
    struct sweep_features *features;
    char *key = NULL;
    TRY(require_features(sweep, choice, &features));
    TRY(judge_key(choice, &key));
    if (!is_there(sweep, features, key)) return add_setting(sweep, choice, features, key);
    memory_free(key);
    return OK;
}

/* ------------------------------------------------------------------------------------------------- names */

/* With the weights' checksum: those of another file are other features. */
static enum status name_features(const struct sweep *sweep, struct sweep_features *f)
{
    const struct weights *weights = f->setup.weights;
    char *text = memory_print("%sweights_sha256=%s\n", f->key, weights ? weights->sha256 : "");
    enum status status = memory_check(text);
    if (status == OK) status = hash_text(text, f->hash);
    memory_free(text);
    TRY(status);
    TRY(memory_check(f->name = memory_print("%s-%s", f->settings.network, f->hash)));
    return memory_check(f->path = memory_print("%s/features/%s.h5", sweep->input.settings->output, f->name));
}

enum status sweep_name_features(struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->n_features; i++) TRY(name_features(sweep, sweep->features[i]));
    return OK;
}

char *sweep_cell_path(const struct sweep *sweep, const struct sweep_setting *setting, const char *group,
                      int seed)
{
    return memory_print("%s/cells/%s/%s-%s/%s/seed-%d.json", sweep->input.settings->output,
                        setting->features->name, setting->contender.detector->name, setting->hash, group,
                        seed);
}

void sweep_label(const struct sweep *sweep, const struct sweep_setting *setting, char label[SWEEP_LABEL])
{
    int length = snprintf(label, SWEEP_LABEL, "%s %s", setting->features->settings.network,
                          setting->contender.detector->name);
    for (int a = 0; a < sweep->input.n_axes && length < SWEEP_LABEL; a++) {
        const char *axis = sweep->input.axes[a];
        if (!*setting->values[a] || strcmp(axis, "network") == 0 || strcmp(axis, "detector") == 0) continue;
        length +=
            snprintf(label + length, (size_t)(SWEEP_LABEL - length), " %s=%s", axis, setting->values[a]);
    }
}

int sweep_is_random(const struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->n_features; i++) {
        const struct sweep_features *f = sweep->features[i];
        if (f->features && provenance_has_random_weights(features_provenance(f->features))) return 1;
        if (f->setup.weights && f->setup.weights->is_seeded) return 1;
    }
    return 0;
}
