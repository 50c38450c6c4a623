/* Rows of features: float32, row-major, rows follow each other without gaps. */
#ifndef MATRIX_H
#define MATRIX_H

#include "core/memory.h"

struct matrix {
    float *data; /* [rows][columns] */
    int rows, columns;
};

static inline float *matrix_row(const struct matrix *matrix, int row)
{
    return matrix->data + (size_t)row * matrix->columns;
}

/* Rows that are some of others, standardised (core/scaler.h): row i is (whole[index[i]] - mean) / scale. What works
 * on several selections of the same rows may keep these once. Everything is borrowed. */
struct selection {
    const struct matrix *whole;
    const int *index;           /* [rows] */
    const double *mean, *scale; /* [columns] */
};

/* Fills a struct the caller owns; empty it with matrix_release. */
enum status matrix_init(struct matrix *matrix, int rows, int columns) MUST_CHECK;
void matrix_release(struct matrix *matrix);

#endif
