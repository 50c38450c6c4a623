/* What a long training keeps on the disk, so that one that was stopped or killed goes on to the same bits: a
 * store (io/store.h) that appears complete or not at all, whose attributes say which training it is of.
 *
 *   /    format, format_version, program_version, what the detector says of its settings, backend, device,
 *        rows, columns, rows_sha256; all else is the detector's */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include "backend/backend.h"
#include "io/store.h"

#include <stdatomic.h>

struct checkpoint {
    const char *path;       /* the file; NULL: none is kept */
    const atomic_int *stop; /* becomes non-zero when the training shall end; NULL: never */
    int stays; /* 1: the file of a fit that succeeded stays, and the same fit is read from it; 0: it goes */
};

/* All of them take NULL for a training that keeps nothing and is never stopped. */
int checkpoint_is_kept(const struct checkpoint *checkpoint);
int checkpoint_is_there(const struct checkpoint *checkpoint);
int checkpoint_is_stopped(const struct checkpoint *checkpoint);

/* Adds to the detector's words all else that bits depend on. Reads all rows. */
enum status checkpoint_describe(const struct backend *backend, const struct matrix *x,
                                struct attributes *training) MUST_CHECK;

/* A new file for that training; the caller adds to it, commits and closes it. */
enum status checkpoint_create(struct store **out, const char *path,
                              const struct attributes *training) MUST_CHECK;
/* ERR_INPUT: cut off, damaged, no checkpoint, or of another training: the first difference is told. */
enum status checkpoint_open(struct store **out, const char *path,
                            const struct attributes *training) MUST_CHECK;

/* Several trainings' files in one folder: "FOLDER/000012.h5", owned by the caller; and the folder removed
 * with them and with what a killed process left of them. Other files stay, and so does the folder then. */
char *checkpoint_path(const char *folder, int number);
void checkpoint_remove_folder(const char *folder);

#endif
