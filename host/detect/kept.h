/* What a model keeps of its training rows, in memory and in its group of a model file: rows [n][columns] float32
 * and named vectors of doubles. */
#ifndef KEPT_H
#define KEPT_H

#include "core/matrix.h"
#include "io/store.h"

/* ERR_INPUT where a value is NaN or infinite: which row and column. */
enum status kept_check_finite(const struct matrix *x) MUST_CHECK;

/* A copy of rows that are all finite, which the caller owns. */
enum status kept_copy(const struct matrix *x, struct matrix *kept) MUST_CHECK;

/* Rows to be scored: all finite, as many columns as those that were kept. */
enum status kept_check(const struct matrix *kept, const struct matrix *x) MUST_CHECK;

/* As the dataset "rows" of `group`. Loading refuses what is empty or not finite. */
enum status kept_save(const struct matrix *kept, struct store *store, const char *group) MUST_CHECK;
enum status kept_load(struct matrix *kept, struct store *store, const char *group) MUST_CHECK;

/* A vector [n], as the dataset `array` of `group`. Loading refuses another length and what is not low … high;
 * *values is owned by the caller. */
enum status kept_save_numbers(const double *values, int n, struct store *store, const char *group,
                              const char *array) MUST_CHECK;
enum status kept_load_numbers(double **values, int n, double low, double high, struct store *store,
                              const char *group, const char *array) MUST_CHECK;

/* A number among the attributes of `group`: real or whole, low … high; else ERR_INPUT. */
enum status kept_number(struct store *store, const char *group, const struct attributes *told,
                        const char *name, double low, double high, double *out) MUST_CHECK;

#endif
