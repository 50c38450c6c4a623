#include "pipeline/plan_file.h"

#include "core/output.h"
#include "io/json_text.h"
#include "pipeline/parts.h"

#include <string.h>

/* --------------------------------------------------------------------------------------------- writing */

static json_t *options_json(const struct attributes *options)
{
    json_t *object = json_object();
    for (size_t i = 0; i < options->count; i++) {
        char text[512];
        attribute_print(&options->items[i], text, sizeof text);
        json_object_set_new(object, options->items[i].name, json_text(text));
    }
    return object;
}

/* What a recording is to the features: its path and folder, and what was read from them. */
static json_t *recording_json(const struct recording *r)
{
    char *text =
        memory_print("%s (of %s: %s, %s, %s, %s)", r->path, r->root, r->machine, r->id, r->snr, r->label);
    json_t *json = json_text(text);
    memory_free(text);
    return json;
}

static json_t *recordings_json(const struct dataset *dataset)
{
    json_t *list = json_array();
    for (size_t i = 0; i < dataset->count; i++)
        json_array_append_new(list, recording_json(&dataset->recordings[i]));
    return list;
}

json_t *plan_file_json(const struct plan *plan)
{
    return json_pack("{s:s, s:i, s:s, s:i, s:i, s:i, s:o, s:o}", "format", "earshot-plan", "version",
                     PLAN_VERSION, "program_version", EARSHOT_VERSION, "shard_size", plan->shard_size,
                     "n_recordings", (int)plan->dataset->count, "n_parts", plan->n_parts, "options",
                     options_json(plan->options), "recordings", recordings_json(plan->dataset));
}

/* Whatever fails in writing is found when the stream is flushed. */
static enum status write_json(const json_t *json, const char *path)
{
    struct output *output;
    TRY(memory_check(json));
    TRY(output_open(&output, path));
    json_dumpf(json, output_stream(output), JSON_INDENT(1));
    enum status status = json_check_memory();
    if (status == OK) status = output_commit_first(&output);
    output_close(&output);
    return status;
}

enum status plan_file_write(const struct plan *plan, const char *path)
{
    json_t *json = plan_file_json(plan);
    const enum status status = write_json(json, path);
    json_decref(json);
    TRY(status);
    return plan_file_compare(plan);
}

/* ------------------------------------------------------------------------------------------- comparing */

static enum status differs(const struct plan *plan, const char *what, const char *found, const char *now)
{
    return fail(
        ERR_USAGE,
        "%s was begun with %s %s, now it is %s; finish it as it was begun, or --overwrite removes what is "
        "there",
        plan->folder, what, found ? found : "(none)", now ? now : "(none)");
}

static int is_text(const json_t *json, const char *text)
{
    const char *found = json_string_value(json);
    return found && text && strcmp(found, text) == 0;
}

/* The first name in `names` whose values differ. */
static const char *first_difference(json_t *names, json_t *found, json_t *now)
{
    const char *name;
    json_t *value;
    json_object_foreach(names, name, value)
    {
        (void)value;
        if (!is_text(json_object_get(found, name), json_string_value(json_object_get(now, name))))
            return name;
    }
    return NULL;
}

static enum status compare_options(const struct plan *plan, const json_t *json)
{
    json_t *now = options_json(plan->options), *found = json_object_get(json, "options");
    const char *name = first_difference(now, found, now);
    if (!name) name = first_difference(found, found, now);
    const enum status status = name ? differs(plan, name, json_string_value(json_object_get(found, name)),
                                              json_string_value(json_object_get(now, name)))
                                    : OK;
    json_decref(now);
    return status;
}

static enum status compare_recording(const struct plan *plan, const json_t *was, size_t i)
{
    json_t *now = i < plan->dataset->count ? recording_json(&plan->dataset->recordings[i]) : NULL;
    const enum status status = json_equal(was, now)
                                   ? OK
                                   : differs(plan, "another list of recordings: first difference",
                                             json_string_value(was), json_string_value(now));
    json_decref(now);
    return status;
}

static enum status compare_list(const struct plan *plan, const json_t *json)
{
    const json_t *then = json_object_get(json, "recordings");
    for (size_t i = 0; i < json_array_size(then) || i < plan->dataset->count; i++)
        TRY(compare_recording(plan, json_array_get(then, i), i));
    return OK;
}

static enum status compare_json(const struct plan *plan, const json_t *json)
{
    const long long size = json_integer_value(json_object_get(json, "shard_size"));
    const json_t *version = json_object_get(json, "program_version");
    char was[24], is[24];
    snprintf(was, sizeof was, "%lld", size);
    snprintf(is, sizeof is, "%d", plan->shard_size);
    if (!is_text(version, EARSHOT_VERSION))
        return differs(plan, "program_version", json_string_value(version), EARSHOT_VERSION);
    if (size != plan->shard_size) return differs(plan, "shard-size", was, is);
    TRY(compare_options(plan, json));
    return compare_list(plan, json);
}

enum status plan_file_compare(const struct plan *plan)
{
    json_t *json;
    enum status status = parts_read_plan(plan->output, &json);
    if (status == ERR_MEMORY) return status;
    if (status != OK) return fail(ERR_USAGE, "%s; --overwrite removes what is there", status_sentence());
    status = compare_json(plan, json);
    json_decref(json);
    if (status != OK) TRY(json_check_memory()); /* what is left out differs */
    return status;
}

/* -------------------------------------------------------------------------------------- a finished file */

/* A recording has a row for each of its channels, one after the other. */
static int is_same_list(const json_t *list, const struct features_table *table)
{
    size_t n = 0;
    for (size_t i = 0; i < table->count; i++) {
        json_t *row = recording_json(&table->rows[i].of);
        if (n == 0 || !json_equal(row, json_array_get(list, n - 1)))
            if (!json_equal(row, json_array_get(list, n++))) table = NULL;
        json_decref(row);
        if (!table) return 0;
    }
    return n == json_array_size(list);
}

/* The file keeps the program's version among its options. */
static int is_same_making(const json_t *plan, const struct attributes *provenance)
{
    json_t *made = options_json(provenance);
    const int is_same =
        json_equal(json_object_get(made, "program_version"), json_object_get(plan, "program_version")) &&
        json_object_del(made, "program_version") == 0 && json_equal(made, json_object_get(plan, "options"));
    json_decref(made);
    return is_same;
}

enum status plan_file_is_made(const json_t *plan, const char *path, struct merge_result *counts)
{
    struct features *features;
    TRY(features_open(&features, path));
    *counts = *features_counts(features);
    const int is_made = is_same_making(plan, features_provenance(features)) &&
                        is_same_list(json_object_get(plan, "recordings"), features_recordings(features));
    features_close(&features);
    if (!is_made) TRY(json_check_memory());
    REQUIRE(is_made, ERR_INPUT, "%s is there, and made otherwise", path);
    return OK;
}
