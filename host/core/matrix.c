#include "core/matrix.h"

enum status matrix_init(struct matrix *matrix, int rows, int columns)
{
    matrix->data = memory_new((size_t)rows * (size_t)columns, sizeof *matrix->data);
    matrix->rows = rows;
    matrix->columns = columns;
    return memory_check(matrix->data);
}

void matrix_release(struct matrix *matrix)
{
    memory_free(matrix->data);
    *matrix = (struct matrix){ 0 };
}
