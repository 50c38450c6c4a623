#include "eval/cell_file.h"

#include "core/log.h"
#include "core/output.h"
#include "detect/fuse.h"
#include "io/json_text.h"
#include "io/sha256.h"

#include <limits.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

/* ---------------------------------------------------------------------------------------------- recipe */

static json_t *attributes_json(const struct attributes *attributes)
{
    json_t *object = json_object();
    for (size_t i = 0; i < attributes->count; i++) {
        char value[512];
        attribute_print(&attributes->items[i], value, sizeof value);
        json_object_set_new(object, attributes->items[i].name, json_text(value));
    }
    return object;
}

/* Of the detector, and of its members where it is a fusion. */
static json_t *settings_json(const struct detector *detector, const void *settings)
{
    /* options_record only reads the settings; the set's pointer is not const because others fill it. */
    const struct option_set set = { detector->options, (void *)(uintptr_t)settings, NULL };
    struct attributes attributes = { 0 };
    json_t *json = options_record(&set, &attributes) == OK ? attributes_json(&attributes) : NULL;
    if (json) json_object_del(json, "seed"); /* each split's own is taken */
    attributes_release(&attributes);
    if (!json || detector->options != fuse_options) return json;
    const struct fuse_settings *fused = settings;
    for (int i = 0; i < fused->n_members; i++)
        json_object_set_new(json, fused->members[i]->name,
                            settings_json(fused->members[i], fused->settings[i]));
    return json;
}

/* How rows are prepared and scores pooled. */
static json_t *between_json(const struct evaluate_options *options)
{
    struct attributes told = { 0 };
    char pool[POOLER_TEXT];
    pooler_print(&options->pooler, pool);
    enum status status = preparation_record(&options->preparation, &told);
    if (status == OK) status = attributes_set_text(&told, "pool", pool);
    json_t *json = status == OK ? attributes_json(&told) : NULL;
    attributes_release(&told);
    return json;
}

/* Of every row's path, channel and samples: recordings may be others under the same names. */
static enum status hash_recordings(const struct group *group, char hex[65])
{
    struct sha256 *sum = NULL;
    enum status status = sha256_open(&sum);
    for (int s = 0; s < group->n_subjects; s++)
        for (int r = 0; r < group->subjects[s].n_rows && status == OK; r++) {
            const struct feature_recording *row = group->subjects[s].rows[r];
            status = sha256_add(sum, row->of.path, strlen(row->of.path) + 1);
            if (status == OK) status = sha256_add(sum, &row->channel, sizeof row->channel);
            if (status == OK) status = sha256_add(sum, row->hash, strlen(row->hash) + 1);
        }
    if (status == OK) status = sha256_finish(sum, hex);
    sha256_close(&sum);
    return status;
}

json_t *cell_recipe(const struct cell *cell, const struct evaluate_options *options,
                    const struct attributes *provenance)
{
    char hex[65];
    if (hash_recordings(cell->group, hex) != OK) return NULL;
    return json_pack("{s:i, s:s, s:o, s:o, s:i, s:i, s:i, s:b, s:o, s:i, s:s, s:I}", "version", CELL_VERSION,
                     "detector", cell->contender->detector->name, "settings",
                     settings_json(cell->contender->detector, cell->contender->settings), "options",
                     between_json(options), "seed", options->seed, "seeds", options->n_seeds, "held_out",
                     options->held_out, "shuffled_labels", options->is_shuffled, "features",
                     attributes_json(provenance), "recordings", cell->group->n_subjects, "recordings_sha256",
                     hex, "patches", (json_int_t)cell->group->n_patches);
}

/* The first name whose values differ, in `a` or in an object within it; "" where only `b` has more. */
static void find_difference(const json_t *a, const json_t *b, char *name, size_t size)
{
    const char *key;
    json_t *value;
    *name = '\0';
    json_object_foreach((json_t *)(uintptr_t)a, key, value)
    {
        const json_t *other = json_object_get(b, key);
        if (json_equal(value, other)) continue;
        char inner[128] = "";
        if (json_is_object(value) && json_is_object(other))
            find_difference(value, other, inner, sizeof inner);
        snprintf(name, size, "%s%s%s", key, *inner ? "." : "", inner);
        return;
    }
}

/* ------------------------------------------------------------------------------------------------ save */

static json_t *tested_json(const struct split_result *split, const struct tested *tested)
{
    json_t *json =
        json_pack("{s:i, s:o, s:b, s:f}", "subject", (int)(tested->subject - split->group->subjects),
                  "recording", json_text(tested->subject->rows[0]->of.path), "abnormal", tested->is_abnormal,
                  "score", tested->score);
    if (!json || !tested->patches) return json;
    json_t *patches = json_array();
    for (int p = 0; p < tested->subject->n_patches; p++)
        json_array_append_new(patches, json_real(tested->patches[p]));
    json_object_set_new(json, "patches", patches);
    return json;
}

static json_t *split_json(const struct split_result *split)
{
    json_t *tested = json_array();
    for (int i = 0; i < split->n_tested; i++)
        json_array_append_new(tested, tested_json(split, &split->tested[i]));
    return json_pack("{s:i, s:i, s:i, s:i, s:f, s:f, s:o}", "seed", split->seed, "n_train",
                     split->counts.n_train, "n_normal", split->counts.n_normal, "n_abnormal",
                     split->counts.n_abnormal, "fit_s", split->fit_s, "score_s", split->score_s, "tested",
                     tested);
}

static enum status write_json(const json_t *json, const char *path)
{
    struct output *output = NULL;
    TRY(output_open(&output, path));
    const int is_written =
        json_dumpf(json, output_stream(output), JSON_COMPACT | JSON_REAL_PRECISION(17)) == 0;
    enum status status = json_check_memory();
    if (status == OK)
        status = is_written ? output_commit(&output) : fail(ERR_OUTPUT, "%s cannot be written", path);
    output_close(&output);
    return status;
}

enum status cell_save(const struct cell *cell, json_t *recipe, const char *path)
{
    json_t *splits = json_array();
    for (int i = 0; i < cell->n_splits; i++) json_array_append_new(splits, split_json(&cell->splits[i]));
    json_t *json = json_pack("{s:O, s:o}", "recipe", recipe, "splits", splits);
    enum status status = json ? output_folder_of(path) : ERR_MEMORY;
    if (status == OK) status = write_json(json, path);
    json_decref(json);
    return status;
}

/* ------------------------------------------------------------------------------------------------ load */

/* Hostile until checked. */
static int is_finite_number(const json_t *json)
{
    return json_is_number(json) && isfinite(json_number_value(json));
}

static int read_count(const json_t *object, const char *name, int most, int *out)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > most)
        return 0;
    *out = (int)json_integer_value(value);
    return 1;
}

static enum status load_patches(const json_t *patches, struct tested *tested)
{
    const size_t n = (size_t)tested->subject->n_patches;
    if (!patches) return OK;
    REQUIRE(json_array_size(patches) == n, ERR_INPUT, "a recording's patches are not %zu", n);
    TRY(memory_check(tested->patches = memory_new(n, sizeof *tested->patches)));
    for (size_t p = 0; p < n; p++) {
        const json_t *score = json_array_get(patches, p);
        REQUIRE(is_finite_number(score), ERR_INPUT, "a patch's score is no number");
        tested->patches[p] = json_number_value(score);
    }
    return OK;
}

static enum status load_tested(const json_t *json, const struct group *group, struct tested *tested)
{
    int place;
    REQUIRE(read_count(json, "subject", group->n_subjects - 1, &place), ERR_INPUT,
            "a recording is not of the group");
    tested->subject = &group->subjects[place];
    json_t *path = json_text(tested->subject->rows[0]->of.path);
    const int is_same = json_equal(path, json_object_get(json, "recording"));
    json_decref(path);
    REQUIRE(is_same, ERR_INPUT, "recordings have other places in the group");
    const json_t *score = json_object_get(json, "score");
    REQUIRE(is_finite_number(score), ERR_INPUT, "a score is no number");
    tested->score = json_number_value(score);
    tested->is_abnormal = json_is_true(json_object_get(json, "abnormal"));
    return load_patches(json_object_get(json, "patches"), tested);
}

static enum status load_split(const json_t *json, struct split_result *split)
{
    const json_t *tested = json_object_get(json, "tested");
    const int most = split->group->n_subjects;
    struct split_counts *counts = &split->counts;
    REQUIRE(read_count(json, "n_train", INT_MAX, &counts->n_train) &&
                read_count(json, "n_normal", most, &counts->n_normal) &&
                read_count(json, "n_abnormal", most, &counts->n_abnormal) &&
                json_array_size(tested) == (size_t)counts->n_normal + (size_t)counts->n_abnormal,
            ERR_INPUT, "a split's counts are not those of its recordings");
    split->fit_s = json_number_value(json_object_get(json, "fit_s"));
    split->score_s = json_number_value(json_object_get(json, "score_s"));
    const size_t n = json_array_size(tested);
    TRY(memory_check(split->tested = memory_new(n, sizeof *split->tested)));
    split->n_tested = (int)n;
    int n_abnormal = 0;
    for (size_t i = 0; i < n; i++) {
        TRY(load_tested(json_array_get(tested, i), split->group, &split->tested[i]));
        n_abnormal += split->tested[i].is_abnormal;
    }
    REQUIRE(n_abnormal == counts->n_abnormal, ERR_INPUT, "%d abnormal recordings found, %d expected",
            n_abnormal, counts->n_abnormal);
    return OK;
}

static void forget_splits(struct cell *cell)
{
    for (int i = 0; i < cell->n_splits; i++) split_result_release(&cell->splits[i]);
}

static enum status load_splits(const json_t *json, struct cell *cell)
{
    const json_t *splits = json_object_get(json, "splits");
    REQUIRE(json_array_size(splits) == (size_t)cell->n_splits, ERR_INPUT, "%zu splits found, %d expected",
            json_array_size(splits), cell->n_splits);
    for (int i = 0; i < cell->n_splits; i++)
        TRY(load_split(json_array_get(splits, (size_t)i), &cell->splits[i]));
    return OK;
}

static enum status use(const json_t *json, const json_t *recipe, struct cell *cell)
{
    const json_t *found = json_object_get(json, "recipe");
    char name[256];
    if (!json_equal(found, recipe)) {
        find_difference(recipe, found, name, sizeof name);
        return fail(ERR_INPUT, "it was computed with another %s", *name ? name : "recipe");
    }
    return load_splits(json, cell);
}

enum status cell_unfinished(const char *path, char **folder)
{
    const int length = (int)(strlen(path) - strlen(".json"));
    TRY(memory_check(*folder = memory_print("%.*s.training", length, path)));
    return output_folder(*folder);
}

enum status cell_load(struct cell *cell, const json_t *recipe, const char *path, int *found)
{
    json_error_t error;
    *found = 0;
    if (access(path, F_OK) != 0) return OK;
    json_t *json = json_file(path, JSON_DECODE_ANY, &error);
    if (!json) TRY(json_check_memory());
    const enum status status = json ? use(json, recipe, cell) : fail(ERR_INPUT, "%s", error.text);
    json_decref(json);
    *found = status == OK;
    if (status != ERR_INPUT) return status;
    log_warning("%s is not used, the cell is computed anew: %s", path, status_sentence());
    forget_splits(cell);
    return OK;
}
