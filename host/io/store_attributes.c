/* Attributes of groups and datasets, and the names of a group's members. */
#include "io/store_internal.h"

#include "core/memory.h"

#include <string.h>

/* --------------------------------------------------------------------------------------------- writing */

static enum status write_attribute(const struct store *store, hid_t object, const struct attribute *item)
{
    const int is_text = item->type == ATTRIBUTE_TEXT, is_integer = item->type == ATTRIBUTE_INTEGER;
    const void *value = is_text      ? (const void *)&item->text
                        : is_integer ? (const void *)&item->integer
                                     : &item->real;
    const hid_t in_file = is_text ? store->text : is_integer ? H5T_STD_I64LE : H5T_IEEE_F64LE;
    const hid_t in_memory = is_text ? store->text : is_integer ? H5T_NATIVE_LLONG : H5T_NATIVE_DOUBLE;
    enum status status = OK;
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t id = H5Acreate2(object, item->name, in_file, space, H5P_DEFAULT, H5P_DEFAULT);
    if (id < 0 || H5Awrite(id, in_memory, value) < 0) status = store_failed(store, item->name);
    H5Aclose(id);
    H5Sclose(space);
    return status;
}

enum status store_set(struct store *store, const char *object, const struct attributes *attributes)
{
    if (!store_has(store, object)) TRY(store_make_groups(store, object));
    const hid_t id = H5Oopen(store->file, object, H5P_DEFAULT);
    if (id < 0) return store_failed(store, object);
    enum status status = OK;
    for (size_t i = 0; status == OK && i < attributes->count; i++)
        status = write_attribute(store, id, &attributes->items[i]);
    H5Oclose(id);
    return status;
}

/* --------------------------------------------------------------------------------------------- reading */

/* One attribute on its way from HDF5 to struct attributes. */
struct reading {
    const struct store *store;
    struct attributes *attributes;
    enum status status;
};

static enum status read_text(struct reading *reading, hid_t id, const char *name)
{
    char *text = NULL;
    if (H5Aread(id, reading->store->text, &text) < 0) return store_failed(reading->store, name);
    const enum status status = attributes_set_text(reading->attributes, name, text ? text : "");
    H5free_memory(text);
    return status;
}

static enum status read_integer(struct reading *reading, hid_t id, const char *name)
{
    long long value = 0;
    if (H5Aread(id, H5T_NATIVE_LLONG, &value) < 0) return store_failed(reading->store, name);
    return attributes_set_integer(reading->attributes, name, value);
}

static enum status read_real(struct reading *reading, hid_t id, const char *name)
{
    double value = 0;
    if (H5Aread(id, H5T_NATIVE_DOUBLE, &value) < 0) return store_failed(reading->store, name);
    return attributes_set_real(reading->attributes, name, value);
}

static enum status read_scalar(struct reading *reading, hid_t id, const char *name)
{
    const hid_t type = H5Aget_type(id);
    const H5T_class_t class = H5Tget_class(type);
    const int is_text = class == H5T_STRING && H5Tis_variable_str(type) > 0;
    H5Tclose(type);
    if (is_text) return read_text(reading, id, name);
    if (class == H5T_INTEGER) return read_integer(reading, id, name);
    if (class == H5T_FLOAT) return read_real(reading, id, name);
    return OK;
}

/* Called by H5Aiterate2 for each attribute; a negative answer ends it. */
static herr_t read_attribute(hid_t object, const char *name, const H5A_info_t *info, void *context)
{
    struct reading *reading = context;
    (void)info;
    const hid_t id = H5Aopen(object, name, H5P_DEFAULT);
    if (id < 0) {
        reading->status = store_failed(reading->store, name);
        return -1;
    }
    const hid_t space = H5Aget_space(id);
    if (H5Sget_simple_extent_npoints(space) == 1) reading->status = read_scalar(reading, id, name);
    H5Sclose(space);
    H5Aclose(id);
    return reading->status == OK ? 0 : -1;
}

enum status store_get(struct store *store, const char *object, struct attributes *attributes)
{
    struct reading reading = { .store = store, .attributes = attributes, .status = OK };
    REQUIRE(store_has(store, object), ERR_INPUT, "%s has no %s", store->path, object);
    const hid_t id = H5Oopen(store->file, object, H5P_DEFAULT);
    if (id < 0) return store_failed(store, object);
    herr_t done = H5Aiterate2(id, H5_INDEX_CRT_ORDER, H5_ITER_INC, NULL, read_attribute, &reading);
    /* files that others made may keep no order */
    if (done < 0 && reading.status == OK && attributes->count == 0)
        done = H5Aiterate2(id, H5_INDEX_NAME, H5_ITER_INC, NULL, read_attribute, &reading);
    if (done < 0 && reading.status == OK) reading.status = store_failed(store, object);
    H5Oclose(id);
    return reading.status;
}

/* --------------------------------------------------------------------------------------------- members */

static H5_index_t member_order(hid_t group)
{
    unsigned flags = 0;
    const hid_t properties = H5Gget_create_plist(group);
    H5Pget_link_creation_order(properties, &flags);
    H5Pclose(properties);
    return flags & H5P_CRT_ORDER_TRACKED ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
}

static enum status member_name(const struct store *store, hid_t group, H5_index_t order, hsize_t i,
                               char **name)
{
    const ssize_t length = H5Lget_name_by_idx(group, ".", order, H5_ITER_INC, i, NULL, 0, H5P_DEFAULT);
    if (length < 0) return store_failed(store, "a group");
    TRY(memory_check(*name = memory_new((size_t)length + 1, 1)));
    H5Lget_name_by_idx(group, ".", order, H5_ITER_INC, i, *name, (size_t)length + 1, H5P_DEFAULT);
    return OK;
}

static enum status list_members(const struct store *store, hid_t group, char ***names, size_t *count)
{
    size_t capacity = 0;
    H5G_info_t info;
    const H5_index_t order = member_order(group);
    if (H5Gget_info(group, &info) < 0) return store_failed(store, "a group");
    for (hsize_t i = 0; i < info.nlinks; i++) {
        TRY(memory_grow((void **)names, &capacity, *count, sizeof **names));
        TRY(member_name(store, group, order, i, &(*names)[*count]));
        ++*count;
    }
    return OK;
}

enum status store_members(struct store *store, const char *group, char ***names, size_t *count)
{
    *names = NULL;
    *count = 0;
    const hid_t id = store_has(store, group) ? H5Gopen2(store->file, group, H5P_DEFAULT) : H5I_INVALID_HID;
    REQUIRE(id >= 0, ERR_INPUT, "%s has no group %s", store->path, group);
    const enum status status = list_members(store, id, names, count);
    H5Gclose(id);
    if (status == OK) return OK;
    for (size_t i = 0; i < *count; i++) memory_free((*names)[i]);
    memory_free(*names);
    *names = NULL;
    *count = 0;
    return status;
}
