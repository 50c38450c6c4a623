/* attributes_00.csv as it lies beside the recordings of DCASE 2022–2026: rows of a file's name and pairs of
 * what varied and how, "fan/train/section_00_source_train_normal_0000.wav,m-n,W". */
#ifndef ATTRIBUTE_TABLE_H
#define ATTRIBUTE_TABLE_H

#include "core/status.h"

#include <stddef.h>

struct attribute_table {
    char **lines; /* owned */
    size_t count, capacity;
};

/* A file that is not there makes an empty table. Release also after a failure. */
enum status attribute_table_init(struct attribute_table *table, const char *path) MUST_CHECK;
void attribute_table_release(struct attribute_table *table);

/* The attributes of the file called `name`, joined as DCASE joins them in names ("m-n_W"), into *out, which
 * the caller owns; NULL where the table has none. */
enum status attribute_table_find(const struct attribute_table *table, const char *name,
                                 char **out) MUST_CHECK;

#endif
