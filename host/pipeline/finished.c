#include "pipeline/finished.h"

#include "core/log.h"
#include "pipeline/parts.h"
#include "pipeline/plan_file.h"

#include <string.h>
#include <unistd.h>

void finished_look(struct finished *finished, const char *output, int overwrite)
{
    *finished = (struct finished){ .output = output };
    finished->was_there = overwrite && stat(output, &finished->before) == 0;
}

/* A file that was renamed into place is another one, whatever its name. */
static int is_new(const struct finished *finished)
{
    struct stat now;
    if (stat(finished->output, &now) != 0) return 0;
    return !finished->was_there || now.st_ino != finished->before.st_ino ||
           now.st_dev != finished->before.st_dev || now.st_ctim.tv_sec != finished->before.st_ctim.tv_sec ||
           now.st_ctim.tv_nsec != finished->before.st_ctim.tv_nsec;
}

/* What can fail because somebody else removed the parts. */
static int may_be_anothers_work(enum status status)
{
    return status == ERR_INPUT || status == ERR_OUTPUT || status == ERR_USAGE;
}

enum status finished_elsewhere(const struct finished *finished, const json_t *plan, enum status status,
                               struct merge_result *counts)
{
    char kept[1024];
    if (!plan || !may_be_anothers_work(status) || !is_new(finished)) return status;
    snprintf(kept, sizeof kept, "%s", status_sentence());
    /* as long as nobody removes parts the failure is our own: a folder that could not be flushed, maybe */
    if (parts_all_there(finished->output)) return fail(status, "%s", kept);
    if (plan_file_is_made(plan, finished->output, counts) != OK) return fail(status, "%s", kept);
    log_info("another run has finished %s meanwhile", finished->output);
    finished_remove_parts(finished->output);
    return OK;
}

void finished_remove_parts(const char *output)
{
    struct merge_result counts;
    json_t *plan = NULL;
    char *path = parts_plan_path(output);
    const int has_plan = !path || access(path, F_OK) == 0;
    parts_remove_left(output);
    memory_free(path);
    if (!has_plan)
        parts_remove(output);
    else if (parts_read_plan(output, &plan) == OK && plan_file_is_made(plan, output, &counts) == OK)
        parts_remove(output);
    json_decref(plan);
}
