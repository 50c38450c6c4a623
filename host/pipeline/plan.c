#include "pipeline/plan.h"

#include "core/log.h"
#include "pipeline/parts.h"
#include "pipeline/plan_file.h"

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
    if (access(path, F_OK) == 0) return plan_file_compare(plan);
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
    return plan_file_write(plan, path);
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
static enum status look_at_own_part(struct plan *plan, int part, const char *path, int overwrite)
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
    plan->counts.recordings += counts.recordings;
    plan->counts.failed += counts.failed;
    plan->counts.patches += counts.patches;
    return OK;
}

/* Parts of others are only counted: a hundred tasks that each read all parts would read the corpus' features a
 * hundred times. Whoever joins them reads them. */
static enum status look_at_part(struct plan *plan, int part, const char *path, int overwrite)
{
    if (plan_is_mine(plan, part)) return look_at_own_part(plan, part, path, overwrite);
    plan->is_complete[part] = access(path, F_OK) == 0;
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
    parts_remove_left(output);
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

/* Slurm numbers an array's tasks from min to max in steps, or as a list of any numbers; "--array=3,7" made again
 * what two tasks of many failed to do, and is no half of anything. */
static enum status shard_from_slurm(struct plan *plan, long task)
{
    const long least = number_of("SLURM_ARRAY_TASK_MIN", 0), most = number_of("SLURM_ARRAY_TASK_MAX", -1);
    const long given = number_of("SLURM_ARRAY_TASK_STEP", 1), step = given > 0 ? given : 1;
    const long count = number_of("SLURM_ARRAY_TASK_COUNT", 0);
    REQUIRE(
        most < 0 || count <= 0 || (most - least) / step + 1 == count, ERR_USAGE,
        "--shard auto: the array's %ld tasks from %ld to %ld are not evenly spaced; name the share, --shard "
        "i/n",
        count, least, most);
    plan->shard = (int)((task - least) / step);
    plan->n_shards = (int)count;
    return OK;
}

/* Kubernetes numbers the tasks of an indexed job from 0 on; how many there are, the job file tells. */
static enum status shard_from_environment(struct plan *plan)
{
    const long task = number_of("SLURM_ARRAY_TASK_ID", -1);
    if (task >= 0) {
        TRY(shard_from_slurm(plan, task));
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

enum status plan_tell_shard(const char *shard)
{
    struct plan plan = { .n_shards = 1 };
    if (!shard) return OK;
    TRY(plan_set_shard(&plan, shard));
    log_info("part %d of %d, counted from 0", plan.shard, plan.n_shards);
    return OK;
}
