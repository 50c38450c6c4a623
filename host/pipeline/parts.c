#include "pipeline/parts.h"

#include "core/temporary.h"
#include "io/json_text.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

char *parts_folder(const char *output)
{
    return memory_print("%s.parts", output);
}

char *parts_plan_path(const char *output)
{
    return memory_print("%s.parts/plan.json", output);
}

char *parts_path(const char *output, int part)
{
    return memory_print("%s.parts/part-%06d.h5", output, part);
}

static enum status load_plan(const char *output, const char *path, json_t **plan)
{
    json_error_t error;
    REQUIRE(access(path, F_OK) == 0, ERR_INPUT, "%s is not there: no extraction to %s was begun here", path,
            output);
    *plan = json_file(path, 0, &error);
    TRY(json_check_memory());
    REQUIRE(*plan, ERR_INPUT, "%s:%d: %s", path, error.line, error.text);
    const char *format = json_string_value(json_object_get(*plan, "format"));
    const json_int_t n_parts = json_integer_value(json_object_get(*plan, "n_parts"));
    const json_int_t version = json_integer_value(json_object_get(*plan, "version"));
    REQUIRE(format && strcmp(format, "earshot-plan") == 0, ERR_INPUT, "%s is no plan of an extraction", path);
    REQUIRE(version == PLAN_VERSION, ERR_INPUT, "%s is a plan of version %lld, this program knows %d", path,
            (long long)version, PLAN_VERSION);
    REQUIRE(n_parts > 0 && n_parts <= MOST_PARTS, ERR_INPUT, "%s: n_parts is %lld, expected 1 to %d", path,
            (long long)n_parts, MOST_PARTS);
    return OK;
}

enum status parts_read_plan(const char *output, json_t **plan)
{
    char *path = parts_plan_path(output);
    *plan = NULL;
    enum status status = memory_check(path);
    if (status == OK) status = load_plan(output, path, plan);
    memory_free(path);
    if (status != OK) json_decref(*plan);
    return status;
}

static int is_part(const char *name)
{
    return strncmp(name, "part-", 5) == 0;
}

int parts_are_there(const char *output)
{
    char *folder = parts_folder(output);
    DIR *directory = folder ? opendir(folder) : NULL;
    int found = 0;
    for (struct dirent *entry; directory && !found && (entry = readdir(directory));)
        found = is_part(entry->d_name);
    if (directory) closedir(directory);
    memory_free(folder);
    return found;
}

void parts_remove_left(const char *output)
{
    char *folder = memory_print("%s.parts/", output), *beside = memory_print("%s.", output);
    if (folder) temporary_remove_left(folder);
    if (beside) temporary_remove_left(beside);
    memory_free(folder);
    memory_free(beside);
}

void parts_remove(const char *output)
{
    char *folder = parts_folder(output), *plan = parts_plan_path(output);
    DIR *directory = folder ? opendir(folder) : NULL;
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        char *path = memory_print("%s/%s", folder, entry->d_name);
        if (path && entry->d_name[0] != '.' && strcmp(entry->d_name, "plan.json") != 0) unlink(path);
        memory_free(path);
    }
    if (directory) closedir(directory);
    if (plan) unlink(plan);
    if (folder) rmdir(folder);
    memory_free(plan);
    memory_free(folder);
}

void parts_device(const char *output, char *device, size_t size)
{
    json_t *plan;
    *device = '\0';
    if (parts_read_plan(output, &plan) != OK) return; /* nothing was begun */
    const json_t *options = json_object_get(plan, "options");
    const char *backend = json_string_value(json_object_get(options, "backend"));
    const char *then = json_string_value(json_object_get(options, "device"));
    if (backend && then && strcmp(backend, "cpu") == 0) snprintf(device, size, "%s", then);
    json_decref(plan);
}

static enum status name_parts(const char *output, char **paths, int n_parts)
{
    int n_missing = 0, first_missing = 0;
    for (int part = 0; part < n_parts; part++) {
        TRY(memory_check(paths[part] = parts_path(output, part)));
        if (access(paths[part], F_OK) == 0) continue;
        if (n_missing++ == 0) first_missing = part;
    }
    REQUIRE(n_missing == 0, ERR_INPUT,
            "%s is missing, %d of %d parts are; extract makes them, with --shard or without",
            paths[first_missing], n_missing, n_parts);
    return OK;
}

static enum status join(const char *output, const atomic_int *stop, int n_parts, struct merge_result *result)
{
    char **paths = memory_new((size_t)n_parts, sizeof *paths);
    enum status status = memory_check(paths);
    if (status == OK) status = name_parts(output, paths, n_parts);
    if (status == OK)
        status = features_merge(output, (const char *const *)paths, (size_t)n_parts, stop, result);
    for (int part = 0; paths && part < n_parts; part++) memory_free(paths[part]);
    memory_free(paths);
    return status;
}

enum status parts_join(const char *output, const atomic_int *stop, int *n_parts, struct merge_result *result)
{
    json_t *plan;
    *result = (struct merge_result){ 0 };
    TRY(parts_read_plan(output, &plan));
    *n_parts = (int)json_integer_value(json_object_get(plan, "n_parts"));
    json_decref(plan);
    const enum status status = join(output, stop, *n_parts, result);
    const int is_useless = status == ERR_INPUT && result->recordings > 0 && result->patches == 0;
    if (status == OK || is_useless) parts_remove(output);
    return status;
}

int parts_all_there(const char *output)
{
    json_t *plan;
    if (parts_read_plan(output, &plan) != OK) return 0;
    const int n_parts = (int)json_integer_value(json_object_get(plan, "n_parts"));
    int n_there = 0;
    json_decref(plan);
    for (int is_there = 1; is_there && n_there < n_parts; n_there += is_there) {
        char *path = parts_path(output, n_there);
        is_there = path && access(path, F_OK) == 0;
        memory_free(path);
    }
    return n_there == n_parts;
}
