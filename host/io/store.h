/* The one door to HDF5: a store is an HDF5 file of groups, datasets and attributes. Object times are off and
 * creation order is fixed, so equal work gives equal bytes.
 *
 * In front of the HDF5 data stands a user block of 512 bytes: two lines of text that say what the file is,
 * its length, and the XXH3-128 of all that follows. store_verify compares them, so any changed byte is found;
 * every other reader passes the block over. Chunked datasets carry HDF5's own checksum (fletcher32) as well
 * unless told otherwise, so that whoever reads damaged rows is told.
 *
 * Errors: while writing ERR_OUTPUT with the system's reason (folder missing, not writable, disk full); while
 * reading ERR_INPUT (missing, not HDF5, cut off, damaged, another type or shape). HDF5 is not thread-safe:
 * one thread of a process at a time. */
#ifndef STORE_H
#define STORE_H

#include "core/attributes.h"

#include <stddef.h>
#include <stdint.h>

struct store;

enum store_type { STORE_FLOAT, STORE_DOUBLE, STORE_INT32, STORE_INT64, STORE_TEXT };

/* A new file under a temporary name beside `path` (temporary.h); store_commit flushes file and
 * folder and renames it to `path`; closing without commit removes it. */
enum status store_create(struct store **out, const char *path) MUST_CHECK;
enum status store_commit(struct store *store) MUST_CHECK; /* once, nothing but store_close afterwards */
void store_close(struct store **store);

/* Before the first dataset is made: its chunks carry no checksum of their own, for a file that nobody reads but
 * through store_open_sealed. Before the first one is read: such chunks are read where they lie. */
void store_leave_chunks_plain(struct store *store);

enum status store_open(struct store **out, const char *path) MUST_CHECK;

/* The same for a file that earshot wrote: its checksum is compared first, so that HDF5 never sees what was
 * damaged on purpose or by chance, and need not compare the chunks' own. Reads the whole file once. */
enum status store_open_sealed(struct store **out, const char *path) MUST_CHECK;

/* Writes the checksum of an HDF5 file with a user block once more: for who changed one on purpose. */
enum status store_reseal(const char *path) MUST_CHECK;
const char *store_path(const struct store *store);

/* Whether the file still is, byte for byte, what store_commit wrote. ERR_VERIFY: bytes changed, or there is
 * no checksum (*is_sealed = 0), as in any foreign file; ERR_INPUT: missing or cut off. */
enum status store_verify(const char *path, int *is_sealed) MUST_CHECK;

/* `name` is an absolute path inside the file, "/recordings/path"; groups on the way are made. rank 1 or 2
 * (columns = 0: a vector). Rows are appended later or written at once. chunk_rows = 0: contiguous, and rows
 * is final. */
enum status store_new(struct store *store, const char *name, enum store_type type, size_t rows,
                      size_t columns, size_t chunk_rows) MUST_CHECK;

/* Rows first_row … first_row + rows − 1 of data [rows][columns]. A chunked dataset grows to hold what is
 * written. Text: variable-length UTF-8, data is const char *const [rows]; on reading, char *[rows], each
 * owned by the caller (and none of them when reading fails). */
enum status store_write(struct store *store, const char *name, size_t first_row, size_t rows,
                        const void *data) MUST_CHECK;
enum status store_read(struct store *store, const char *name, enum store_type type, size_t first_row,
                       size_t rows, void *data) MUST_CHECK;
/* The same of data [rows], where nobody has asked store_shape: a matrix is ERR_INPUT. */
enum status store_read_column(struct store *store, const char *name, enum store_type type, size_t first_row,
                              size_t rows, void *data) MUST_CHECK;

/* Rows and columns (0 for a vector). No more than the file can hold: safe to allocate. */
enum status store_shape(struct store *store, const char *name, size_t *rows, size_t *columns) MUST_CHECK;
int store_has(struct store *store, const char *name);

/* Names of the members of a group, in creation order; each owned by the caller, and the array too. */
enum status store_members(struct store *store, const char *group, char ***names, size_t *count) MUST_CHECK;

/* Attributes of an object ("/" for the file; one that is not there becomes a group); integers are int64,
 * reals float64, text UTF-8. On reading, attributes of other types or shapes are passed over. */
enum status store_set(struct store *store, const char *object,
                      const struct attributes *attributes) MUST_CHECK;
enum status store_get(struct store *store, const char *object, struct attributes *attributes) MUST_CHECK;

#endif
