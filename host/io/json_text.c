#include "io/json_text.h"

#include "core/memory.h"

#include <errno.h>
#include <stdlib.h>

static _Thread_local int is_short;

static void *watched_new(size_t size)
{
    void *memory = malloc(size);
    if (!memory) is_short = 1;
    return memory;
}

void json_watch_memory(void)
{
    json_set_alloc_funcs(watched_new, free);
}

enum status json_check_memory(void)
{
    const int was_short = is_short;
    is_short = 0;
    REQUIRE(!was_short, ERR_MEMORY, "out of memory: not all of a JSON text could be made");
    return OK;
}

json_t *json_file(const char *path, size_t flags, json_error_t *error)
{
    errno = 0;
    json_t *json = json_load_file(path, flags, error);
    is_short |= !json && errno == ENOMEM;
    return json;
}

json_t *json_text(const char *text)
{
    json_t *string = text ? json_string(text) : NULL;
    is_short |= !text;
    if (string || !text) return string;
    char *ascii = memory_text(text);
    is_short |= !ascii;
    if (!ascii) return NULL;
    for (char *c = ascii; *c; c++)
        if ((unsigned char)*c > 127) *c = '?';
    string = json_string(ascii);
    memory_free(ascii);
    return string;
}
