/* Reading feature files and parts. Everything but the rows is read and checked when the file is opened. */
#include "io/features_internal.h"

#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ------------------------------------------------------------------------------------------ statistics */

static struct features_group *find_group(const struct features *features, const char *name)
{
    for (size_t i = 0; i < features->n_groups; i++)
        if (strcmp(features->groups[i].name, name) == 0) return &features->groups[i];
    return NULL;
}

static enum status read_vector(struct store *store, const char *group, const char *member, int columns,
                               double *out)
{
    char name[GROUP_NAME + 64];
    size_t rows, n_columns;
    snprintf(name, sizeof name, "/standardization/%s/%s", group, member);
    TRY(store_shape(store, name, &rows, &n_columns));
    REQUIRE(rows == (size_t)columns && n_columns == 0, ERR_INPUT,
            "%s: %s has %zu rows, /features has %d columns", store_path(store), name, rows, columns);
    return store_read(store, name, STORE_DOUBLE, 0, rows, out);
}

static enum status read_basis(struct store *store, struct features_group *group)
{
    char name[GROUP_NAME + 64], *basis = NULL;
    int64_t n = 0;
    snprintf(name, sizeof name, "/standardization/%s/n", group->name);
    TRY(store_read_column(store, name, STORE_INT64, 0, 1, &n));
    snprintf(name, sizeof name, "/standardization/%s/basis", group->name);
    TRY(store_read_column(store, name, STORE_TEXT, 0, 1, &basis));
    group->scaler.n = n;
    const int is_known = strcmp(basis, "normal") == 0 || strcmp(basis, "all") == 0;
    if (is_known) snprintf(group->basis, sizeof group->basis, "%s", basis);
    memory_free(basis);
    REQUIRE(is_known && n > 0, ERR_INPUT, "%s: %s: expected normal or all, of at least one row",
            store_path(store), name);
    return OK;
}

static enum status check_scaler(const char *path, const struct features_group *group)
{
    for (int j = 0; j < group->scaler.columns; j++) {
        const double mean = group->scaler.mean[j], scale = group->scaler.scale[j];
        REQUIRE(isfinite(mean) && isfinite(scale) && scale > 0, ERR_INPUT,
                "%s: /standardization/%s: column %d has mean %g and scale %g", path, group->name, j, mean,
                scale);
    }
    return OK;
}

static enum status read_group(struct features *features, struct features_group *group)
{
    TRY(scaler_init(&group->scaler, features->columns));
    TRY(read_vector(features->store, group->name, "mean", features->columns, group->scaler.mean));
    TRY(read_vector(features->store, group->name, "scale", features->columns, group->scaler.scale));
    TRY(read_basis(features->store, group));
    return check_scaler(store_path(features->store), group);
}

static enum status need_group(struct features *features, const char *name, int *place)
{
    const struct features_group *found = find_group(features, name);
    if (found) {
        *place = (int)(found - features->groups);
        return OK;
    }
    TRY(memory_grow((void **)&features->groups, &features->groups_capacity, features->n_groups,
                    sizeof *features->groups));
    struct features_group *group = &features->groups[features->n_groups];
    *group = (struct features_group){ 0 };
    snprintf(group->name, sizeof group->name, "%s", name);
    *place = (int)features->n_groups++;
    return read_group(features, group);
}

static enum status read_groups(struct features *features)
{
    const struct features_table *table = &features->table;
    TRY(memory_check(features->group_of = memory_new(table->count, sizeof *features->group_of)));
    for (size_t i = 0; i < table->count; i++) {
        char name[GROUP_NAME];
        features->group_of[i] = -1;
        if (features->is_part || table->rows[i].n_patches == 0) continue;
        recording_group(&table->rows[i].of, name);
        TRY(need_group(features, name, &features->group_of[i]));
    }
    return OK;
}

/* ---------------------------------------------------------------------------------------------- shapes */

static enum status check_features_shape(struct features *features)
{
    size_t rows, columns;
    const char *path = store_path(features->store);
    TRY(store_shape(features->store, "/features", &rows, &columns));
    REQUIRE(columns > 0, ERR_INPUT, "%s: /features is a vector, expected a matrix", path);
    REQUIRE(rows == (size_t)features->counts.patches, ERR_INPUT,
            "%s: /features has %zu rows, the attribute n_patches is %lld", path, rows,
            features->counts.patches);
    features->columns = (int)columns;
    return OK;
}

static enum status check_column_shape(struct features *features, const char *name)
{
    size_t rows, columns;
    TRY(store_shape(features->store, name, &rows, &columns));
    REQUIRE(rows == (size_t)features->counts.patches && columns == 0, ERR_INPUT,
            "%s: %s has %zu rows, /features has %lld", store_path(features->store), name, rows,
            features->counts.patches);
    return OK;
}

/* Recordings' patches follow each other without gaps and are as many as there are rows. */
static enum status check_table(const struct features *features)
{
    const struct features_table *table = &features->table;
    const char *path = store_path(features->store);
    long long next = 0, failed = 0;
    for (size_t i = 0; i < table->count; i++) {
        const struct feature_recording *row = &table->rows[i];
        REQUIRE(row->first_patch == next && row->n_patches >= 0, ERR_INPUT,
                "%s: recording %zu has %d patches from %lld on, expected from %lld on", path, i,
                row->n_patches, row->first_patch, next);
        next += row->n_patches;
        failed += row->status == RECORDING_FAILED;
    }
    REQUIRE(next == features->counts.patches, ERR_INPUT,
            "%s: the recordings have %lld patches, /features %lld rows", path, next,
            features->counts.patches);
    REQUIRE(table->count == (size_t)features->counts.recordings && failed == features->counts.failed,
            ERR_INPUT, "%s: %zu recordings, %lld of them failed; the attributes say %lld and %lld", path,
            table->count, failed, features->counts.recordings, features->counts.failed);
    return OK;
}

/* ------------------------------------------------------------------------------------ opening, closing */

enum status features_load(struct features *features)
{
    TRY(check_features_shape(features));
    TRY(check_column_shape(features, "/patches/recording"));
    TRY(check_column_shape(features, "/patches/start_s"));
    TRY(features_table_read(features->store, &features->table));
    TRY(check_table(features));
    TRY(guards_read(features->store, &features->counts.guards));
    features->counts.guards.columns = features->columns;
    return read_groups(features);
}

/* Somebody who waits for the file learns how far it is. */
static enum status tell_parts(enum status status, const char *path)
{
    struct stat there;
    char *parts = memory_print("%s.parts", path);
    const int is_begun = parts && stat(path, &there) != 0 && stat(parts, &there) == 0;
    memory_free(parts);
    REQUIRE(!is_begun, status,
            "%s is not there, only parts of it in %s.parts; earshot merge %s joins them, or says "
            "what is missing",
            path, path, path);
    return status;
}

enum status features_identify(struct features **out, const char *path, const char *format)
{
    struct features *features = memory_new(1, sizeof *features);
    *out = features;
    TRY(memory_check(features));
    features->is_part = strcmp(format, FEATURES_PART_FORMAT) == 0;
    enum status status = store_open_sealed(&features->store, path);
    if (status == OK && features->is_part) store_leave_chunks_plain(features->store);
    if (status == OK)
        status = features_read_attributes(features->store, format, &features->provenance, &features->counts);
    if (status != OK) features_close(out);
    return status == ERR_INPUT ? tell_parts(status, path) : status;
}

static enum status open_format(struct features **out, const char *path, const char *format)
{
    TRY(features_identify(out, path, format));
    const enum status status = features_load(*out);
    if (status != OK) features_close(out);
    return status;
}

int features_is_file(const char *path)
{
    static const char signature[8] = "\211HDF\r\n\032\n";
    char found[520] = "";
    struct stat there;
    const int file =
        stat(path, &there) == 0 && S_ISREG(there.st_mode) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return 0;
    const ssize_t n = read(file, found, sizeof found);
    close(file);
    return n >= 8 && (memcmp(found, signature, 8) == 0 || memcmp(found + 512, signature, 8) == 0);
}

enum status features_open(struct features **out, const char *path)
{
    return open_format(out, path, FEATURES_FORMAT);
}

enum status features_open_part(struct features **out, const char *path)
{
    return open_format(out, path, FEATURES_PART_FORMAT);
}

void features_close(struct features **features)
{
    struct features *f = *features;
    if (!f) return;
    store_close(&f->store);
    attributes_release(&f->provenance);
    features_table_release(&f->table);
    for (size_t i = 0; i < f->n_groups; i++) scaler_release(&f->groups[i].scaler);
    memory_free(f->groups);
    memory_free(f->group_of);
    memory_free(f);
    *features = NULL;
}

/* ---------------------------------------------------------------------------------------- what it says */

const struct attributes *features_provenance(const struct features *features)
{
    return &features->provenance;
}

const struct features_table *features_recordings(const struct features *features)
{
    return &features->table;
}

const struct merge_result *features_counts(const struct features *features)
{
    return &features->counts;
}

int features_columns(const struct features *features)
{
    return features->columns;
}

long long features_patches(const struct features *features)
{
    return features->counts.patches;
}

const char *features_basis(const struct features *features, const char *group, long long *n)
{
    const struct features_group *found = find_group(features, group);
    *n = found ? found->scaler.n : 0;
    return found ? found->basis : NULL;
}

/* ------------------------------------------------------------------------------------------------ rows */

static enum status check_range(const struct features *features, long long first, long long count)
{
    const long long patches = features->counts.patches;
    REQUIRE(first >= 0 && count >= 0 && first <= patches && count <= patches - first, ERR_INTERNAL,
            "%s: %lld patches from %lld on were asked for, it has %lld", store_path(features->store), count,
            first, patches);
    return OK;
}

enum status features_read_stored(struct features *features, long long first, long long count, float *rows)
{
    TRY(check_range(features, first, count));
    return store_read(features->store, "/features", STORE_FLOAT, (size_t)first, (size_t)count, rows);
}

enum status features_read_starts(struct features *features, long long first, long long count, double *start_s)
{
    TRY(check_range(features, first, count));
    return store_read_column(features->store, "/patches/start_s", STORE_DOUBLE, (size_t)first, (size_t)count,
                             start_s);
}

/* The recording that holds a patch. */
static size_t find_recording(const struct features_table *table, long long patch)
{
    size_t low = 0, high = table->count;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (table->rows[middle].first_patch <= patch)
            low = middle;
        else
            high = middle;
    }
    return low;
}

enum status features_read(struct features *features, long long first, long long count, float *raw)
{
    TRY(features_read_stored(features, first, count, raw));
    const struct features_table *table = &features->table;
    const long long end = first + count;
    for (size_t i = find_recording(table, first); !features->is_part && first < end; i++) {
        const struct feature_recording *row = &table->rows[i];
        const long long last = row->first_patch + row->n_patches, n = (last < end ? last : end) - first;
        if (n <= 0) continue;
        scaler_undo(&features->groups[features->group_of[i]].scaler, raw, (int)n, raw);
        raw += (size_t)n * features->columns;
        first += n;
    }
    return OK;
}
