#include "core/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64, HUGE_PAGE = 2 << 20 };

/* Large arrays lie on whole huge pages, and ask for them: a walk through hundreds of megabytes of weights would
 * else miss the TLB at every page, and the first touch would fault 512 times as often. */
static void *allocate(size_t bytes)
{
    if (bytes < 2 * (size_t)HUGE_PAGE) return aligned_alloc(ALIGNMENT, bytes);
    void *pointer = aligned_alloc(HUGE_PAGE, (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
    if (pointer) madvise(pointer, bytes, MADV_HUGEPAGE); /* where it is refused, small pages do */
    return pointer;
}

/* The bytes that are allocated, or 0 with the sentence kept. */
static size_t count_bytes(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2) {
        fail(ERR_MEMORY, "%zu elements of %zu bytes do not fit into memory", count, size);
        return 0;
    }
    return (bytes + ALIGNMENT) / ALIGNMENT *
           ALIGNMENT; /* at least one line, so that count = 0 is a valid pointer */
}

void *memory_new_unset(size_t count, size_t size)
{
    const size_t bytes = count_bytes(count, size);
    void *pointer = bytes ? allocate(bytes) : NULL;
    if (bytes && !pointer) fail(ERR_MEMORY, "out of memory: %zu bytes could not be had", bytes);
    return pointer;
}

void *memory_new(size_t count, size_t size)
{
    void *pointer = memory_new_unset(count, size);
    return pointer ? memset(pointer, 0, count_bytes(count, size)) : NULL;
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

enum status memory_replace(char **text, const char *with)
{
    char *copy = memory_text(with);
    memory_free(*text);
    return memory_check(*text = copy);
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
