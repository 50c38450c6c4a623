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
