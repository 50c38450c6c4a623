/* Parts → the final file. Two passes over the parts: statistics of every group, then standardised rows. A
 * recording is read in blocks, so memory is bounded by one part's table and one block. Whatever the cut into
 * parts, the same calls to the store follow each other, so the bytes are the same. */
#include "io/features_internal.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

/* Rows of the table are written so many at a time, wherever parts end. */
enum { TABLE_ROWS = 256, HASH_STEP = 4 };

/* A group's rows are counted in two scalers, because only at the end it is known whether any is labelled
 * normal; if none is, `others` are all. */
struct group {
    char name[GROUP_NAME];
    struct scaler normal, others;
};

struct merge {
    const char *const *parts;
    size_t n_parts;
    const atomic_int *stop;
    struct attributes provenance; /* of the first part: all others have the same */
    int columns;
    struct group *groups; /* in the order of their first rows */
    size_t n_groups, capacity;
    struct merge_result counts;
    struct store *out;
    struct merge_result written;
    struct guard_watch *watch;
    XXH3_state_t *hash;            /* of one recording's features */
    struct features_table waiting; /* the last rows of the table, not yet written */
    int block_rows;
    float *block;        /* [block_rows][columns] */
    double *start_s;     /* [block_rows] */
    int32_t *recordings; /* [block_rows] */
};

static void merge_release(struct merge *merge)
{
    store_close(&merge->out);
    attributes_release(&merge->provenance);
    features_table_release(&merge->waiting);
    guard_watch_close(&merge->watch);
    XXH3_freeState(merge->hash);
    for (size_t i = 0; i < merge->n_groups; i++) {
        scaler_release(&merge->groups[i].normal);
        scaler_release(&merge->groups[i].others);
    }
    memory_free(merge->groups);
    memory_free(merge->block);
    memory_free(merge->start_s);
    memory_free(merge->recordings);
}

/* What a pass does with the rows of one block, which lie in merge->block. */
typedef enum status block_work(struct merge *merge, struct features *part,
                               const struct feature_recording *row, struct group *group, long long first,
                               int n);

static enum status for_each_block(struct merge *merge, struct features *part,
                                  const struct feature_recording *row, struct group *group, block_work *work)
{
    for (int done = 0, n; done < row->n_patches; done += n) {
        n = row->n_patches - done < merge->block_rows ? row->n_patches - done : merge->block_rows;
        TRY(features_read_stored(part, row->first_patch + done, n, merge->block));
        TRY(work(merge, part, row, group, row->first_patch + done, n));
    }
    return OK;
}

/* ------------------------------------------------------------------------------ first pass: statistics */

static enum status find_group(struct merge *merge, const struct recording *recording, struct group **out)
{
    char name[GROUP_NAME];
    recording_group(recording, name);
    for (size_t i = 0; i < merge->n_groups; i++) {
        *out = &merge->groups[i];
        if (strcmp((*out)->name, name) == 0) return OK;
    }
    TRY(memory_grow((void **)&merge->groups, &merge->capacity, merge->n_groups, sizeof *merge->groups));
    struct group *group = *out = &merge->groups[merge->n_groups++];
    *group = (struct group){ 0 };
    memcpy(group->name, name, sizeof name);
    TRY(scaler_init(&group->normal, merge->columns));
    return scaler_init(&group->others, merge->columns);
}

/* Features are as large as all else that is read, so not every patch is hashed: the first, the last, and every
 * HASH_STEPth. `first` counts from the recording's first. */
static void hash_rows(struct merge *merge, const struct feature_recording *row, int first, int n)
{
    const size_t columns = (size_t)merge->columns;
    for (int p = 0; p < n; p++) {
        if ((first + p) % HASH_STEP != 0 && first + p != row->n_patches - 1) continue;
        XXH3_128bits_update(merge->hash, merge->block + (size_t)p * columns, columns * sizeof(float));
    }
}

static enum status count_block(struct merge *merge, struct features *part,
                               const struct feature_recording *row, struct group *group, long long first,
                               int n)
{
    (void)part;
    const char *label = row->of.label;
    scaler_add(strcmp(label, "normal") == 0 ? &group->normal : &group->others, merge->block, n);
    hash_rows(merge, row, (int)(first - row->first_patch), n);
    return OK;
}

static enum status count_recording(struct merge *merge, struct features *part, size_t i)
{
    const struct feature_recording *row = &part->table.rows[i];
    struct group *group;
    TRY(find_group(merge, &row->of, &group));
    XXH3_128bits_reset(merge->hash);
    TRY(for_each_block(merge, part, row, group, count_block));
    const XXH128_hash_t hash = XXH3_128bits_digest(merge->hash);
    return guard_watch_add(merge->watch, merge->counts.recordings + (long long)i, row,
                           (const uint64_t[]){ hash.high64, hash.low64 });
}

static enum status count_part(struct merge *merge, struct features *part)
{
    const struct features_table *table = &part->table;
    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].n_patches > 0) TRY(count_recording(merge, part, i));
    merge->counts.recordings += part->counts.recordings;
    merge->counts.failed += part->counts.failed;
    merge->counts.patches += part->counts.patches;
    return OK;
}

/* The first part tells columns and provenance, all others must agree. */
static enum status agree(struct merge *merge, const struct features *part)
{
    const char *path = store_path(part->store);
    if (merge->columns > 0) {
        REQUIRE(part->columns == merge->columns, ERR_INPUT, "%s has %d columns, the parts before it %d", path,
                part->columns, merge->columns);
        return features_compare_provenance(ERR_INPUT, path, &part->provenance, &merge->provenance);
    }
    merge->columns = part->columns;
    merge->block_rows = features_chunk_rows(part->columns);
    const size_t rows = (size_t)merge->block_rows;
    TRY(attributes_copy(&merge->provenance, &part->provenance));
    TRY(memory_check(merge->block = memory_new(rows * (size_t)merge->columns, sizeof *merge->block)));
    TRY(memory_check(merge->start_s = memory_new(rows, sizeof *merge->start_s)));
    return memory_check(merge->recordings = memory_new(rows, sizeof *merge->recordings));
}

static enum status open_part(const struct merge *merge, struct features **part, const char *path)
{
    REQUIRE(!merge->stop || !*merge->stop, ERR_STOPPED,
            "stopped on a signal while joining parts; they are kept, the same command joins them");
    const enum status status = features_open_part(part, path);
    return status == ERR_INPUT ? fail_within(status, "remove this part and run extract again") : status;
}

static enum status count_rows(struct merge *merge)
{
    for (size_t k = 0; k < merge->n_parts; k++) {
        struct features *part = NULL;
        enum status status = open_part(merge, &part, merge->parts[k]);
        if (status == OK) status = agree(merge, part);
        if (status == OK) status = count_part(merge, part);
        features_close(&part);
        TRY(status);
    }
    REQUIRE(merge->counts.recordings <= INT_MAX, ERR_INPUT,
            "%lld recordings found, at most %d fit into one file", merge->counts.recordings, INT_MAX);
    REQUIRE(merge->counts.patches > 0, ERR_INPUT, "none of the %lld recordings could be used",
            merge->counts.recordings);
    return OK;
}

/* One value in all rows: no deviation, exactly, in any scaler, and one mean. Before the scalers are finished. */
static int is_constant(const struct merge *merge, int column)
{
    double value = 0;
    int n = 0;
    for (size_t i = 0; i < 2 * merge->n_groups; i++) {
        const struct group *group = &merge->groups[i / 2];
        const struct scaler *scaler = i % 2 ? &group->others : &group->normal;
        if (scaler->n == 0) continue;
        if (scaler->scale[column] != 0 || (n > 0 && scaler->mean[column] != value)) return 0;
        value = scaler->mean[column];
        n++;
    }
    return 1;
}

static void finish_guards(struct merge *merge)
{
    struct guards *guards = &merge->counts.guards;
    guard_watch_finish(merge->watch, guards);
    guards->columns = merge->columns;
    for (int j = 0; j < merge->columns && merge->counts.patches > 1; j++)
        guards->count[GUARD_CONSTANT] += is_constant(merge, j);
}

/* -------------------------------------------------------------------------------------------- the file */

static struct scaler *basis_of(struct group *group)
{
    return group->normal.n > 0 ? &group->normal : &group->others;
}

static enum status write_statistic(struct store *out, const struct group *group, const char *member,
                                   enum store_type type, size_t rows, const void *data)
{
    char name[GROUP_NAME + 64];
    snprintf(name, sizeof name, "/standardization/%s/%s", group->name, member);
    TRY(store_new(out, name, type, rows, 0, 0));
    return store_write(out, name, 0, rows, data);
}

static enum status write_group(struct store *out, struct group *group)
{
    struct scaler *scaler = basis_of(group);
    const char *basis = group->normal.n > 0 ? "normal" : "all";
    const int64_t n = scaler->n;
    const size_t columns = (size_t)scaler->columns;
    scaler_finish(scaler);
    TRY(write_statistic(out, group, "mean", STORE_DOUBLE, columns, scaler->mean));
    TRY(write_statistic(out, group, "scale", STORE_DOUBLE, columns, scaler->scale));
    TRY(write_statistic(out, group, "n", STORE_INT64, 1, &n));
    return write_statistic(out, group, "basis", STORE_TEXT, 1, &basis);
}

/* No chunk is larger than the matrix, so that small files are small. */
static enum status new_features(struct merge *merge)
{
    const long long patches = merge->counts.patches;
    const long long chunk = patches < merge->block_rows ? patches : merge->block_rows;
    return store_new(merge->out, "/features", STORE_FLOAT, (size_t)patches, (size_t)merge->columns,
                     (size_t)chunk);
}

static enum status begin_output(struct merge *merge, const char *output)
{
    TRY(store_create(&merge->out, output));
    TRY(new_features(merge));
    TRY(features_patches_new(merge->out, merge->counts.patches));
    TRY(features_table_new(merge->out, (size_t)merge->counts.recordings));
    for (size_t i = 0; i < merge->n_groups; i++) TRY(write_group(merge->out, &merge->groups[i]));
    return OK;
}

/* ----------------------------------------------------------------------------------- second pass: rows */

static enum status write_block(struct merge *merge, struct features *part,
                               const struct feature_recording *row, struct group *group, long long first,
                               int n)
{
    (void)row;
    const size_t at = (size_t)merge->written.patches;
    for (int p = 0; p < n; p++) merge->recordings[p] = (int32_t)merge->written.recordings;
    scaler_apply(basis_of(group), merge->block, n, merge->block);
    TRY(features_read_starts(part, first, n, merge->start_s));
    TRY(store_write(merge->out, "/features", at, (size_t)n, merge->block));
    TRY(store_write(merge->out, "/patches/recording", at, (size_t)n, merge->recordings));
    TRY(store_write(merge->out, "/patches/start_s", at, (size_t)n, merge->start_s));
    merge->written.patches += n;
    return OK;
}

static enum status flush_table(struct merge *merge)
{
    const size_t first = (size_t)merge->written.recordings - merge->waiting.count;
    const enum status status = features_table_write(merge->out, first, &merge->waiting);
    features_table_release(&merge->waiting);
    return status;
}

/* Moves the row out of the part's table. */
static enum status write_row(struct merge *merge, struct feature_recording *row)
{
    struct features_table *table = &merge->waiting;
    TRY(memory_grow((void **)&table->rows, &table->capacity, table->count, sizeof *table->rows));
    table->rows[table->count++] = *row;
    *row = (struct feature_recording){ 0 };
    merge->written.recordings++;
    return table->count == TABLE_ROWS ? flush_table(merge) : OK;
}

static enum status write_recording(struct merge *merge, struct features *part, struct feature_recording *row)
{
    const long long first_patch = merge->written.patches;
    if (row->n_patches > 0) {
        struct group *group;
        TRY(find_group(merge, &row->of, &group));
        TRY(for_each_block(merge, part, row, group, write_block));
    }
    row->first_patch = first_patch;
    guard_watch_name(merge->watch, merge->written.recordings, row->of.path, &merge->counts.guards);
    return write_row(merge, row);
}

static enum status write_part(struct merge *merge, struct features *part)
{
    for (size_t i = 0; i < part->table.count; i++) TRY(write_recording(merge, part, &part->table.rows[i]));
    return OK;
}

static enum status write_rows(struct merge *merge)
{
    for (size_t k = 0; k < merge->n_parts; k++) {
        struct features *part = NULL;
        enum status status = open_part(merge, &part, merge->parts[k]);
        if (status == OK) status = write_part(merge, part);
        features_close(&part);
        TRY(status);
    }
    return flush_table(merge);
}

/* ---------------------------------------------------------------------------------------------------- */

static enum status merge_parts(struct merge *merge, const char *output)
{
    TRY(guard_watch_open(&merge->watch));
    TRY(memory_check(merge->hash = XXH3_createState()));
    TRY(count_rows(merge));
    finish_guards(merge);
    TRY(begin_output(merge, output));
    TRY(write_rows(merge));
    TRY(guards_write(merge->out, &merge->counts.guards));
    TRY(features_write_attributes(merge->out, FEATURES_FORMAT, &merge->provenance, &merge->counts));
    return store_commit(merge->out);
}

enum status features_merge(const char *output, const char *const *parts, size_t n_parts,
                           const atomic_int *stop, struct merge_result *result)
{
    REQUIRE(n_parts > 0, ERR_INPUT, "%s: there are no parts to join", output);
    struct merge merge = { .parts = parts, .n_parts = n_parts, .stop = stop };
    const enum status status = merge_parts(&merge, output);
    *result = merge.counts;
    merge_release(&merge);
    return status;
}
