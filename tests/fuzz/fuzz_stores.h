/* Honest stores of every kind, made by the program's own writers, and copies of them with some things changed: what
 * HDF5 finds nothing wrong with, and earshot must. Changes of single bytes would be HDF5's to find (fuzz_hdf5.c). */
#ifndef FUZZ_STORES_H
#define FUZZ_STORES_H

#include "fuzz.h"

/* Files below `folder`: features.h5 of 5 columns, and <detector>.h5, a model of each detector that takes features. (The
 * autoencoders take cells, 4096 of them, and their files a thousand times as long to copy.) */
void fuzz_stores_make(const char *folder);

/* Number 0 … fuzz_stores_count() - 1 of them; from 1 on they are models. */
int fuzz_stores_count(void);
const char *fuzz_stores_path(int i);

/* Writes store number `i` with the changes that the bytes ask for to `path`. */
enum status fuzz_stores_change(int i, struct fuzz_bytes *changes, const char *path) MUST_CHECK;

/* Opens the file as what it says to be and uses all that is in it. */
void fuzz_stores_use(int i, const char *path);

#endif
