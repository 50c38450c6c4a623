#include "io/attribute_table.h"

#include "core/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status add_line(struct attribute_table *table, const char *line)
{
    TRY(memory_grow((void **)&table->lines, &table->capacity, table->count, sizeof *table->lines));
    TRY(memory_check(table->lines[table->count] = memory_text(line)));
    table->count++;
    return OK;
}

enum status attribute_table_init(struct attribute_table *table, const char *path)
{
    *table = (struct attribute_table){ 0 };
    FILE *file = fopen(path, "re");
    REQUIRE(file || errno != ENOMEM, ERR_MEMORY, "%s: out of memory", path);
    if (!file) return OK;
    enum status status = OK;
    char *line = NULL;
    size_t size = 0;
    while (status == OK && getline(&line, &size, file) > 0) {
        line[strcspn(line, "\r\n")] = '\0';
        status = add_line(table, line);
    }
    free(line);
    fclose(file);
    return status;
}

void attribute_table_release(struct attribute_table *table)
{
    for (size_t i = 0; i < table->count; i++) memory_free(table->lines[i]);
    memory_free(table->lines);
    *table = (struct attribute_table){ 0 };
}

/* What follows the first cell, if that cell is `name` below any folders; else NULL. */
static const char *cells_of(const char *line, const char *name)
{
    const size_t first = strcspn(line, ","), length = strlen(name);
    if (line[first] != ',' || first < length || strncmp(line + first - length, name, length) != 0)
        return NULL;
    const int begins = first == length || line[first - length - 1] == '/';
    return begins ? line + first + 1 : NULL;
}

/* Commas become _; empty cells (attributes that this machine lacks) are left out. */
static void join_cells(char *cells)
{
    char *out = cells;
    for (const char *in = cells; *in; in++) {
        const int is_comma = *in == ',';
        if (is_comma && (out == cells || out[-1] == '_')) continue;
        *out++ = is_comma ? '_' : *in;
    }
    if (out > cells && out[-1] == '_') out--;
    *out = '\0';
}

enum status attribute_table_find(const struct attribute_table *table, const char *name, char **out)
{
    *out = NULL;
    for (size_t i = 0; i < table->count; i++) {
        const char *cells = cells_of(table->lines[i], name);
        if (!cells) continue;
        TRY(memory_check(*out = memory_text(cells)));
        join_cells(*out);
        return OK;
    }
    return OK;
}
