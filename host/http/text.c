#include "http/text.h"

#include "core/memory.h"
#include "io/json_text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BYTES = 512 };

static int reserve(struct text *text, size_t size)
{
    size_t needed;
    if (text->has_failed || __builtin_add_overflow(text->size, size + 1, &needed)) return 0;
    if (needed <= text->capacity) return 1;
    size_t larger = text->capacity ? 2 * text->capacity : FIRST_BYTES;
    if (larger < needed) larger = needed;
    char *grown = memory_new_unset(larger, 1);
    if (!grown) {
        text->has_failed = 1;
        return 0;
    }
    if (text->size) memcpy(grown, text->bytes, text->size);
    memory_free(text->bytes);
    text->bytes = grown;
    text->capacity = larger;
    return 1;
}

void *text_room(struct text *text, size_t size)
{
    if (!reserve(text, size)) return NULL;
    char *room = text->bytes + text->size;
    memset(room, 0, size + 1);
    text->size += size;
    return room;
}

void text_add(struct text *text, const void *bytes, size_t size)
{
    if (!reserve(text, size)) return;
    if (size) memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
    text->bytes[text->size] = '\0';
}

void text_put(struct text *text, const char *words)
{
    text_add(text, words, strlen(words));
}

void text_print(struct text *text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    if (reserve(text, (size_t)length)) {
        vsnprintf(text->bytes + text->size, (size_t)length + 1, format, again);
        text->size += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}

void text_json(struct text *text, json_t *json)
{
    char *words = json ? json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17)) : NULL;
    const enum status is_whole = json_check_memory();
    if (words && is_whole == OK)
        text_put(text, words);
    else
        text->has_failed = 1;
    free(words);
    json_decref(json);
}

void text_json_string(struct text *text, const char *words)
{
    text_json(text, json_text(words));
}

void text_json_float(struct text *text, float value)
{
    if (isfinite(value))
        text_print(text, "%.9g", (double)value);
    else
        text_put(text, "null");
}

void text_json_double(struct text *text, double value)
{
    if (isfinite(value))
        text_print(text, "%.17g", value);
    else
        text_put(text, "null");
}

enum status text_check(const struct text *text)
{
    REQUIRE(!text->has_failed, ERR_MEMORY, "no memory for a text of more than %zu bytes", text->size);
    return OK;
}

void text_release(struct text *text)
{
    memory_free(text->bytes);
    *text = (struct text){ 0 };
}
