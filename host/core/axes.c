#include "core/axes.h"

#include "core/memory.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

/* Canonical names are what options_collect keeps, so they compare as they are. */
static int is_of(const struct option_set *sets, int n_sets, const char *name)
{
    for (int i = 0; i < n_sets; i++)
        for (const struct option *option = sets[i].options; option->name; option++)
            if (strcmp(option->name, name) == 0) return 1;
    return 0;
}

/* Whether a value behind or before it wins over the i-th. */
static int is_beaten(const struct options *options, size_t i)
{
    const struct option_value *value = &options->values[i];
    for (size_t other = 0; other < options->count; other++) {
        const struct option_value *by = &options->values[other];
        if (other == i || strcmp(by->name, value->name) != 0) continue;
        if (by->source > value->source || (by->source == value->source && other > i)) return 1;
    }
    return 0;
}

static void drop_beaten(struct options *options, const struct option_set *sets, int n_sets)
{
    for (size_t i = 0; i < options->count;) {
        struct option_value *value = &options->values[i];
        if (!is_of(sets, n_sets, value->name) || !is_beaten(options, i)) {
            i++;
            continue;
        }
        memory_free(value->name);
        memory_free(value->value);
        memmove(value, value + 1, (--options->count - i) * sizeof *value);
    }
}

static int count_values(const char *text)
{
    int n = 1;
    for (; (text = strchr(text, ',')); text++) n++;
    return n;
}

static enum status cut(struct axis *axis, const struct option_value *value)
{
    const char *at = value->value;
    axis->n_values = count_values(at);
    TRY(memory_check(axis->values = memory_new((size_t)axis->n_values, sizeof *axis->values)));
    for (int i = 0; i < axis->n_values; i++, at += strcspn(at, ",") + 1) {
        const int length = (int)strcspn(at, ",");
        REQUIRE(length > 0, ERR_USAGE, "--%s %s (%s): an empty value", value->name, value->value,
                value->where);
        TRY(memory_check(axis->values[i] = memory_print("%.*s", length, at)));
    }
    return OK;
}

static enum status add_axis(struct axes *axes, size_t place)
{
    struct option_value *value = &axes->options->values[place];
    TRY(memory_grow((void **)&axes->items, &axes->capacity, axes->count, sizeof *axes->items));
    struct axis *axis = &axes->items[axes->count++];
    *axis = (struct axis){ .name = value->name, .place = place, .given = value->value };
    return cut(axis, value);
}

enum status axes_init(struct axes *axes, struct options *options, const struct option_set *sets, int n_sets)
{
    *axes = (struct axes){ .options = options };
    drop_beaten(options, sets, n_sets);
    for (size_t i = 0; i < options->count; i++)
        if (is_of(sets, n_sets, options->values[i].name) && strchr(options->values[i].value, ','))
            TRY(add_axis(axes, i));
    axes_choose(axes, 0);
    return OK;
}

void axes_release(struct axes *axes)
{
    for (size_t a = 0; a < axes->count; a++) {
        struct axis *axis = &axes->items[a];
        axes->options->values[axis->place].value = axis->given;
        for (int i = 0; axis->values && i < axis->n_values; i++) memory_free(axis->values[i]);
        memory_free(axis->values);
    }
    memory_free(axes->items);
    *axes = (struct axes){ 0 };
}

long long axes_combinations(const struct axes *axes)
{
    long long n = 1;
    for (size_t a = 0; a < axes->count; a++)
        if (__builtin_mul_overflow(n, axes->items[a].n_values, &n)) return LLONG_MAX;
    return n;
}

const char *axes_value(const struct axes *axes, size_t axis, long long combination)
{
    for (size_t a = axes->count - 1; a > axis; a--) combination /= axes->items[a].n_values;
    return axes->items[axis].values[combination % axes->items[axis].n_values];
}

void axes_choose(struct axes *axes, long long combination)
{
    for (size_t a = 0; a < axes->count; a++)
        axes->options->values[axes->items[a].place].value =
            (char *)(uintptr_t)axes_value(axes, a, combination);
}
