/* Arrays of a fitted detector in a model file: "<group>/<array>", whose shape and values are hostile until
 * they were checked here (ERR_INPUT says what, found and expected). columns = 0 is a vector. */
#ifndef SAVED_H
#define SAVED_H

#include "io/store.h"

enum status saved_put(struct store *store, const char *group, const char *array, enum store_type type,
                      size_t rows, size_t columns, const void *values) MUST_CHECK;

/* What a detector's describe tells of its model, as the attributes of its group. */
enum status saved_told(struct store *store, const char *group, const void *model,
                       enum status (*describe)(const void *model, struct attributes *told)) MUST_CHECK;

/* rows and columns may not exceed `most`, which is at least 1; both are at least 1 (columns 0 is a vector). */
enum status saved_shape(struct store *store, const char *group, const char *array, size_t most, size_t *rows,
                        size_t *columns) MUST_CHECK;

/* An array of exactly that shape; what is no integer must be finite. */
enum status saved_floats(struct store *store, const char *group, const char *array, size_t n,
                         float *values) MUST_CHECK;
enum status saved_doubles(struct store *store, const char *group, const char *array, size_t rows,
                          size_t columns, double *values) MUST_CHECK;
enum status saved_integers(struct store *store, const char *group, const char *array, size_t rows,
                           int *values) MUST_CHECK;

#endif
