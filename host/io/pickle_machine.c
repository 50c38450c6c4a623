#include "io/pickle_machine.h"

#include "core/memory.h"

#include <stdio.h>
#include <string.h>

static const char *const known_names[N_NAMES] = {
    [ORDERED_DICT] = "collections.OrderedDict",
    [REBUILD_TENSOR] = "torch._utils._rebuild_tensor_v2",
    [REBUILD_PARAMETER] = "torch._utils._rebuild_parameter",
    [FLOATS] = "torch.FloatStorage",
    [HALVES] = "torch.HalfStorage",
    [BFLOATS] = "torch.BFloat16Storage",
    [LONGS] = "torch.LongStorage",
};

enum { MARK = -1 }; /* on the stack, where values are from 0 on */

/* --------------------------------------------------------------------------------- bytes and the stack */

enum status machine_bytes(struct machine *m, size_t count, const unsigned char **bytes)
{
    REQUIRE(count <= m->size - m->at, ERR_INPUT, "the pickle is cut off at byte %zu", m->size);
    *bytes = m->bytes + m->at;
    m->at += count;
    return OK;
}

/* A little-endian number of `count` bytes without a sign. */
static enum status take_number(struct machine *m, size_t count, uint64_t *number)
{
    const unsigned char *bytes;
    TRY(machine_bytes(m, count, &bytes));
    *number = 0;
    for (size_t i = 0; i < count; i++) *number |= (uint64_t)bytes[i] << (8 * i);
    return OK;
}

static enum status add_int(struct ints *ints, int number)
{
    TRY(memory_grow((void **)&ints->data, &ints->capacity, ints->count, sizeof *ints->data));
    ints->data[ints->count++] = number;
    return OK;
}

enum status machine_push(struct machine *m, struct value value)
{
    TRY(memory_grow((void **)&m->values, &m->values_capacity, m->n_values, sizeof *m->values));
    m->values[m->n_values] = value;
    return add_int(&m->stack, (int)m->n_values++);
}

enum status machine_push_value(struct machine *m, int value)
{
    return add_int(&m->stack, value);
}

enum status machine_push_mark(struct machine *m)
{
    return add_int(&m->stack, MARK);
}

static enum status pop(struct machine *m, int *value)
{
    REQUIRE(m->stack.count > 0 && m->stack.data[m->stack.count - 1] != MARK, ERR_INPUT,
            "the pickle takes more from its stack than is there (byte %zu)", m->at);
    *value = m->stack.data[--m->stack.count];
    return OK;
}

enum status machine_pop_kind(struct machine *m, enum kind kind, int *value)
{
    TRY(pop(m, value));
    REQUIRE(m->values[*value].kind == kind, ERR_INPUT,
            "the pickle is no table of tensors: another kind of value was expected at byte %zu", m->at);
    return OK;
}

/* The place on the stack behind the last MARK. */
static enum status find_mark(struct machine *m, size_t *first)
{
    for (size_t i = m->stack.count; i > 0; i--)
        if (m->stack.data[i - 1] == MARK) {
            *first = i;
            return OK;
        }
    return fail(ERR_INPUT, "the pickle misses a mark on its stack (byte %zu)", m->at);
}

/* --------------------------------------------------------------------------------------- simple values */

enum status machine_push_number(struct machine *m, size_t bytes)
{
    uint64_t number;
    TRY(take_number(m, bytes, &number));
    return machine_push(
        m, (struct value){ .kind = NUMBER, .number = bytes == 4 ? (int32_t)number : (int64_t)number });
}

/* LONG1: a length, then a number in two's complement. */
enum status machine_push_long(struct machine *m)
{
    uint64_t length, number;
    TRY(take_number(m, 1, &length));
    REQUIRE(length <= sizeof number, ERR_INPUT, "the pickle holds a number of %llu bytes, at most 8 expected",
            (unsigned long long)length);
    TRY(take_number(m, (size_t)length, &number));
    if (length > 0 && length < 8 && number >> (8 * length - 1)) number |= ~(uint64_t)0 << (8 * length);
    return machine_push(m, (struct value){ .kind = NUMBER, .number = (int64_t)number });
}

enum status machine_push_text(struct machine *m)
{
    uint64_t length;
    const unsigned char *bytes;
    TRY(take_number(m, 4, &length));
    TRY(machine_bytes(m, (size_t)length, &bytes));
    REQUIRE(length <= 1024 && !memchr(bytes, 0, (size_t)length), ERR_INPUT,
            "the pickle holds a text of %llu bytes or with a zero in it: no tensor's name",
            (unsigned long long)length);
    return machine_push(m,
                        (struct value){ .kind = TEXT, .text = (const char *)bytes, .length = (int)length });
}

static enum status take_line(struct machine *m, const char **line, int *length)
{
    const unsigned char *bytes = m->bytes + m->at, *end = memchr(bytes, '\n', m->size - m->at);
    REQUIRE(end && end - bytes <= 256, ERR_INPUT, "the pickle is cut off in a name (byte %zu)", m->at);
    *line = (const char *)bytes;
    *length = (int)(end - bytes);
    m->at += (size_t)*length + 1;
    return OK;
}

enum status machine_push_name(struct machine *m)
{
    const char *module = NULL, *word = NULL;
    int module_length = 0, word_length = 0;
    char name[600];
    TRY(take_line(m, &module, &module_length));
    TRY(take_line(m, &word, &word_length));
    snprintf(name, sizeof name, "%.*s.%.*s", module_length, module, word_length, word);
    for (int i = 0; i < N_NAMES; i++)
        if (strcmp(name, known_names[i]) == 0)
            return machine_push(m, (struct value){ .kind = NAME, .number = i });
    return fail(ERR_INPUT,
                "the pickle asks for %s, which is none of the names known here; nothing was executed", name);
}

enum status machine_remember(struct machine *m, size_t bytes)
{
    uint64_t place;
    TRY(take_number(m, bytes, &place));
    REQUIRE(m->stack.count > 0 && m->stack.data[m->stack.count - 1] != MARK && place <= m->memo.count,
            ERR_INPUT, "the pickle remembers a value out of turn (byte %zu)", m->at);
    const int top = m->stack.data[m->stack.count - 1];
    if (place == m->memo.count) return add_int(&m->memo, top);
    m->memo.data[place] = top;
    return OK;
}

enum status machine_recall(struct machine *m, size_t bytes)
{
    uint64_t place;
    TRY(take_number(m, bytes, &place));
    REQUIRE(place < m->memo.count, ERR_INPUT,
            "the pickle recalls a value that it never remembered (byte %zu)", m->at);
    return add_int(&m->stack, m->memo.data[place]);
}

/* ----------------------------------------------------------------------------------- tuples and tables */

static enum status push_tuple(struct machine *m, size_t first, size_t below)
{
    const struct value tuple = { .kind = TUPLE,
                                 .first = (int)m->items.count,
                                 .count = (int)(m->stack.count - first) };
    for (size_t i = first; i < m->stack.count; i++) TRY(add_int(&m->items, m->stack.data[i]));
    m->stack.count = below;
    return machine_push(m, tuple);
}

enum status machine_push_marked_tuple(struct machine *m)
{
    size_t first = 0;
    TRY(find_mark(m, &first));
    return push_tuple(m, first, first - 1);
}

enum status machine_push_short_tuple(struct machine *m, size_t count)
{
    REQUIRE(m->stack.count >= count, ERR_INPUT,
            "the pickle takes more from its stack than is there (byte %zu)", m->at);
    const size_t first = m->stack.count - count;
    for (size_t i = first; i < m->stack.count; i++)
        REQUIRE(m->stack.data[i] != MARK, ERR_INPUT, "the pickle has a mark within a tuple (byte %zu)",
                m->at);
    return push_tuple(m, first, first);
}

enum status machine_push_table(struct machine *m)
{
    return machine_push(m, (struct value){ .kind = TABLE, .first = -1, .count = -1 });
}

static enum status add_pair(struct machine *m, int table, int key, int value)
{
    TRY(memory_grow((void **)&m->pairs, &m->pairs_capacity, m->n_pairs, sizeof *m->pairs));
    const int added = (int)m->n_pairs++;
    m->pairs[added] = (struct pair){ key, value, -1 };
    struct value *owner = &m->values[table];
    if (owner->first < 0)
        owner->first = added;
    else
        m->pairs[owner->count].next = added;
    owner->count = added;
    return OK;
}

/* Keys and values from stack place `first` on go into the table below. */
static enum status set_items(struct machine *m, size_t first, size_t below)
{
    const size_t last = m->stack.count;
    int table;
    REQUIRE((last - first) % 2 == 0, ERR_INPUT, "the pickle has a key without a value (byte %zu)", m->at);
    m->stack.count = below;
    TRY(machine_pop_kind(m, TABLE, &table));
    for (size_t i = first; i < last; i += 2) TRY(add_pair(m, table, m->stack.data[i], m->stack.data[i + 1]));
    return add_int(&m->stack, table);
}

enum status machine_set_items(struct machine *m)
{
    size_t first = 0;
    TRY(find_mark(m, &first));
    return set_items(m, first, first - 1);
}

enum status machine_set_item(struct machine *m)
{
    int key = 0, value = 0, table = 0;
    TRY(pop(m, &value));
    TRY(pop(m, &key));
    TRY(machine_pop_kind(m, TABLE, &table));
    TRY(add_pair(m, table, key, value));
    return add_int(&m->stack, table);
}

enum status machine_tuple_item(const struct machine *m, int tuple, int i, enum kind kind, int *item)
{
    const struct value *owner = &m->values[tuple];
    REQUIRE(i < owner->count, ERR_INPUT, "the pickle gives %d arguments, more expected (byte %zu)",
            owner->count, m->at);
    *item = m->items.data[owner->first + i];
    REQUIRE(m->values[*item].kind == kind, ERR_INPUT, "the pickle gives a wrong argument %d (byte %zu)",
            i + 1, m->at);
    return OK;
}

void machine_release(struct machine *m)
{
    memory_free(m->values);
    memory_free(m->pairs);
    memory_free(m->items.data);
    memory_free(m->memo.data);
    memory_free(m->stack.data);
}
