#include "detect/rows.h"

#include <math.h>

enum status rows_init(struct rows *rows, int n_rows, int columns)
{
    *rows = (struct rows){ 0 };
    TRY(matrix_init(&rows->x, n_rows, columns));
    TRY(memory_check(rows->recording = memory_new((size_t)n_rows, sizeof *rows->recording)));
    TRY(memory_check(rows->level_dbfs = memory_new((size_t)n_rows, sizeof *rows->level_dbfs)));
    for (int r = 0; r < n_rows; r++) rows_tell(rows, r, 1, r, (double)NAN);
    return OK;
}

void rows_release(struct rows *rows)
{
    matrix_release(&rows->x);
    memory_free(rows->recording);
    memory_free(rows->level_dbfs);
    *rows = (struct rows){ 0 };
}

void rows_tell(struct rows *rows, int first, int n, int recording, double level_dbfs)
{
    for (int r = first; r < first + n; r++) {
        rows->recording[r] = recording;
        rows->level_dbfs[r] = level_dbfs;
    }
}

int rows_recordings(const struct rows *rows)
{
    int most = -1;
    for (int r = 0; r < rows->x.rows; r++)
        if (rows->recording[r] > most) most = rows->recording[r];
    return most + 1;
}

enum status rows_check(const struct rows *rows, int columns)
{
    const struct matrix *x = &rows->x;
    REQUIRE(x->columns == columns, ERR_INPUT, "rows have %d columns, the model was learned on %d", x->columns,
            columns);
    for (int n = 0; n < x->rows; n++)
        for (int j = 0; j < x->columns; j++)
            REQUIRE(isfinite(matrix_row(x, n)[j]), ERR_INPUT,
                    "row %d has a value that is not finite, in column %d", n, j);
    return OK;
}
