#include "pipeline/plan.h"

#include "core/log.h"
#include "io/json_text.h"
#include "pipeline/parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int plan_first(const struct plan *plan, int part)
{
    return part * plan->shard_size;
}

int plan_count(const struct plan *plan, int part)
{
    const int left = (int)plan->dataset->count - plan_first(plan, part);
    return left < plan->shard_size ? left : plan->shard_size;
}

int plan_is_mine(const struct plan *plan, int part)
{
    return part % plan->n_shards == plan->shard;
}

int plan_n_complete(const struct plan *plan)
{
    int complete = 0;
    for (int part = 0; part < plan->n_parts; part++) complete += plan->is_complete[part];
    return complete;
}

/* ------------------------------------------------------------------------------------------- plan.json */

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
    json_t *json = text ? json_text(text) : NULL;
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

static json_t *plan_json(const struct plan *plan)
{
    return json_pack("{s:s, s:i, s:s, s:i, s:i, s:i, s:o, s:o}", "format", "earshot-plan", "version",
                     PLAN_VERSION, "program_version", EARSHOT_VERSION, "shard_size", plan->shard_size,
                     "n_recordings", (int)plan->dataset->count, "n_parts", plan->n_parts, "options",
                     options_json(plan->options), "recordings", recordings_json(plan->dataset));
}

/* Written beside and renamed, so that a plan that is there is whole. */
static enum status write_plan(const struct plan *plan, const char *path)
{
    json_t *json = plan_json(plan);
    char *temporary = memory_print("%s.%ld.tmp", path, (long)getpid());
    const int is_written = json && temporary && json_dump_file(json, temporary, JSON_INDENT(1)) == 0;
    const int is_there = is_written && rename(temporary, path) == 0;
    const int reason = errno;
    if (!is_there && temporary) unlink(temporary);
    json_decref(json);
    memory_free(temporary);
    REQUIRE(is_there, ERR_OUTPUT, "%s cannot be written: %s", path, strerror(reason));
    return OK;
}

static enum status differs(const struct plan *plan, const char *what, const char *found, const char *now)
{
    return fail(
        ERR_USAGE,
        "%s was begun with %s %s, now it is %s; finish it as it was begun, or --overwrite removes what is "
        "there",
        plan->folder, what, found ? found : "(none)", now ? now : "(none)");
}

static enum status compare_options(const struct plan *plan, const json_t *json)
{
    json_t *now = options_json(plan->options), *found = json_object_get(json, "options");
    enum status status = OK;
    const char *name;
    json_t *value;
    json_object_foreach(now, name, value)
    {
        const char *other = json_string_value(json_object_get(found, name));
        if (other && strcmp(other, json_string_value(value)) == 0) continue;
        status = differs(plan, name, other, json_string_value(value));
        break;
    }
    json_decref(now);
    return status;
}

static enum status compare_list(const struct plan *plan, const json_t *json)
{
    json_t *now = recordings_json(plan->dataset);
    const json_t *then = json_object_get(json, "recordings");
    enum status status = OK;
    for (size_t i = 0; status == OK && (i < json_array_size(then) || i < json_array_size(now)); i++) {
        const char *was = json_string_value(json_array_get(then, i)),
                   *is = json_string_value(json_array_get(now, i));
        if (!was || !is || strcmp(was, is) != 0)
            status = differs(plan, "another list of recordings: first difference", was, is);
    }
    json_decref(now);
    return status;
}

static enum status compare_json(const struct plan *plan, const json_t *json)
{
    const long long size = json_integer_value(json_object_get(json, "shard_size"));
    char was[24], is[24];
    snprintf(was, sizeof was, "%lld", size);
    snprintf(is, sizeof is, "%d", plan->shard_size);
    if (size != plan->shard_size) return differs(plan, "shard-size", was, is);
    TRY(compare_options(plan, json));
    return compare_list(plan, json);
}

static enum status compare_plan(const struct plan *plan)
{
    json_t *json;
    enum status status = parts_read_plan(plan->output, &json);
    if (status != OK) return fail(ERR_USAGE, "%s; --overwrite removes what is there", status_sentence());
    status = compare_json(plan, json);
    json_decref(json);
    return status;
}

/* ------------------------------------------------------------------------------------------ the folder */

static enum status make_folder(const char *folder)
{
    REQUIRE(mkdir(folder, 0777) == 0 || errno == EEXIST, ERR_OUTPUT, "%s cannot be made: %s", folder,
            strerror(errno));
    return OK;
}

/* OK: a new plan may be written, or the one that is there is this run's. */
static enum status check_folder(const struct plan *plan, const char *path)
{
    if (access(path, F_OK) == 0) return compare_plan(plan);
    REQUIRE(!parts_are_there(plan->output), ERR_USAGE,
            "%s holds parts, but no plan.json that says what of; --overwrite removes what is there",
            plan->folder);
    return OK;
}

static enum status freeze_at(struct plan *plan, const char *path, int overwrite)
{
    TRY(make_folder(plan->folder));
    const enum status status = check_folder(plan, path);
    if (status == ERR_USAGE && overwrite)
        parts_remove(plan->output);
    else
        TRY(status);
    if (access(path, F_OK) == 0) return OK;
    TRY(make_folder(plan->folder));
    return write_plan(plan, path);
}

static enum status freeze(struct plan *plan, int overwrite)
{
    char *path = parts_plan_path(plan->output);
    enum status status = memory_check(path);
    if (status == OK) status = freeze_at(plan, path, overwrite);
    memory_free(path);
    return status;
}

/* A part that is damaged, or of another program, is made again where that was allowed. */
static enum status look_at_part(struct plan *plan, int part, const char *path, int overwrite)
{
    struct merge_result counts = { 0 };
    int complete = 0;
    const enum status status = part_check(path, plan->options, &complete, &counts);
    if (status == ERR_USAGE && overwrite)
        unlink(path);
    else if (status == ERR_USAGE)
        return fail(ERR_USAGE, "%s; --overwrite makes it again", status_sentence());
    else
        TRY(status);
    plan->is_complete[part] = (char)complete;
    if (!plan_is_mine(plan, part)) return OK;
    plan->counts.recordings += counts.recordings;
    plan->counts.failed += counts.failed;
    plan->counts.patches += counts.patches;
    return OK;
}

static enum status look_for_parts(struct plan *plan, int overwrite)
{
    for (int part = 0; part < plan->n_parts; part++) {
        char *path = parts_path(plan->output, part);
        enum status status = memory_check(path);
        if (status == OK) status = look_at_part(plan, part, path, overwrite);
        memory_free(path);
        TRY(status);
    }
    return OK;
}

static enum status build(struct plan *plan, const char *output, const char *shard, int overwrite)
{
    TRY(plan_set_shard(plan, shard));
    TRY(memory_check(plan->output = memory_text(output)));
    TRY(memory_check(plan->folder = parts_folder(output)));
    TRY(memory_check(plan->is_complete = memory_new((size_t)plan->n_parts, 1)));
    TRY(freeze(plan, overwrite));
    return look_for_parts(plan, overwrite);
}

enum status plan_init(struct plan *plan, const char *output, const struct dataset *dataset,
                      const struct attributes *options, int shard_size, const char *shard, int overwrite)
{
    *plan = (struct plan){ .dataset = dataset, .options = options, .shard_size = shard_size, .n_shards = 1 };
    plan->n_parts = ((int)dataset->count + shard_size - 1) / shard_size;
    const enum status status = build(plan, output, shard, overwrite);
    if (status != OK) plan_release(plan);
    return status;
}

void plan_release(struct plan *plan)
{
    memory_free(plan->output);
    memory_free(plan->folder);
    memory_free(plan->is_complete);
    *plan = (struct plan){ 0 };
}

/* ---------------------------------------------------------------------------------------------- shards */

static long number_of(const char *variable, long otherwise)
{
    const char *value = getenv(variable);
    return value && *value ? strtol(value, NULL, 10) : otherwise;
}

/* Slurm numbers an array's tasks from min to max in steps; Kubernetes from 0 on. */
static enum status shard_from_environment(struct plan *plan)
{
    const long task = number_of("SLURM_ARRAY_TASK_ID", -1), least = number_of("SLURM_ARRAY_TASK_MIN", 0);
    const long step = number_of("SLURM_ARRAY_TASK_STEP", 1);
    if (task >= 0) {
        plan->shard = (int)((task - least) / (step > 0 ? step : 1));
        plan->n_shards = (int)number_of("SLURM_ARRAY_TASK_COUNT", 0);
    } else {
        plan->shard = (int)number_of("JOB_COMPLETION_INDEX", -1);
        plan->n_shards = (int)number_of("JOB_COMPLETIONS", 0);
    }
    REQUIRE(plan->n_shards > 0 && plan->shard >= 0 && plan->shard < plan->n_shards, ERR_USAGE,
            "--shard auto: neither a Slurm array (SLURM_ARRAY_TASK_ID, _COUNT) nor an indexed Kubernetes job "
            "(JOB_COMPLETION_INDEX, JOB_COMPLETIONS) is told in the environment");
    return OK;
}

static int is_array_task(void)
{
    return number_of("SLURM_ARRAY_TASK_ID", -1) >= 0 || number_of("JOB_COMPLETION_INDEX", -1) >= 0;
}

enum status plan_set_shard(struct plan *plan, const char *shard)
{
    int end = 0;
    if (!shard && is_array_task())
        log_warning("this is one task of an array, and without --shard auto it extracts the whole corpus");
    if (!shard) return OK;
    if (strcmp(shard, "auto") == 0) return shard_from_environment(plan);
    const int found = sscanf(shard, "%d/%d%n", &plan->shard, &plan->n_shards, &end);
    REQUIRE(found == 2 && !shard[end] && plan->n_shards > 0 && plan->shard >= 0 &&
                plan->shard < plan->n_shards,
            ERR_USAGE, "--shard %s: expected i/n with i from 0 to n - 1, or auto", shard);
    return OK;
}
