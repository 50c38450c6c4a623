/* Laid out as a matrix product: tiles of x and y in shared memory, 4 × 4 pairs a thread. cuBLAS would be up to twice as
 * fast with |x|² - 2xy + |y|², but its error is relative to the norms and not to the distance, and whoever takes tiles
 * relies on the latter (distance_reach). */
#include "distance.h"
#include "kernel.h"

enum {
    THREADS = 256,
    SIDE = 16,     /* threads along either direction */
    OF_THREAD = 4, /* rows i, i + SIDE, … of either */
    ROWS = SIDE * OF_THREAD,
    COLUMNS = 32 /* at a time in shared memory */
};

struct tile {
    float x[ROWS][COLUMNS + 1], y[ROWS][COLUMNS + 1]; /* one more: neighbouring rows lie in other banks */
};

/* Rows and columns that are not there count as 0 in both. */
DEVICE void load_rows(const float *values, int first_row, int n_rows, int first_column, int n_columns,
                      float rows[ROWS][COLUMNS + 1])
{
    for (int i = (int)threadIdx.x; i < ROWS * COLUMNS; i += THREADS) {
        const int row = first_row + i / COLUMNS, column = first_column + i % COLUMNS;
        float value = 0;
        if (row < n_rows && column < n_columns) value = values[(size_t)row * n_columns + column];
        rows[i / COLUMNS][i % COLUMNS] = value;
    }
}

DEVICE void add_tile(const struct tile *tile, int x_row, int y_row, float squares[OF_THREAD][OF_THREAD])
{
    for (int c = 0; c < COLUMNS; c++)
        for (int i = 0; i < OF_THREAD; i++)
            for (int j = 0; j < OF_THREAD; j++) {
                const float difference = tile->x[x_row + i * SIDE][c] - tile->y[y_row + j * SIDE][c];
                squares[i][j] += difference * difference;
            }
}

KERNEL(distance_tile, distance_tile_args)
{
    SHARED struct tile tile;
    const int first_x = (int)blockIdx.y * ROWS, first_y = (int)blockIdx.x * ROWS;
    const int x_row = (int)threadIdx.x / SIDE, y_row = (int)threadIdx.x % SIDE;
    float squares[OF_THREAD][OF_THREAD] = { { 0 } };
    for (int column = 0; column < a.columns; column += COLUMNS) {
        load_rows(a.x, first_x, a.x_rows, column, a.columns, tile.x);
        load_rows(a.y, first_y, a.y_rows, column, a.columns, tile.y);
        __syncthreads();
        add_tile(&tile, x_row, y_row, squares);
        __syncthreads();
    }
    for (int i = 0; i < OF_THREAD; i++)
        for (int j = 0; j < OF_THREAD; j++) {
            const int x = first_x + x_row + i * SIDE, y = first_y + y_row + j * SIDE;
            if (x < a.x_rows && y < a.y_rows) a.squared[(size_t)x * a.stride + y] = squares[i][j];
        }
}

SHAPE(distance_tile, distance_tile_args)
{
    const struct kernel_shape shape = {
        { blocks_of((size_t)a->y_rows, ROWS), blocks_of((size_t)a->x_rows, ROWS), 1 },
        { THREADS, 1, 1 },
        0,
    };
    return shape;
}
