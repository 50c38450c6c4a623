/* A store is read once into a list of its data sets and attributes; a changed one is written from that list. */
#include "fuzz_stores.h"

#include "core/memory.h"
#include "io/store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ITEMS = 96, MOST_STORES = 20, MOST_CHANGES = 8, NAME = 256, LONGEST_TEXT = 300 };

/* A group (no data), or a data set; each may have attributes. */
struct item {
    char name[NAME];
    int is_dataset;
    enum store_type type;
    size_t rows, columns;
    void *data;
    struct attributes attributes;
};

struct contents {
    struct item items[MOST_ITEMS];
    int count;
};

static const size_t element_size[] = {
    [STORE_FLOAT] = 4, [STORE_DOUBLE] = 8, [STORE_INT32] = 4, [STORE_INT64] = 8, [STORE_TEXT] = sizeof(char *)
};

/* ----------------------------------------------------------------------------------------------- read */

static size_t count_of(const struct item *item)
{
    return item->rows * (item->columns ? item->columns : 1);
}

static int read_data(struct store *store, struct item *item)
{
    if (store_shape(store, item->name, &item->rows, &item->columns) != OK) return 0;
    item->data = memory_new(count_of(item), sizeof(double));
    for (int type = STORE_FLOAT; type <= STORE_TEXT; type++) {
        item->type = (enum store_type)type;
        if (store_read(store, item->name, item->type, 0, item->rows, item->data) == OK) return 1;
    }
    abort();
}

static void read_below(struct store *store, struct contents *contents, const char *name)
{
    char **members;
    size_t n;
    if (contents->count == MOST_ITEMS) abort();
    struct item *item = &contents->items[contents->count++];
    snprintf(item->name, sizeof item->name, "%s", name);
    if (store_get(store, name, &item->attributes) != OK) abort();
    item->is_dataset = strcmp(name, "/") != 0 && read_data(store, item);
    if (item->is_dataset) return;
    if (store_members(store, name, &members, &n) != OK) abort();
    for (size_t i = 0; i < n; i++) {
        char below[NAME];
        snprintf(below, sizeof below, "%s/%s", strcmp(name, "/") == 0 ? "" : name, members[i]);
        read_below(store, contents, below);
        memory_free(members[i]);
    }
    memory_free(members);
}

static struct contents *contents_of(int i)
{
    static struct contents all[MOST_STORES];
    struct store *store = NULL;
    if (all[i].count > 0) return &all[i];
    if (store_open(&store, fuzz_stores_path(i)) != OK) abort();
    read_below(store, &all[i], "/");
    store_close(&store);
    return &all[i];
}

/* --------------------------------------------------------------------------------------------- change */

/* One change: which item, what of it, and to what. */
enum what { DROPPED, ROWS, COLUMNS_OF, TYPE, VALUE, TEXT, ATTRIBUTE, ATTRIBUTE_GONE, N_WHATS };

struct change {
    enum what what;
    int item;
    unsigned place, value;
    char text[LONGEST_TEXT];
};

static double number_of(unsigned value)
{
    static const double odd[] = { 0,
                                  -1,
                                  1,
                                  2,
                                  NAN,
                                  INFINITY,
                                  -INFINITY,
                                  1e300,
                                  -1e300,
                                  1e-300,
                                  2147483647.0,
                                  -2147483648.0,
                                  4294967296.0,
                                  9.2e18,
                                  -9.2e18,
                                  0.5 };
    return value < 128 ? odd[value % 16] : (double)(value - 128);
}

static void read_change(struct fuzz_bytes *bytes, const struct contents *contents, struct change *change)
{
    change->what = (enum what)(fuzz_byte(bytes) % N_WHATS);
    change->item = (int)(fuzz_byte(bytes) % (unsigned)contents->count);
    change->place = fuzz_two_bytes(bytes);
    change->value = fuzz_byte(bytes);
    change->text[0] = '\0';
    if (change->what != TEXT && !(change->what == ATTRIBUTE && change->value % 3 == 0)) return;
    unsigned length = fuzz_two_bytes(bytes) % LONGEST_TEXT;
    for (unsigned i = 0; i <= length; i++) change->text[i] = i < length ? (char)fuzz_byte(bytes) : '\0';
}

/* ---------------------------------------------------------------------------------------------- write */

static void put_number(enum store_type type, void *data, size_t place, double number)
{
    const double most = type == STORE_INT32 ? 2147483647.0 : 9.2e18;
    const double whole = isnan(number) ? 0 : number > most ? most : number < -most ? -most : number;
    if (type == STORE_FLOAT)
        ((float *)data)[place] = fabs(number) > 3e38 ? (float)copysign(3e38, number) : (float)number;
    if (type == STORE_FLOAT && !isfinite(number))
        ((float *)data)[place] = isnan(number) ? NAN : (float)number;
    if (type == STORE_DOUBLE) ((double *)data)[place] = number;
    if (type == STORE_INT32) ((int32_t *)data)[place] = (int32_t)whole;
    if (type == STORE_INT64) ((int64_t *)data)[place] = (int64_t)whole;
}

/* The item's data in the changed shape and type: from the beginning again where they are too few. */
static void *fill(const struct item *item, const struct item *changed)
{
    const size_t n = count_of(changed), own = count_of(item), size = element_size[changed->type];
    void *data = memory_new(n, sizeof(double));
    if (!data) abort();
    for (size_t i = 0; i < n; i++) {
        if (changed->type == STORE_TEXT)
            ((const char **)data)[i] =
                item->type == STORE_TEXT && own ? ((const char **)item->data)[i % own] : "";
        else if (changed->type == item->type && own)
            memcpy((char *)data + i * size, (const char *)item->data + i % own * size, size);
        else
            put_number(changed->type, data, i, (double)(i % 3));
    }
    return data;
}

static void apply_to_data(const struct change *change, const struct item *changed, void *data)
{
    const size_t n = count_of(changed);
    if (n == 0) return;
    if (change->what == VALUE && changed->type != STORE_TEXT)
        put_number(changed->type, data, change->place % n, number_of(change->value));
    if (change->what == TEXT && changed->type == STORE_TEXT)
        ((const char **)data)[change->place % n] = change->text;
}

static enum status write_data(struct store *store, const struct item *item, const struct change *changes,
                              int n)
{
    struct item changed = *item;
    for (int i = 0; i < n; i++) {
        if (changes[i].what == ROWS) changed.rows = changes[i].place % 64;
        if (changes[i].what == COLUMNS_OF) changed.columns = changes[i].value % 8;
        if (changes[i].what == TYPE) changed.type = (enum store_type)(changes[i].value % 5);
    }
    void *data = fill(item, &changed);
    for (int i = 0; i < n; i++) apply_to_data(&changes[i], &changed, data);
    enum status status =
        store_new(store, item->name, changed.type, changed.rows, changed.columns, changed.rows ? 0 : 8);
    if (status == OK) status = store_write(store, item->name, 0, changed.rows, data);
    memory_free(data);
    return status;
}

static enum status set_attribute(struct attributes *attributes, const char *name, const struct change *change)
{
    const double number = number_of(change->value / 3);
    if (change->value % 3 == 0) return attributes_set_text(attributes, name, change->text);
    if (change->value % 3 == 1) return attributes_set_real(attributes, name, number);
    return attributes_set_integer(attributes, name,
                                  isnan(number) || fabs(number) > 9e18 ? -7 : (long long)number);
}

static enum status write_attributes(struct store *store, const struct item *item,
                                    const struct change *changes, int n)
{
    struct attributes attributes = { 0 };
    const struct attributes *own = &item->attributes;
    enum status status = OK;
    for (size_t a = 0; a < own->count && status == OK; a++) {
        const struct change *found = NULL;
        for (int i = 0; i < n; i++)
            if (changes[i].what >= ATTRIBUTE && changes[i].place % own->count == a) found = &changes[i];
        if (found && found->what == ATTRIBUTE_GONE) continue;
        const struct attributes one = { &own->items[a], 1, 1 };
        status = found ? set_attribute(&attributes, own->items[a].name, found)
                       : attributes_copy(&attributes, &one);
    }
    if (status == OK && attributes.count > 0) status = store_set(store, item->name, &attributes);
    attributes_release(&attributes);
    return status;
}

static enum status write_item(struct store *store, const struct item *item, const struct change *changes,
                              int n)
{
    for (int i = 0; i < n; i++)
        if (changes[i].what == DROPPED) return OK;
    if (item->is_dataset) TRY(write_data(store, item, changes, n));
    return write_attributes(store, item, changes, n);
}

enum status fuzz_stores_change(int i, struct fuzz_bytes *bytes, const char *path)
{
    static struct change changes[MOST_CHANGES];
    const struct contents *contents = contents_of(i);
    struct store *store = NULL;
    enum status status;
    int n = 0;
    while (n < MOST_CHANGES && bytes->at < bytes->end) read_change(bytes, contents, &changes[n++]);
    TRY(store_create(&store, path));
    status = OK;
    for (int k = 0; k < contents->count && status == OK; k++) {
        struct change own[MOST_CHANGES];
        int n_own = 0;
        for (int c = 0; c < n; c++)
            if (changes[c].item == k) own[n_own++] = changes[c];
        status = write_item(store, &contents->items[k], own, n_own);
    }
    if (status == OK) status = store_commit(store);
    store_close(&store);
    return status;
}
