/* What a detector learns from or judges: one row a patch, and of which recording it is. */
#ifndef ROWS_H
#define ROWS_H

#include "core/matrix.h"

struct rows {
    struct matrix x; /* [rows][columns] standardised features */
    int *recording; /* [rows] 0, 1, …: rows of one recording, all its channels and segments, share a number */
    double *level_dbfs;         /* [rows] RMS level of the row's channel; NaN where unknown */
    struct selection selection; /* of others, which x is; whole NULL: of none */
};

/* Fills a struct the caller owns: features zero, every row its own recording, levels unknown. */
enum status rows_init(struct rows *rows, int n_rows, int columns) MUST_CHECK;
void rows_release(struct rows *rows);

/* Says of rows first … first + n - 1 whose they are. */
void rows_tell(struct rows *rows, int first, int n, int recording, double level_dbfs);

/* NULL: x is no selection of other rows. */
static inline const struct selection *rows_selection(const struct rows *rows)
{
    return rows->selection.whole ? &rows->selection : NULL;
}

/* Recordings that the rows are of: their largest number and one. */
int rows_recordings(const struct rows *rows);

/* ERR_INPUT: other columns than those that were learned on, or a value that is not finite. */
enum status rows_check(const struct rows *rows, int columns) MUST_CHECK;

#endif
