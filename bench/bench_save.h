/* What a benchmark worked on, as an HDF5 file: so that a peer is given the same, and its answers compared. */
#ifndef BENCH_SAVE_H
#define BENCH_SAVE_H

#include "io/store.h"

struct bench_array {
    const char *name; /* "/rows" */
    enum store_type type;
    int rows, columns; /* columns 0: a vector */
    const void *data;
};

/* Writes n arrays to a new file at `path`. ERR_OUTPUT. */
enum status bench_save(const char *path, const struct bench_array *arrays, int n) MUST_CHECK;

#endif
