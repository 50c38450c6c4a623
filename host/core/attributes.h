/* Named values in a fixed order: what a file says about how it was made, and what one command hands on to the
 * next. */
#ifndef ATTRIBUTES_H
#define ATTRIBUTES_H

#include "core/status.h"

#include <stddef.h>

enum attribute_type { ATTRIBUTE_TEXT, ATTRIBUTE_INTEGER, ATTRIBUTE_REAL };

struct attribute {
    char *name; /* owned; an option's name with _ for - */
    enum attribute_type type;
    char *text; /* owned; NULL unless ATTRIBUTE_TEXT */
    long long integer;
    double real;
};

struct attributes {
    struct attribute *items;
    size_t count, capacity;
};

/* Setting a name that is there replaces its value and keeps its place. */
enum status attributes_set_text(struct attributes *a, const char *name, const char *text) MUST_CHECK;
enum status attributes_set_integer(struct attributes *a, const char *name, long long value) MUST_CHECK;
enum status attributes_set_real(struct attributes *a, const char *name, double value) MUST_CHECK;
enum status attributes_copy(struct attributes *to, const struct attributes *from) MUST_CHECK;
void attributes_release(struct attributes *a);

const struct attribute *attributes_find(const struct attributes *a, const char *name); /* NULL: not there */
const char *attributes_text(const struct attributes *a, const char *name, const char *otherwise);
long long attributes_integer(const struct attributes *a, const char *name, long long otherwise);

/* The value as a person would type it ("0.1", "16000", "viridis"), into `text`. */
void attribute_print(const struct attribute *attribute, char *text, size_t size);

#endif
