/* Bytes that grow: bodies of requests as they come in, and of answers as they are written. What fails for want of
 * memory is remembered, and everything after it does nothing: it is asked for once, at the end. */
#ifndef TEXT_H
#define TEXT_H

#include "core/status.h"

#include <jansson.h>
#include <stddef.h>

/* Zeroed, it is empty. */
struct text {
    char *bytes; /* owned; a zero follows the last one */
    size_t size, capacity;
    int has_failed;
};

void text_add(struct text *text, const void *bytes, size_t size);
void text_put(struct text *text, const char *words);
void text_print(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Room for `size` more bytes; NULL: no memory. What is not filled is zeros. */
void *text_room(struct text *text, size_t size);

/* JSON: a string in quotes (bytes that are no UTF-8 become "?"); a number, or null where JSON has none for it: NaN
 * and infinity. Floats are written so that they are read back as the same. */
void text_json_string(struct text *text, const char *words);
void text_json_float(struct text *text, float value);
void text_json_double(struct text *text, double value);
/* Releases `json`. Fails where it has gaps for want of memory. */
void text_json(struct text *text, json_t *json);

enum status text_check(const struct text *text) MUST_CHECK; /* ERR_MEMORY */
void text_release(struct text *text);

#endif
