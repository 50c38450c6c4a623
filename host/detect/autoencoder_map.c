#include "detect/autoencoder_map.h"

#include <string.h>

int map_window(const struct map *map)
{
    return map->large_channels * map->kernel * map->kernel;
}

int map_area(const struct map *map)
{
    return map->small_size * map->small_size;
}

int map_is_dense(const struct map *map)
{
    return map->small_size == 1 && map->pad == 0 && map->kernel == map->large_size;
}

/* --------------------------------------------------------------------------------------------- windows */

/* A plane of the large side whose columns are sorted by their remainder to the stride, [stride][large size],
 * each row between zeros: what one place of the kernel sees of a row is a run of numbers. */
struct lanes {
    size_t width, lane; /* of a row; of all rows of one remainder */
    float cells[MAP_MOST_LANES];
};

static void lanes_clear(const struct map *map, struct lanes *lanes)
{
    lanes->width = (size_t)(map->small_size + map->kernel);
    lanes->lane = (size_t)map->large_size * lanes->width;
    memset(lanes->cells, 0, (size_t)map->stride * lanes->lane * sizeof *lanes->cells);
}

int map_fits(const struct map *map)
{
    return map->stride * map->large_size * (map->small_size + map->kernel) <= MAP_MOST_LANES;
}

/* Cell x of a row of the plane is at lane_of(x + pad), beside where the row begins. */
static size_t lane_of(const struct map *map, const struct lanes *lanes, int column)
{
    const int from_left = column - map->pad + map->stride * map->pad;
    return (size_t)(from_left % map->stride) * lanes->lane + (size_t)(from_left / map->stride);
}

static void sort_plane(const struct map *map, const float *plane, struct lanes *lanes)
{
    const int size = map->large_size, stride = map->stride;
    for (int f = 0; f < stride; f++) {
        float *to = lanes->cells + lane_of(map, lanes, f + map->pad);
        for (int y = 0; y < size; y++, to += lanes->width)
            for (int x = f, n = 0; x < size; x += stride) to[n++] = plane[y * size + x];
    }
}

static void unsort_plane(const struct map *map, const struct lanes *lanes, float *plane)
{
    const int size = map->large_size, stride = map->stride;
    for (int f = 0; f < stride; f++) {
        const float *from = lanes->cells + lane_of(map, lanes, f + map->pad);
        for (int y = 0; y < size; y++, from += lanes->width)
            for (int x = f, n = 0; x < size; x += stride) plane[y * size + x] = from[n++];
    }
}

/* Rows begin … end - 1 of the small side see a row of the large one through the kernel's row `tap`. */
struct inside {
    int begin, end;
};

static struct inside inside(const struct map *map, int tap)
{
    const int shift = map->pad - tap, last = map->large_size - 1 + shift;
    const int begin = shift > 0 ? (shift + map->stride - 1) / map->stride : 0;
    const int end = last < 0 ? 0 : last / map->stride + 1;
    return (struct inside){ begin, end < map->small_size ? end : map->small_size };
}

/* Eights are done without asking for memcpy or how many are left. */
static void copy_row(float *restrict to, const float *restrict from, int n)
{
    int x = 0;
    for (; x + 8 <= n; x += 8) memcpy(to + x, from + x, 8 * sizeof *to);
    for (; x < n; x++) to[x] = from[x];
}

static void add_row(float *restrict to, const float *restrict from, int n)
{
    int x = 0;
    for (; x + 8 <= n; x += 8)
        for (int v = 0; v < 8; v++) to[x + v] += from[x + v];
    for (; x < n; x++) to[x] += from[x];
}

/* What the kernel's place (j, i) sees: [small size²]. */
static void gather_tap(const struct map *map, const struct lanes *lanes, int j, int i, float *out)
{
    const struct inside rows = inside(map, j);
    const int size = map->small_size;
    const float *from = lanes->cells + lane_of(map, lanes, i);
    memset(out, 0, (size_t)(rows.begin * size) * sizeof *out);
    for (int y = rows.begin; y < rows.end; y++)
        copy_row(out + y * size, from + (size_t)(y * map->stride + j - map->pad) * lanes->width, size);
    memset(out + rows.end * size, 0, (size_t)((size - rows.end) * size) * sizeof *out);
}

static void scatter_tap(const struct map *map, const float *in, int j, int i, struct lanes *lanes)
{
    const struct inside rows = inside(map, j);
    const int size = map->small_size;
    float *to = lanes->cells + lane_of(map, lanes, i);
    for (int y = rows.begin; y < rows.end; y++)
        add_row(to + (size_t)(y * map->stride + j - map->pad) * lanes->width, in + y * size, size);
}

void map_gather(const struct map *map, const float *large, float *windows)
{
    const size_t plane = (size_t)map->large_size * map->large_size;
    struct lanes lanes;
    lanes_clear(map, &lanes);
    for (int l = 0; l < map->large_channels; l++) {
        sort_plane(map, large + (size_t)l * plane, &lanes);
        for (int j = 0; j < map->kernel; j++)
            for (int i = 0; i < map->kernel; i++, windows += map_area(map))
                gather_tap(map, &lanes, j, i, windows);
    }
}

void map_scatter(const struct map *map, const float *windows, float *large)
{
    const size_t plane = (size_t)map->large_size * map->large_size;
    struct lanes lanes;
    for (int l = 0; l < map->large_channels; l++) {
        lanes_clear(map, &lanes);
        for (int j = 0; j < map->kernel; j++)
            for (int i = 0; i < map->kernel; i++, windows += map_area(map))
                scatter_tap(map, windows, j, i, &lanes);
        unsort_plane(map, &lanes, large + (size_t)l * plane);
    }
}

/* -------------------------------------------------------------------------------------------- products */

void map_down(const struct map *map, struct backend *backend, const float *weight, const float *windows,
              float *small)
{
    const int window = map_window(map), area = map_area(map);
    backend->ops->gemm(backend, &(struct gemm_args){ .m = map->small_channels,
                                                     .n = area,
                                                     .k = window,
                                                     .a = weight,
                                                     .a_row = (size_t)window,
                                                     .a_column = 1,
                                                     .b = windows,
                                                     .b_row = (size_t)area,
                                                     .b_column = 1,
                                                     .c = small,
                                                     .c_row = (size_t)area });
}

void map_up(const struct map *map, struct backend *backend, const float *weight, const float *small,
            float *windows)
{
    const int window = map_window(map), area = map_area(map);
    backend->ops->gemm(backend, &(struct gemm_args){ .m = window,
                                                     .n = area,
                                                     .k = map->small_channels,
                                                     .a = weight,
                                                     .a_row = 1,
                                                     .a_column = (size_t)window,
                                                     .b = small,
                                                     .b_row = (size_t)area,
                                                     .b_column = 1,
                                                     .c = windows,
                                                     .c_row = (size_t)area });
}

void map_gradient(const struct map *map, struct backend *backend, const float *small, const float *windows,
                  float *gradient)
{
    const int window = map_window(map), area = map_area(map);
    backend->ops->gemm(backend, &(struct gemm_args){ .m = map->small_channels,
                                                     .n = window,
                                                     .k = area,
                                                     .a = small,
                                                     .a_row = (size_t)area,
                                                     .a_column = 1,
                                                     .b = windows,
                                                     .b_row = 1,
                                                     .b_column = (size_t)area,
                                                     .c = gradient,
                                                     .c_row = (size_t)window,
                                                     .adds = 1 });
}
