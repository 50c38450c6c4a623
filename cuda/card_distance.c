#include "cuda/card_distance.h"

#include "cuda/device.h"
#include "cuda/region.h"

enum { X_ROWS = 1024, Y_ROWS = 4096, LANES = 2 };

/* A tile on its way. */
struct tile_lane {
    cudaStream_t stream;
    float *above, *below;      /* [X_ROWS][Y_ROWS] on the card, and pinned */
    struct distance_tile tile; /* x_rows 0: nothing is under way */
};

struct search {
    const struct matrix *x, *y;
    const struct distance_taker *taker;
    const float *x_above, *y_above;
    struct region region;
    struct tile_lane lanes[LANES];
};

static enum status put_rows(struct search *s, const struct matrix *matrix, const float **above)
{
    const size_t bytes = (size_t)matrix->rows * (size_t)matrix->columns * sizeof(float);
    TRY(region_card(&s->region, bytes, (void **)(uintptr_t)above));
    return device_check(cudaMemcpy((void *)(uintptr_t)*above, matrix->data, bytes, cudaMemcpyHostToDevice),
                        "copying features to the card");
}

static enum status search_init(struct search *s)
{
    const size_t bytes = (size_t)X_ROWS * Y_ROWS * sizeof(float);
    for (int i = 0; i < LANES; i++) {
        struct tile_lane *lane = &s->lanes[i];
        TRY(device_check(cudaStreamCreateWithFlags(&lane->stream, cudaStreamNonBlocking), "a stream"));
        TRY(region_card(&s->region, bytes, (void **)&lane->above));
        TRY(region_pinned(&s->region, bytes, (void **)&lane->below));
    }
    TRY(put_rows(s, s->x, &s->x_above));
    if (s->x->data == s->y->data && s->x->rows == s->y->rows) {
        s->y_above = s->x_above;
        return OK;
    }
    return put_rows(s, s->y, &s->y_above);
}

static void search_release(struct search *s)
{
    for (int i = 0; i < LANES; i++)
        if (s->lanes[i].stream) cudaStreamSynchronize(s->lanes[i].stream);
    region_release(&s->region);
    for (int i = 0; i < LANES; i++)
        if (s->lanes[i].stream) cudaStreamDestroy(s->lanes[i].stream);
}

/* Waits for the lane's tile and hands it out. */
static enum status finish(const struct search *s, struct tile_lane *lane)
{
    if (lane->tile.x_rows == 0) return OK;
    TRY(device_check(cudaStreamSynchronize(lane->stream), "waiting for the card"));
    s->taker->take(s->taker->context, &lane->tile);
    lane->tile.x_rows = 0;
    return OK;
}

static enum status begin(const struct search *s, struct tile_lane *lane, int x_first, int y_first)
{
    const int x_left = s->x->rows - x_first, y_left = s->y->rows - y_first, columns = s->x->columns;
    const int x_rows = x_left < X_ROWS ? x_left : X_ROWS, y_rows = y_left < Y_ROWS ? y_left : Y_ROWS;
    const struct distance_tile_args args = { .x = s->x_above + (size_t)x_first * columns,
                                             .y = s->y_above + (size_t)y_first * columns,
                                             .squared = lane->above,
                                             .x_rows = x_rows,
                                             .y_rows = y_rows,
                                             .columns = columns,
                                             .stride = Y_ROWS };
    TRY(device_launch(distance_tile, &args, lane->stream));
    TRY(device_check(cudaMemcpyAsync(lane->below, lane->above, (size_t)x_rows * Y_ROWS * sizeof *lane->below,
                                     cudaMemcpyDeviceToHost, lane->stream),
                     "copying distances from the card"));
    lane->tile = (struct distance_tile){ .x_first = x_first,
                                         .x_rows = x_rows,
                                         .y_first = y_first,
                                         .y_rows = y_rows,
                                         .squared = lane->below,
                                         .stride = Y_ROWS,
                                         .error = distance_tile_error(columns),
                                         .exact = distance_pair_ref };
    return OK;
}

/* Tiles of the same rows of x in rising order of y; the lanes take turns. */
static enum status run(struct search *s)
{
    int next = 0;
    for (int x_first = 0; x_first < s->x->rows; x_first += X_ROWS)
        for (int y_first = 0; y_first < s->y->rows; y_first += Y_ROWS) {
            TRY(begin(s, &s->lanes[next], x_first, y_first));
            next = (next + 1) % LANES;
            TRY(finish(s, &s->lanes[next]));
        }
    for (int i = 0; i < LANES; i++) TRY(finish(s, &s->lanes[(next + i) % LANES]));
    return OK;
}

enum status card_distance(int number, const struct matrix *x, const struct matrix *y,
                          const struct distance_taker *taker)
{
    struct search s = { .x = x, .y = y, .taker = taker };
    enum status status = device_select(number);
    if (status == OK) status = search_init(&s);
    if (status == OK) status = run(&s);
    search_release(&s);
    return status;
}
