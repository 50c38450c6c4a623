#include "core/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64 };

void *memory_new(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2) {
        fail(ERR_MEMORY, "%zu elements of %zu bytes do not fit into memory", count, size);
        return NULL;
    }
    bytes = (bytes + ALIGNMENT) / ALIGNMENT *
            ALIGNMENT; /* at least one line, so that count = 0 is a valid pointer */
    void *pointer = aligned_alloc(ALIGNMENT, bytes);
    if (!pointer) {
        fail(ERR_MEMORY, "out of memory: %zu bytes could not be had", bytes);
        return NULL;
    }
    return memset(pointer, 0, bytes);
}

void memory_free(void *pointer)
{
    free(pointer);
}

enum status memory_check(const void *pointer)
{
    return pointer ? OK : ERR_MEMORY;
}

/* Tables hold a dozen short texts a recording: aligned to a line of the cache each would take three times the room. */
static char *new_text(size_t size)
{
    char *text = malloc(size);
    if (!text) fail(ERR_MEMORY, "out of memory: %zu bytes could not be had", size);
    return text;
}

char *memory_text(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *copy = new_text(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

char *memory_print(const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    char *text = new_text((size_t)length + 1);
    if (text) vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}

enum status memory_grow(void **array, size_t *capacity, size_t count, size_t size)
{
    if (count < *capacity) return OK;
    const size_t larger = *capacity ? 2 * *capacity : 16;
    void *grown = memory_new(larger, size);
    if (!grown) return ERR_MEMORY;
    if (count) memcpy(grown, *array, count * size);
    memory_free(*array);
    *array = grown;
    *capacity = larger;
    return OK;
}
