/* What store*.c share, and nobody else includes: this is where hdf5.h comes in. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include "io/store.h"

#include <hdf5.h>

/* An open dataset: it stays open as long as its store, so that rows can be appended without reopening. */
struct store_dataset {
    char *name;
    hid_t id;
    enum store_type type;
    size_t rows, columns; /* columns = 0: a vector */
    int is_chunked;
};

struct store {
    char *path;
    char *temporary; /* being written: the name it has until commit; NULL: open for reading */
    hid_t file;
    int is_plain; /* chunks without a checksum of their own */
    hid_t text;   /* the type of text: variable-length UTF-8 */
    size_t size;  /* bytes of a file open for reading: nothing in it can be larger */
    /* How numbers are read: chunks' own checksums are passed over where the whole file's agreed. */
    hid_t transfer;
    struct store_dataset *datasets;
    size_t count, capacity;
};

/* ---- store.c */
/* Turns HDF5's failure into a sentence about `name` ("" for the file) with the system's reason. Call it
 * before any other HDF5 call. */
enum status store_failed(const struct store *store, const char *name);

/* ---- store_dataset.c */
void store_close_datasets(struct store *store);
/* An object creation property list without times and with creation order. The caller closes it. */
hid_t store_properties(hid_t class);
/* Every group of "/a/b/c", c itself included. */
enum status store_make_groups(struct store *store, const char *path);

/* ---- store_file.c: what is done to the file's bytes, without HDF5 */
enum { STORE_USER_BLOCK = 512 };
/* Makes an empty file beside `path` that no other process has; *temporary is owned by the caller. */
enum status store_new_temporary(const char *path, char **temporary) MUST_CHECK;
/* Fills the user block, flushes the file, renames it to `path` and flushes the folder. */
enum status store_seal_and_rename(const char *temporary, const char *path) MUST_CHECK;

#endif
