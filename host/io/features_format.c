/* What parts and final files have in common: root attributes and the patches' columns. */
#include "io/features_internal.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { CHUNK_BYTES = 512 * 1024, PRINTED_VALUE = 256 };

int features_chunk_rows(int columns)
{
    const int rows = CHUNK_BYTES / (int)sizeof(float) / columns;
    return rows > 0 ? rows : 1;
}

enum status features_patches_new(struct store *store, long long patches)
{
    TRY(store_new(store, "/patches/recording", STORE_INT32, (size_t)patches, 0, 0));
    return store_new(store, "/patches/start_s", STORE_DOUBLE, (size_t)patches, 0, 0);
}

/* ------------------------------------------------------------------------------------- root attributes */

/* Those that the file format itself writes; all others are provenance. */
static int is_format_attribute(const char *name)
{
    static const char *const names[] = { "format",   "format_version", "n_recordings",
                                         "n_failed", "n_patches",      "complete" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return 1;
    return 0;
}

static enum status set_counts(struct attributes *root, const struct merge_result *counts)
{
    TRY(attributes_set_integer(root, "n_recordings", counts->recordings));
    TRY(attributes_set_integer(root, "n_failed", counts->failed));
    TRY(attributes_set_integer(root, "n_patches", counts->patches));
    return attributes_set_integer(root, "complete", 1);
}

static enum status collect_attributes(struct attributes *root, const char *format,
                                      const struct attributes *provenance, const struct merge_result *counts)
{
    TRY(attributes_set_text(root, "format", format));
    TRY(attributes_set_integer(root, "format_version", FEATURES_VERSION));
    TRY(attributes_copy(root, provenance));
    return set_counts(root, counts);
}

enum status features_write_attributes(struct store *store, const char *format,
                                      const struct attributes *provenance, const struct merge_result *counts)
{
    struct attributes root = { 0 };
    enum status status = collect_attributes(&root, format, provenance, counts);
    if (status == OK) status = store_set(store, "/", &root);
    attributes_release(&root);
    return status;
}

static enum status check_format(const char *path, const char *format, const struct attributes *root)
{
    const char *found = attributes_text(root, "format", "");
    REQUIRE(strcmp(format, FEATURES_FORMAT) != 0 || strcmp(found, FEATURES_PART_FORMAT) != 0, ERR_INPUT,
            "%s is one part of a feature file; earshot merge joins parts", path);
    REQUIRE(strcmp(found, format) == 0, ERR_INPUT,
            "%s is not a feature file of earshot: format is \"%s\", expected \"%s\"", path, found, format);
    const long long version = attributes_integer(root, "format_version", 0);
    REQUIRE(version == FEATURES_VERSION, ERR_INPUT, "%s: format version %lld, this earshot reads version %d",
            path, version, FEATURES_VERSION);
    REQUIRE(attributes_integer(root, "complete", 0) == 1, ERR_INPUT, "%s is not complete", path);
    return OK;
}

static enum status read_counts(const char *path, const struct attributes *root, struct merge_result *counts)
{
    *counts = (struct merge_result){ .recordings = attributes_integer(root, "n_recordings", -1),
                                     .failed = attributes_integer(root, "n_failed", -1),
                                     .patches = attributes_integer(root, "n_patches", -1) };
    REQUIRE(counts->recordings >= 0 && counts->recordings <= INT_MAX && counts->failed >= 0 &&
                counts->patches >= 0,
            ERR_INPUT, "%s: n_recordings %lld, n_failed %lld, n_patches %lld cannot be", path,
            counts->recordings, counts->failed, counts->patches);
    return OK;
}

static enum status copy_provenance(const struct attributes *root, struct attributes *provenance)
{
    for (size_t i = 0; i < root->count; i++) {
        struct attributes one = { .items = &root->items[i], .count = 1 };
        if (!is_format_attribute(root->items[i].name)) TRY(attributes_copy(provenance, &one));
    }
    return OK;
}

enum status features_read_attributes(struct store *store, const char *format, struct attributes *provenance,
                                     struct merge_result *counts)
{
    struct attributes root = { 0 };
    enum status status = store_get(store, "/", &root);
    if (status == OK) status = check_format(store_path(store), format, &root);
    if (status == OK) status = read_counts(store_path(store), &root, counts);
    if (status == OK) status = copy_provenance(&root, provenance);
    attributes_release(&root);
    return status;
}

/* ------------------------------------------------------------------------------------------- comparing */

static void print(const struct attribute *item, char text[PRINTED_VALUE])
{
    snprintf(text, PRINTED_VALUE, "missing");
    if (item) attribute_print(item, text, PRINTED_VALUE);
}

/* Whether every attribute of `names` is in both with the same value; the first that differs is named. */
static enum status compare_one_way(enum status status, const char *path, const struct attributes *names,
                                   const struct attributes *found, const struct attributes *expected)
{
    for (size_t i = 0; i < names->count; i++) {
        char is[PRINTED_VALUE], should[PRINTED_VALUE];
        const char *name = names->items[i].name;
        const struct attribute *one = attributes_find(found, name), *other = attributes_find(expected, name);
        print(one, is);
        print(other, should);
        REQUIRE(one && other && one->type == other->type && strcmp(is, should) == 0, status,
                "%s was made otherwise: %s is %s, expected %s", path, name, is, should);
    }
    return OK;
}

enum status features_compare_provenance(enum status status, const char *path, const struct attributes *found,
                                        const struct attributes *expected)
{
    TRY(compare_one_way(status, path, expected, found, expected));
    return compare_one_way(status, path, found, found, expected);
}
