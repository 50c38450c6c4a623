/* What features*.c share: the open file, and the recordings' table as columns. */
#ifndef FEATURES_INTERNAL_H
#define FEATURES_INTERNAL_H

#include "core/scaler.h"
#include "io/features.h"
#include "io/store.h"

enum { GROUP_NAME = 256 };

/* What undoes the standardisation of one group. */
struct features_group {
    char name[GROUP_NAME];
    char basis[8]; /* "normal", "all" */
    struct scaler scaler;
};

struct features {
    struct store *store;
    struct attributes provenance;
    struct features_table table;
    struct merge_result counts; /* as the root attributes say */
    int columns;
    int is_part; /* raw rows, no groups */
    struct features_group *groups;
    size_t n_groups, groups_capacity;
    int *group_of; /* [recordings] the place in groups; -1 for recordings without patches */
};

/* ---- features.c: the two halves of features_open */
/* The file is ours and complete; nothing but its root attributes was read. */
enum status features_identify(struct features **out, const char *path, const char *format) MUST_CHECK;
/* Everything but the rows, checked. */
enum status features_load(struct features *features) MUST_CHECK;

/* ---- features_table.c */
/* Makes the columns below /recordings for `count` rows. */
enum status features_table_new(struct store *store, size_t count) MUST_CHECK;
enum status features_table_write(struct store *store, size_t first_row,
                                 const struct features_table *table) MUST_CHECK;
enum status features_table_read(struct store *store, struct features_table *table) MUST_CHECK;

/* ---- features_format.c: what parts and final files have in common */
/* Rows that make about 512 KiB, the size of a chunk in the file. */
int features_chunk_rows(int columns);
/* Makes /patches/recording and /patches/start_s. */
enum status features_patches_new(struct store *store, long long patches) MUST_CHECK;
/* Writes the root attributes, `complete` last. */
enum status features_write_attributes(struct store *store, const char *format,
                                      const struct attributes *provenance,
                                      const struct merge_result *counts) MUST_CHECK;
/* ERR_INPUT: the file is no such, newer, or not complete. What the file format itself wrote goes to `counts`,
 * the rest to `provenance`. */
enum status features_read_attributes(struct store *store, const char *format, struct attributes *provenance,
                                     struct merge_result *counts) MUST_CHECK;
/* OK where both hold the same names and values; else `status` and the first difference. */
enum status features_compare_provenance(enum status status, const char *path, const struct attributes *found,
                                        const struct attributes *expected) MUST_CHECK;

#endif
