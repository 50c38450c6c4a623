/* Rows of a Gaussian kernel matrix K_ij = exp(-gamma |x_i - x_j|²), computed when they are asked for and kept
 * while there is room: the least recently used one makes way. Entries are floats, as LIBSVM keeps them. */
#ifndef KERNEL_ROWS_H
#define KERNEL_ROWS_H

#include "backend/backend.h"

struct kernel_rows {
    struct backend *backend; /* borrowed */
    const struct matrix *x;  /* borrowed */
    double gamma;
    struct kernel_slot {
        int row;        /* -1: none */
        long long used; /* when it was last asked for */
        float *values;  /* [rows], owned; NULL until first needed */
    } * slots;
    int n_slots;
    int *slot_of; /* [rows] -1: not kept */
    long long asked;
};

/* Room for cache_bytes of rows, at least two. Release whatever came. */
enum status kernel_rows_init(struct kernel_rows *rows, struct backend *backend, const struct matrix *x,
                             double gamma, size_t cache_bytes) MUST_CHECK;
void kernel_rows_release(struct kernel_rows *rows);

/* Row i, valid until two others have been asked for. */
enum status kernel_rows_get(struct kernel_rows *rows, int i, const float **out) MUST_CHECK;

#endif
