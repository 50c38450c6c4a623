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

enum { KERNEL_ROWS_MORE = 3 };

/* Row i, valid until two others have been asked for. Where it must be computed, up to KERNEL_ROWS_MORE others that may
 * be asked for soon are computed with it, while x passes by once: more [n_more], none of them kept. */
enum status kernel_rows_get(struct kernel_rows *rows, int i, const int *more, int n_more,
                            const float **out) MUST_CHECK;

static inline int kernel_rows_has(const struct kernel_rows *rows, int i)
{
    return rows->slot_of[i] >= 0;
}

/* 1: there is room for rows that nobody has asked for. */
int kernel_rows_has_room(const struct kernel_rows *rows);

#endif
