#include "distance.h"

#include <stddef.h>

double distance_pair_ref(const float *x, const float *y, int columns)
{
    double sum = 0;
    for (int c = 0; c < columns; c++) {
        const double difference = (double)x[c] - (double)y[c];
        sum += difference * difference;
    }
    return sum;
}

void distance_ref(const struct distance_args *a)
{
    for (int i = 0; i < a->x_rows; i++)
        for (int j = 0; j < a->y_rows; j++)
            a->squared[(size_t)i * a->y_rows + j] =
                distance_pair_ref(a->x + (size_t)i * a->columns, a->y + (size_t)j * a->columns, a->columns);
}
