#include "detect/train_list.h"

#include "core/memory.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Links and dots resolved where the file is there; else below the working folder as written. NULL: no
 * memory. */
static char *absolute_path(const char *path)
{
    char resolved[PATH_MAX], folder[PATH_MAX];
    if (realpath(path, resolved)) return memory_text(resolved);
    if (path[0] == '/' || !getcwd(folder, sizeof folder)) return memory_text(path);
    return memory_print("%s/%s", folder, path);
}

/* Takes over `text`. */
static enum status add_name(struct train_list *list, char *text, int line)
{
    enum status status = memory_check(text);
    if (status == OK)
        status = memory_grow((void **)&list->names, &list->capacity, list->count, sizeof *list->names);
    if (status != OK) {
        memory_free(text);
        return status;
    }
    list->names[list->count++] = (struct train_name){ text, line };
    return OK;
}

static enum status read_lines(struct train_list *list, FILE *file)
{
    char *line = NULL;
    size_t size = 0;
    enum status status = OK;
    while (status == OK && getline(&line, &size, file) >= 0) {
        line[strcspn(line, "\r\n")] = '\0';
        if (!line[0]) continue;
        status = add_name(list, memory_text(line), list->n_lines);
        if (status == OK) status = add_name(list, absolute_path(line), list->n_lines);
        list->n_lines++;
    }
    free(line);
    return status;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct train_name *)a)->text, ((const struct train_name *)b)->text);
}

enum status train_list_init(struct train_list *list, const char *path)
{
    *list = (struct train_list){ 0 };
    FILE *file = fopen(path, "re");
    REQUIRE(file, ERR_INPUT, "%s cannot be read: %s", path, strerror(errno));
    const enum status status = read_lines(list, file);
    fclose(file);
    TRY(status);
    REQUIRE(list->n_lines > 0, ERR_INPUT, "%s names no recording", path);
    qsort(list->names, list->count, sizeof *list->names, by_text);
    return memory_check(list->used = memory_new((size_t)list->n_lines, 1));
}

void train_list_release(struct train_list *list)
{
    for (size_t i = 0; i < list->count; i++) memory_free(list->names[i].text);
    memory_free(list->names);
    memory_free(list->used);
    *list = (struct train_list){ 0 };
}

/* All lines that say `text` are used. */
static int find(struct train_list *list, char *text)
{
    const struct train_name wanted = { text, 0 };
    struct train_name *found = bsearch(&wanted, list->names, list->count, sizeof *list->names, by_text);
    if (!found) return 0;
    while (found > list->names && strcmp(found[-1].text, text) == 0) found--;
    for (; found < list->names + list->count && strcmp(found->text, text) == 0; found++)
        list->used[found->line] = 1;
    return 1;
}

enum status train_list_has(struct train_list *list, const struct recording *recording, int *has)
{
    char *file = recording->root[0] ? memory_print("%s/%s", recording->root, recording->path)
                                    : memory_text(recording->path);
    char *absolute = file ? absolute_path(file) : NULL;
    const int is_stored = find(list, recording->path), is_absolute = absolute && find(list, absolute);
    *has = is_stored || is_absolute;
    const enum status status = memory_check(absolute);
    memory_free(file);
    memory_free(absolute);
    return status;
}

int train_list_unused(const struct train_list *list, const char **first)
{
    int n_unused = 0, first_line = -1;
    for (int i = list->n_lines - 1; i >= 0; i--) {
        if (list->used[i]) continue;
        first_line = i;
        n_unused++;
    }
    *first = NULL;
    for (size_t i = 0; i < list->count; i++)
        if (list->names[i].line == first_line) *first = list->names[i].text;
    return n_unused;
}
