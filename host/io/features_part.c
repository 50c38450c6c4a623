/* Writing one part: rows go to the file as they come, the table and the starts when it is committed. */
#include "io/features_internal.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

struct part {
    struct store *store;
    struct attributes provenance;
    struct features_table table;
    int columns;
    struct merge_result counts;
    struct patch_origin {
        double start_s;
        int32_t recording;
    } * origins; /* [patches] */
    size_t n_origins, capacity;
};

/* All that parts and the final file say about their making. */
static enum status full_provenance(const struct attributes *given, struct attributes *full)
{
    TRY(attributes_set_text(full, "program_version", EARSHOT_VERSION));
    return attributes_copy(full, given);
}

static enum status begin(struct part *part, const char *path, const struct attributes *provenance)
{
    TRY(full_provenance(provenance, &part->provenance));
    TRY(store_create(&part->store, path));
    store_leave_chunks_plain(part->store); /* features_open_part compares the whole file's checksum */
    return store_new(part->store, "/features", STORE_FLOAT, 0, (size_t)part->columns,
                     (size_t)features_chunk_rows(part->columns));
}

enum status part_create(struct part **out, const char *path, int columns, const struct attributes *provenance)
{
    REQUIRE(columns > 0, ERR_INTERNAL, "%s: a part of %d columns", path, columns);
    struct part *part = memory_new(1, sizeof *part);
    *out = part;
    TRY(memory_check(part));
    part->columns = columns;
    const enum status status = begin(part, path, provenance);
    if (status != OK) part_close(out);
    return status;
}

/* ------------------------------------------------------------------------------------------- appending */

static enum status add_row(struct part *part, struct feature_recording *row)
{
    struct features_table *table = &part->table;
    const enum status status =
        memory_grow((void **)&table->rows, &table->capacity, table->count, sizeof *table->rows);
    if (status != OK) {
        feature_recording_release(row);
        return status;
    }
    table->rows[table->count++] = *row;
    *row = (struct feature_recording){ 0 };
    return OK;
}

static enum status add_origins(struct part *part, int n_patches, const double *start_s)
{
    const int32_t recording = (int32_t)(part->table.count - 1);
    for (int p = 0; p < n_patches; p++) {
        TRY(memory_grow((void **)&part->origins, &part->capacity, part->n_origins, sizeof *part->origins));
        part->origins[part->n_origins++] = (struct patch_origin){ start_s[p], recording };
    }
    return OK;
}

/* Without a way out of the loop, so that it becomes vectors. */
static int is_finite(const float *values, size_t n)
{
    int n_others = 0;
    for (size_t i = 0; i < n; i++) n_others += !isfinite(values[i]);
    return n_others == 0;
}

static enum status check_finite(const struct part *part, const char *recording, int n_patches,
                                const float *rows)
{
    const size_t columns = (size_t)part->columns;
    for (size_t p = 0; p < (size_t)n_patches; p++) {
        const float *row = rows + p * columns;
        if (is_finite(row, columns)) continue;
        for (size_t j = 0; j < columns; j++)
            REQUIRE(isfinite(row[j]), ERR_INPUT,
                    "%s: feature %zu of patch %zu is %g; are the weights broken?", recording, j, p,
                    (double)row[j]);
    }
    return OK;
}

static enum status append_patches(struct part *part, int n_patches, const float *rows, const double *start_s)
{
    const char *recording = part->table.rows[part->table.count - 1].of.path;
    TRY(check_finite(part, recording, n_patches, rows));
    TRY(add_origins(part, n_patches, start_s));
    TRY(store_write(part->store, "/features", (size_t)part->counts.patches, (size_t)n_patches, rows));
    part->counts.patches += n_patches;
    return OK;
}

enum status part_append(struct part *part, struct feature_recording *row, int n_patches, const float *rows,
                        const double *start_s)
{
    row->first_patch = part->counts.patches;
    row->n_patches = n_patches;
    const int is_failed = row->status == RECORDING_FAILED;
    TRY(add_row(part, row));
    part->counts.recordings++;
    part->counts.failed += is_failed;
    return append_patches(part, n_patches, rows, start_s);
}

/* ------------------------------------------------------------------------------------------ committing */

static enum status write_origins(struct part *part)
{
    const size_t n = part->n_origins;
    int32_t *recording = memory_new(n, sizeof *recording);
    double *start_s = memory_new(n, sizeof *start_s);
    enum status status = recording && start_s ? OK : ERR_MEMORY;
    for (size_t i = 0; status == OK && i < n; i++) {
        recording[i] = part->origins[i].recording;
        start_s[i] = part->origins[i].start_s;
    }
    if (status == OK) status = features_patches_new(part->store, (long long)n);
    if (status == OK) status = store_write(part->store, "/patches/recording", 0, n, recording);
    if (status == OK) status = store_write(part->store, "/patches/start_s", 0, n, start_s);
    memory_free(recording);
    memory_free(start_s);
    return status;
}

enum status part_commit(struct part **part)
{
    struct part *p = *part;
    TRY(write_origins(p));
    TRY(features_table_new(p->store, p->table.count));
    TRY(features_table_write(p->store, 0, &p->table));
    TRY(features_write_attributes(p->store, FEATURES_PART_FORMAT, &p->provenance, &p->counts));
    TRY(store_commit(p->store));
    part_close(part);
    return OK;
}

void part_close(struct part **part)
{
    struct part *p = *part;
    if (!p) return;
    store_close(&p->store);
    attributes_release(&p->provenance);
    features_table_release(&p->table);
    memory_free(p->origins);
    memory_free(p);
    *part = NULL;
}

/* -------------------------------------------------------------------------------------------- going on */

/* A part that cannot be read is no part of this run: the caller is told to decide, as for other options. */
static enum status compare_part(const char *path, const struct attributes *expected,
                                struct merge_result *counts)
{
    struct features *found = NULL;
    enum status status = features_open_part(&found, path);
    if (status == ERR_INPUT) status = ERR_USAGE;
    if (status == OK)
        status = features_compare_provenance(ERR_USAGE, path, features_provenance(found), expected);
    if (status == OK) *counts = found->counts;
    features_close(&found);
    return status;
}

enum status part_check(const char *path, const struct attributes *provenance, int *complete,
                       struct merge_result *counts)
{
    struct attributes expected = { 0 };
    *complete = 0;
    if (access(path, F_OK) != 0) return OK;
    enum status status = full_provenance(provenance, &expected);
    if (status == OK) status = compare_part(path, &expected, counts);
    *complete = status == OK;
    attributes_release(&expected);
    return status;
}
