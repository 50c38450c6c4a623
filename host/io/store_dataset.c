/* Groups and datasets. Whatever a file says about types, ranks and sizes is checked before it is used. */
#include "io/store_internal.h"

#include "core/memory.h"

#include <limits.h>
#include <string.h>

static const struct {
    const char *words;
    size_t size; /* bytes of one element; a text's reference into the heap takes at least as many */
} types[] = {
    [STORE_FLOAT] = { "float32", 4 }, [STORE_DOUBLE] = { "float64", 8 }, [STORE_INT32] = { "int32", 4 },
    [STORE_INT64] = { "int64", 8 },   [STORE_TEXT] = { "text", 16 },
};

static hid_t file_type(const struct store *store, enum store_type type)
{
    const hid_t of[] = { H5T_IEEE_F32LE, H5T_IEEE_F64LE, H5T_STD_I32LE, H5T_STD_I64LE, store->text };
    return of[type];
}

static hid_t memory_type(const struct store *store, enum store_type type)
{
    const hid_t of[] = { H5T_NATIVE_FLOAT, H5T_NATIVE_DOUBLE, H5T_NATIVE_INT32, H5T_NATIVE_INT64,
                         store->text };
    return of[type];
}

/* ---------------------------------------------------------------------------------------------- groups */

hid_t store_properties(hid_t class)
{
    const unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
    const hid_t properties = H5Pcreate(class);
    H5Pset_obj_track_times(properties, 0);
    H5Pset_attr_creation_order(properties, order);
    if (class != H5P_DATASET_CREATE) H5Pset_link_creation_order(properties, order);
    return properties;
}

static int is_there(const struct store *store, const char *path)
{
    return H5Lexists(store->file, path, H5P_DEFAULT) > 0 &&
           H5Oexists_by_name(store->file, path, H5P_DEFAULT) > 0;
}

int store_has(struct store *store, const char *name)
{
    return strcmp(name, "/") == 0 || is_there(store, name);
}

static enum status make_group(struct store *store, const char *path)
{
    if (is_there(store, path)) return OK;
    enum status status = OK;
    const hid_t properties = store_properties(H5P_GROUP_CREATE);
    const hid_t group = H5Gcreate2(store->file, path, H5P_DEFAULT, properties, H5P_DEFAULT);
    if (group < 0) status = store_failed(store, path);
    H5Gclose(group);
    H5Pclose(properties);
    return status;
}

/* The groups above `path`, one after the other: HDF5's own way would give them times. */
static enum status make_groups_above(struct store *store, const char *path)
{
    char *part = memory_text(path);
    enum status status = memory_check(part);
    for (char *slash = status == OK && *part ? strchr(part + 1, '/') : NULL; slash && status == OK;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        status = make_group(store, part);
        *slash = '/';
    }
    memory_free(part);
    return status;
}

enum status store_make_groups(struct store *store, const char *path)
{
    TRY(make_groups_above(store, path));
    return make_group(store, path);
}

/* --------------------------------------------------------------------------------------- open datasets */

void store_close_datasets(struct store *store)
{
    for (size_t i = 0; i < store->count; i++) {
        H5Dclose(store->datasets[i].id);
        memory_free(store->datasets[i].name);
    }
    memory_free(store->datasets);
    store->datasets = NULL;
    store->count = store->capacity = 0;
}

/* Takes over the id, also when it fails. */
static enum status keep(struct store *store, struct store_dataset dataset, const char *name)
{
    dataset.name = memory_text(name);
    enum status status = memory_check(dataset.name);
    if (status == OK)
        status = memory_grow((void **)&store->datasets, &store->capacity, store->count, sizeof dataset);
    if (status == OK) {
        store->datasets[store->count++] = dataset;
        return OK;
    }
    memory_free(dataset.name);
    H5Dclose(dataset.id);
    return status;
}

static int find_type(hid_t id)
{
    const hid_t type = H5Dget_type(id);
    const H5T_class_t class = H5Tget_class(type);
    const size_t size = H5Tget_size(type);
    int found = -1;
    if (class == H5T_FLOAT && size == 4) found = STORE_FLOAT;
    if (class == H5T_FLOAT && size == 8) found = STORE_DOUBLE;
    if (class == H5T_INTEGER && size == 4) found = STORE_INT32;
    if (class == H5T_INTEGER && size == 8) found = STORE_INT64;
    if (class == H5T_STRING && H5Tis_variable_str(type) > 0) found = STORE_TEXT;
    H5Tclose(type);
    return found;
}

/* Rank 1 or 2; 0: the file's shape is no such thing. */
static int find_shape(hid_t id, struct store_dataset *dataset)
{
    hsize_t shape[2] = { 0, 0 };
    const hid_t space = H5Dget_space(id);
    const int rank = H5Sget_simple_extent_ndims(space), is_known = rank == 1 || rank == 2;
    if (is_known) H5Sget_simple_extent_dims(space, shape, NULL);
    H5Sclose(space);
    dataset->rows = (size_t)shape[0];
    dataset->columns = (size_t)shape[1];
    return is_known && (rank == 1 || shape[1] > 0) ? rank : 0;
}

/* The data must lie in this file, not in others that it names. */
static int find_layout(hid_t id, struct store_dataset *dataset)
{
    const hid_t properties = H5Dget_create_plist(id);
    const H5D_layout_t layout = H5Pget_layout(properties);
    const int is_inside = H5Pget_external_count(properties) == 0 && layout >= 0 && layout != H5D_VIRTUAL;
    dataset->is_chunked = layout == H5D_CHUNKED;
    H5Pclose(properties);
    return is_inside;
}

/* A shape that the file's size cannot back is a lie: nobody may allocate it. */
static int fits_into(size_t size, enum store_type type, const struct store_dataset *dataset)
{
    size_t bytes;
    const size_t columns = dataset->columns ? dataset->columns : 1;
    return dataset->columns <= INT_MAX && !__builtin_mul_overflow(dataset->rows, columns, &bytes) &&
           bytes <= size / types[type].size;
}

static enum status describe(const struct store *store, const char *name, hid_t id,
                            struct store_dataset *dataset)
{
    const int type = find_type(id);
    REQUIRE(type >= 0, ERR_INPUT, "%s: %s is of a type that earshot does not use", store->path, name);
    REQUIRE(find_shape(id, dataset) > 0, ERR_INPUT, "%s: %s is neither a vector nor a matrix", store->path,
            name);
    REQUIRE(find_layout(id, dataset), ERR_INPUT, "%s: %s lies outside the file", store->path, name);
    dataset->type = (enum store_type)type;
    dataset->id = id;
    REQUIRE(fits_into(store->size, dataset->type, dataset), ERR_INPUT,
            "%s: %s has %zu rows of %zu columns, more than the file's %zu bytes can hold", store->path, name,
            dataset->rows, dataset->columns, store->size);
    return OK;
}

/* Plain chunks are read and written where they lie, without a copy in HDF5's cache. */
static hid_t new_access(int is_cached)
{
    const hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
    if (!is_cached) H5Pset_chunk_cache(access, 0, 0, 0);
    return access;
}

static hid_t open_id(const struct store *store, const char *name)
{
    const hid_t access = new_access(!store->is_plain), id = H5Dopen2(store->file, name, access);
    H5Pclose(access);
    return id;
}

static enum status open_dataset(struct store *store, const char *name)
{
    struct store_dataset dataset = { 0 };
    REQUIRE(is_there(store, name), ERR_INPUT, "%s has no %s", store->path, name);
    const hid_t id = open_id(store, name);
    if (id < 0) return store_failed(store, name);
    const enum status status = describe(store, name, id, &dataset);
    if (status == OK) return keep(store, dataset, name);
    H5Dclose(id);
    return status;
}

static struct store_dataset *find_open(struct store *store, const char *name)
{
    for (size_t i = 0; i < store->count; i++)
        if (strcmp(store->datasets[i].name, name) == 0) return &store->datasets[i];
    return NULL;
}

static enum status find_dataset(struct store *store, const char *name, struct store_dataset **out)
{
    *out = find_open(store, name);
    if (*out) return OK;
    REQUIRE(!store->temporary, ERR_INTERNAL, "%s: %s is written before it was made", store->path, name);
    TRY(open_dataset(store, name));
    *out = &store->datasets[store->count - 1];
    return OK;
}

enum status store_shape(struct store *store, const char *name, size_t *rows, size_t *columns)
{
    struct store_dataset *dataset;
    TRY(find_dataset(store, name, &dataset));
    *rows = dataset->rows;
    *columns = dataset->columns;
    return OK;
}

/* ---------------------------------------------------------------------------------------- new datasets */

static hid_t new_space(const struct store_dataset *dataset)
{
    const hsize_t shape[2] = { dataset->rows, dataset->columns };
    const hsize_t most[2] = { dataset->is_chunked ? H5S_UNLIMITED : dataset->rows, dataset->columns };
    return H5Screate_simple(dataset->columns ? 2 : 1, shape, most);
}

static hid_t dataset_properties(const struct store *store, const struct store_dataset *dataset,
                                size_t chunk_rows)
{
    const hsize_t chunk[2] = { chunk_rows, dataset->columns };
    const hid_t properties = store_properties(H5P_DATASET_CREATE);
    if (!dataset->is_chunked) return properties;
    H5Pset_chunk(properties, dataset->columns ? 2 : 1, chunk);
    if (store->is_plain)
        H5Pset_fill_time(properties, H5D_FILL_TIME_NEVER);
    else
        H5Pset_fletcher32(properties);
    return properties;
}

enum status store_new(struct store *store, const char *name, enum store_type type, size_t rows,
                      size_t columns, size_t chunk_rows)
{
    struct store_dataset dataset = {
        .type = type, .rows = rows, .columns = columns, .is_chunked = chunk_rows > 0
    };
    TRY(make_groups_above(store, name));
    enum status status = OK;
    const hid_t space = new_space(&dataset), properties = dataset_properties(store, &dataset, chunk_rows),
                access = new_access(!store->is_plain);
    dataset.id =
        H5Dcreate2(store->file, name, file_type(store, type), space, H5P_DEFAULT, properties, access);
    if (dataset.id < 0) status = store_failed(store, name);
    H5Pclose(access);
    H5Pclose(properties);
    H5Sclose(space);
    return status == OK ? keep(store, dataset, name) : status;
}

/* ------------------------------------------------------------------------------------------------ rows */

/* What a transfer of some rows needs: where they lie in the file, and in memory. */
struct selection {
    hid_t file, memory;
};

static struct selection select_rows(const struct store_dataset *dataset, size_t first_row, size_t rows)
{
    const hsize_t start[2] = { first_row, 0 }, count[2] = { rows, dataset->columns };
    struct selection s = { .file = H5Dget_space(dataset->id),
                           .memory = H5Screate_simple(dataset->columns ? 2 : 1, count, NULL) };
    H5Sselect_hyperslab(s.file, H5S_SELECT_SET, start, NULL, count, NULL);
    return s;
}

static void release_selection(const struct selection *selection)
{
    H5Sclose(selection->file);
    H5Sclose(selection->memory);
}

static enum status grow(const struct store *store, struct store_dataset *dataset, size_t rows)
{
    const hsize_t shape[2] = { rows, dataset->columns };
    if (rows <= dataset->rows) return OK;
    REQUIRE(dataset->is_chunked, ERR_INTERNAL, "%s: %s has %zu rows, row %zu is written", store->path,
            dataset->name, dataset->rows, rows);
    if (H5Dset_extent(dataset->id, shape) < 0) return store_failed(store, dataset->name);
    dataset->rows = rows;
    return OK;
}

/* HDF5 clears two buffers of 1 MiB whenever it converts, as it does with texts, unless it is told what is enough:
 * an element has 16 bytes at most. */
static void fit_buffers(hid_t transfer, const struct store_dataset *dataset, size_t rows)
{
    enum { ELEMENT = 16, MOST = 1 << 20 };
    const size_t n = rows * (dataset->columns ? dataset->columns : 1);
    H5Pset_buffer(transfer, n < MOST / ELEMENT ? n * ELEMENT : MOST, NULL, NULL);
}

enum status store_write(struct store *store, const char *name, size_t first_row, size_t rows,
                        const void *data)
{
    struct store_dataset *dataset;
    if (rows == 0) return OK;
    TRY(find_dataset(store, name, &dataset));
    TRY(grow(store, dataset, first_row + rows));
    enum status status = OK;
    const struct selection s = select_rows(dataset, first_row, rows);
    fit_buffers(store->transfer, dataset, rows);
    if (H5Dwrite(dataset->id, memory_type(store, dataset->type), s.memory, s.file, store->transfer, data) < 0)
        status = store_failed(store, name);
    release_selection(&s);
    return status;
}

/* HDF5 asks us for the memory of every text it reads. We give no more than an honest file can need, and keep
 * a list, so that a read that fails half-way leaks nothing. */
struct text_memory {
    size_t left;
    char **texts;
    size_t count, capacity;
    int is_short; /* there was none, for a text that might be honest */
};

static void *text_new(size_t size, void *info)
{
    struct text_memory *memory = info;
    if (size > memory->left || memory->count == memory->capacity) return NULL;
    char *text = memory_new(size, 1);
    if (!text) {
        memory->is_short = 1;
        return NULL;
    }
    memory->left -= size;
    return memory->texts[memory->count++] = text;
}

/* What was handed out is released through the list, or by the caller of store_read. */
static void text_keep(void *text, void *info)
{
    (void)text;
    (void)info;
}

static enum status read_texts(const struct store *store, const struct store_dataset *dataset,
                              const struct selection *s, size_t rows, char **data)
{
    struct text_memory memory = { .left = store->size + rows, .capacity = rows };
    TRY(memory_check(memory.texts = memory_new(rows, sizeof *memory.texts)));
    enum status status = OK;
    const hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
    fit_buffers(transfer, dataset, rows);
    H5Pset_vlen_mem_manager(transfer, text_new, &memory, text_keep, NULL);
    if (H5Dread(dataset->id, store->text, s->memory, s->file, transfer, data) < 0)
        status = memory.is_short
                     ? fail(ERR_MEMORY, "%s: no memory for the texts of %s", store->path, dataset->name)
                     : store_failed(store, dataset->name);
    for (size_t i = 0; status == OK && i < rows; i++)
        if (!data[i]) status = memory_check(data[i] = memory.texts[memory.count++] = memory_text(""));
    for (size_t i = 0; status != OK && i < memory.count; i++) memory_free(memory.texts[i]);
    H5Pclose(transfer);
    memory_free(memory.texts);
    return status;
}

static enum status read_numbers(const struct store *store, const struct store_dataset *dataset,
                                const struct selection *s, void *data)
{
    if (H5Dread(dataset->id, memory_type(store, dataset->type), s->memory, s->file, store->transfer, data) <
        0)
        return store_failed(store, dataset->name);
    return OK;
}

enum status store_read(struct store *store, const char *name, enum store_type type, size_t first_row,
                       size_t rows, void *data)
{
    struct store_dataset *dataset;
    TRY(find_dataset(store, name, &dataset));
    REQUIRE(dataset->type == type, ERR_INPUT, "%s: %s holds %s, expected %s", store->path, name,
            types[dataset->type].words, types[type].words);
    REQUIRE(first_row <= dataset->rows && rows <= dataset->rows - first_row, ERR_INPUT,
            "%s: %s has %zu rows, rows %zu to %zu were asked for", store->path, name, dataset->rows,
            first_row, first_row + rows);
    if (rows == 0) return OK;
    const struct selection s = select_rows(dataset, first_row, rows);
    const enum status status = type == STORE_TEXT ? read_texts(store, dataset, &s, rows, data)
                                                  : read_numbers(store, dataset, &s, data);
    release_selection(&s);
    return status;
}

enum status store_read_column(struct store *store, const char *name, enum store_type type, size_t first_row,
                              size_t rows, void *data)
{
    size_t found, columns;
    TRY(store_shape(store, name, &found, &columns));
    REQUIRE(columns == 0, ERR_INPUT, "%s: %s has rows of %zu columns, a single column is expected",
            store->path, name, columns);
    return store_read(store, name, type, first_row, rows, data);
}
