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

/* Places begin … end - 1 of the small side see a cell of the large one through the kernel's place `tap`. */
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

static void gather_plane(const struct map *map, const float *plane, int j, int i, float *out)
{
    const struct inside rows = inside(map, j), columns = inside(map, i);
    const int size = map->small_size, stride = map->stride;
    memset(out, 0, (size_t)map_area(map) * sizeof *out);
    for (int y = rows.begin; y < rows.end; y++) {
        const float *from = plane + (y * stride + j - map->pad) * map->large_size + i - map->pad;
        for (int x = columns.begin; x < columns.end; x++) out[y * size + x] = from[x * stride];
    }
}

static void scatter_plane(const struct map *map, const float *in, int j, int i, float *plane)
{
    const struct inside rows = inside(map, j), columns = inside(map, i);
    const int size = map->small_size, stride = map->stride;
    for (int y = rows.begin; y < rows.end; y++) {
        float *to = plane + (y * stride + j - map->pad) * map->large_size + i - map->pad;
        for (int x = columns.begin; x < columns.end; x++) to[x * stride] += in[y * size + x];
    }
}

void map_gather(const struct map *map, const float *large, float *windows)
{
    const size_t plane = (size_t)map->large_size * map->large_size;
    for (int l = 0; l < map->large_channels; l++)
        for (int j = 0; j < map->kernel; j++)
            for (int i = 0; i < map->kernel; i++, windows += map_area(map))
                gather_plane(map, large + (size_t)l * plane, j, i, windows);
}

void map_scatter(const struct map *map, const float *windows, float *large)
{
    const size_t plane = (size_t)map->large_size * map->large_size;
    memset(large, 0, (size_t)map->large_channels * plane * sizeof *large);
    for (int l = 0; l < map->large_channels; l++)
        for (int j = 0; j < map->kernel; j++)
            for (int i = 0; i < map->kernel; i++, windows += map_area(map))
                scatter_plane(map, windows, j, i, large + (size_t)l * plane);
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
