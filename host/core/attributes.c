#include "core/attributes.h"

#include "core/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct attribute *attributes_find(const struct attributes *a, const char *name)
{
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i].name, name) == 0) return &a->items[i];
    return NULL;
}

/* The place for `name`, a new one at the end if it is not there yet; its old text is released. */
static enum status place_for(struct attributes *a, const char *name, enum attribute_type type,
                             struct attribute **out)
{
    struct attribute *place = (struct attribute *)attributes_find(a, name);
    if (!place) {
        TRY(memory_grow((void **)&a->items, &a->capacity, a->count, sizeof *a->items));
        place = &a->items[a->count];
        *place = (struct attribute){ 0 };
        TRY(memory_check(place->name = memory_text(name)));
        a->count++;
    }
    memory_free(place->text);
    place->text = NULL;
    place->type = type;
    *out = place;
    return OK;
}

enum status attributes_set_text(struct attributes *a, const char *name, const char *text)
{
    char *copy = memory_text(text);
    struct attribute *place = NULL;
    enum status status = memory_check(copy);
    if (status == OK) status = place_for(a, name, ATTRIBUTE_TEXT, &place);
    if (status != OK) {
        memory_free(copy);
        return status;
    }
    place->text = copy;
    return OK;
}

enum status attributes_set_integer(struct attributes *a, const char *name, long long value)
{
    struct attribute *place;
    TRY(place_for(a, name, ATTRIBUTE_INTEGER, &place));
    place->integer = value;
    return OK;
}

enum status attributes_set_real(struct attributes *a, const char *name, double value)
{
    struct attribute *place;
    TRY(place_for(a, name, ATTRIBUTE_REAL, &place));
    place->real = value;
    return OK;
}

static enum status set_like(struct attributes *to, const struct attribute *item)
{
    if (item->type == ATTRIBUTE_TEXT) return attributes_set_text(to, item->name, item->text);
    if (item->type == ATTRIBUTE_INTEGER) return attributes_set_integer(to, item->name, item->integer);
    return attributes_set_real(to, item->name, item->real);
}

enum status attributes_copy(struct attributes *to, const struct attributes *from)
{
    for (size_t i = 0; i < from->count; i++) TRY(set_like(to, &from->items[i]));
    return OK;
}

void attributes_release(struct attributes *a)
{
    for (size_t i = 0; i < a->count; i++) {
        memory_free(a->items[i].name);
        memory_free(a->items[i].text);
    }
    memory_free(a->items);
    *a = (struct attributes){ 0 };
}

const char *attributes_text(const struct attributes *a, const char *name, const char *otherwise)
{
    const struct attribute *item = attributes_find(a, name);
    return item && item->type == ATTRIBUTE_TEXT ? item->text : otherwise;
}

long long attributes_integer(const struct attributes *a, const char *name, long long otherwise)
{
    const struct attribute *item = attributes_find(a, name);
    return item && item->type == ATTRIBUTE_INTEGER ? item->integer : otherwise;
}

/* The shortest decimal that reads back as the same double. */
static void print_real(double value, char *text, size_t size)
{
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, size, "%.*g", digits, value);
        if (strtod(text, NULL) == value) return;
    }
}

void attribute_print(const struct attribute *attribute, char *text, size_t size)
{
    if (attribute->type == ATTRIBUTE_TEXT)
        snprintf(text, size, "%s", attribute->text);
    else if (attribute->type == ATTRIBUTE_INTEGER)
        snprintf(text, size, "%lld", attribute->integer);
    else
        print_real(attribute->real, text, size);
}
