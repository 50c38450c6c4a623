/* Rows for benchmarks of detectors. */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include "core/matrix.h"

/* Made as a network's features look: 100 clusters, never below zero, standardised. The same rows each time;
 * released by the caller whatever comes. */
enum status bench_rows(struct matrix *x, int rows, int columns) MUST_CHECK;

#endif
