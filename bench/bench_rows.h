/* Rows like a frozen network's features: ReLU of a random linear map of 48 numbers, which lie around one of
 * twelve states for the rows of a recording; more than half of the values are zeros. */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include "core/matrix.h"

enum { BENCH_ROWS_A_RECORDING = 18 }; /* patches of a recording of 10 s */

/* Fills x, a machine's rows; the same seed gives the same. ERR_MEMORY. */
enum status bench_rows_raw(const struct matrix *x, int seed) MUST_CHECK;

/* One machine's, standardised. The caller releases x, whatever came. */
enum status bench_rows(struct matrix *x, int rows, int columns) MUST_CHECK;

#endif
