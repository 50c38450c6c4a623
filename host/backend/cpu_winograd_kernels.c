/* The three parts of Winograd's convolution, a register of channels at a time (cpu_winograd.h). */
#include "backend/cpu_reg.h"
#include "backend/cpu_winograd.h"

enum {
    MOST = CPU_WINOGRAD_MOST_POINTS,
    PAIRS = CPU_WINOGRAD_PAIRS,
    INFINITE = 2 * PAIRS /* the place of the ninth point */
};

/* ---------------------------------------------------------------------------------------- input → inputs */

#define SQUARE(x) ((x) * (x))
#define S0        SQUARE(CPU_POINT_0)
#define S1        SQUARE(CPU_POINT_1)
#define S2        SQUARE(CPU_POINT_2)
#define S3        SQUARE(CPU_POINT_3)

/* The row of a point x are the coefficients of the polynomial that is zero at all others, (t + x) times the
 * product of t² - y² over the other pairs ±y. Here are that product's coefficients of t⁰, t² and t⁴; the one of
 * t⁶ is 1. */
#define PRODUCT(a, b, c)                                                                                 \
    {                                                                                                    \
        (float)(-(a) * (b) * (c)), (float)((a) * (b) + (a) * (c) + (b) * (c)), (float)(-(a) - (b) - (c)) \
    }
static const float products[PAIRS][3] = { PRODUCT(S1, S2, S3), PRODUCT(S0, S2, S3), PRODUCT(S0, S1, S3),
                                          PRODUCT(S0, S1, S2) };

/* The row of infinity: the product over all four pairs, of t⁰, t², t⁴ and t⁶. */
static const float whole_product[4] = { (float)(S0 * S1 * S2 * S3),
                                        (float)-(S0 *S1 *S2 + S0 * S1 * S3 + S0 * S2 * S3 + S1 * S2 * S3),
                                        (float)(S0 *S1 + S0 * S2 + S0 * S3 + S1 * S2 + S1 * S3 + S2 * S3),
                                        (float)-(S0 + S1 + S2 + S3) };

static const float point[PAIRS] = { (float)CPU_POINT_0, (float)CPU_POINT_1, (float)CPU_POINT_2,
                                    (float)CPU_POINT_3 };

/* One direction: out[2k] at the point x_k, out[2k + 1] at -x_k, out[8] at infinity. */
VEC_INLINE void transform_line(const reg *in, reg *out, int n_points)
{
#pragma GCC unroll 4
    for (int k = 0; k < PAIRS; k++) {
        const reg even = in[6] + products[k][2] * in[4] + products[k][1] * in[2] + products[k][0] * in[0];
        const reg odd = in[7] + products[k][2] * in[5] + products[k][1] * in[3] + products[k][0] * in[1];
        out[2 * k] = odd + point[k] * even;
        out[2 * k + 1] = odd - point[k] * even;
    }
    if (n_points > INFINITE)
        out[INFINITE] = in[8] + whole_product[3] * in[6] + whole_product[2] * in[4] +
                        whole_product[1] * in[2] + whole_product[0] * in[0];
}

/* Where the pixels of a tile come from, and how they lie. */
struct source {
    const float *first, *second; /* two blocks of eight channels */
    size_t pixel, row;           /* floats from a pixel to the next of the same phase */
};

VEC_INLINE void transform_tile(const struct source *from, int part, float *to, size_t to_point, int n)
{
    reg half[MOST][MOST]; /* rows transformed: [row][point] */
    for (int y = 0; y < n; y++) {
        reg in[MOST];
        const size_t row = (size_t)y * from->row;
#pragma GCC unroll 9
        for (int x = 0; x < n; x++) {
            const size_t at = row + (size_t)x * from->pixel;
            in[x] = reg_load_part(from->first + at, from->second + at, part);
        }
        transform_line(in, half[y], n);
    }
    for (int x = 0; x < n; x++) {
        reg in[MOST], out[MOST];
#pragma GCC unroll 9
        for (int y = 0; y < n; y++) in[y] = half[y][x];
        transform_line(in, out, n);
#pragma GCC unroll 9
        for (int y = 0; y < n; y++) reg_store(to + (size_t)(y * n + x) * to_point, out[y]);
    }
}

/* Floats from the corner of the first window of a view to that of tile number `tile` of the call. */
static size_t corner_of(const struct cpu_winograd *w, const struct cpu_view *view, int tile, int stride)
{
    const int of_patch = w->rows * w->columns, place = tile % of_patch;
    const size_t y = (size_t)(place / w->columns * w->tile * stride);
    const size_t x = (size_t)(place % w->columns * w->tile * stride);
    return (size_t)(tile / of_patch) * view->patch + y * view->row + x * (size_t)view->lanes;
}

VEC_INLINE void transform_tiles(const struct cpu_winograd *w, const struct cpu_winograd_tiles *tiles,
                                int group, struct cpu_range part, int n_points)
{
    const struct cpu_view *in = &w->in;
    const float *corner = in->data - (size_t)w->pad * (in->row + (size_t)in->lanes);
    const size_t *inputs = w->inputs + 2 * group;
    const size_t stride = (size_t)w->stride;
    for (int i = part.begin; i < part.end; i++) {
        const float *first = corner + corner_of(w, in, tiles->first + i, w->stride);
        const struct source source = { first + inputs[0], first + inputs[1], stride * (size_t)in->lanes,
                                       stride * in->row };
        for (int p = 0; p < PARTS; p++) {
            float *to = tiles->inputs + (size_t)((group * PARTS + p) * tiles->room + i) * REG;
            transform_tile(&source, p, to, tiles->input_point, n_points);
        }
    }
}

enum { PICTURE_INPUTS = CPU_WINOGRAD_PICTURE_INPUTS };

/* The pixels of a tile of the picture, all phases side by side: [y][x][phase row][phase column][colour]. */
VEC_INLINE void gather_pixels(const float *from, size_t row, int stride, int n, float *pixels)
{
    const size_t run = (size_t)(stride * CPU_COLOURS);
    for (int y = 0; y < n; y++)
        for (int x = 0; x < n; x++, pixels += PICTURE_INPUTS)
            for (int phase = 0; phase < stride; phase++)
                __builtin_memcpy(pixels + (size_t)phase * run,
                                 from + (size_t)(y * stride + phase) * row + (size_t)x * run,
                                 run * sizeof *pixels);
}

/* The picture is no block of eight channels: its tiles are copied, then transformed. */
VEC_INLINE void transform_picture(const struct cpu_winograd *w, const struct cpu_winograd_tiles *tiles,
                                  struct cpu_range part, int stride)
{
    enum { N = INFINITE + 1 };
    float pixels[N * N * PICTURE_INPUTS] __attribute__((aligned(64)));
    const struct cpu_view *in = &w->in;
    const float *corner = in->data - (size_t)w->pad * (in->row + CPU_COLOURS);
    __builtin_memset(pixels, 0, sizeof pixels); /* inputs beyond the last phase stay zero */
    for (int i = part.begin; i < part.end; i++) {
        gather_pixels(corner + corner_of(w, in, tiles->first + i, stride), in->row, stride, N, pixels);
        for (int p = 0; p < w->n_inputs / REG; p++) {
            const float *first = pixels + p * REG / GROUP * GROUP;
            const struct source source = { first, first + VEC, PICTURE_INPUTS, N * PICTURE_INPUTS };
            transform_tile(&source, p % PARTS, tiles->inputs + (size_t)(p * tiles->room + i) * REG,
                           tiles->input_point, N);
        }
    }
}

static void transform(const struct cpu_winograd *w, const struct cpu_winograd_tiles *tiles,
                      struct cpu_range groups, struct cpu_range part)
{
    if (w->in.lanes == CPU_COLOURS) {
        if (w->stride == 2)
            transform_picture(w, tiles, part, 2);
        else
            transform_picture(w, tiles, part, 4);
        return;
    }
    for (int group = groups.begin; group < groups.end; group++)
        if (w->points > INFINITE)
            transform_tiles(w, tiles, group, part, INFINITE + 1);
        else
            transform_tiles(w, tiles, group, part, INFINITE);
}

/* ----------------------------------------------------------------------------------------- inputs → sums */

enum { DEPTH = 256 }; /* inputs whose weights stay in the first-level cache */

/* A product's part: depth inputs, six tiles, n registers of outputs. */
struct product {
    const float *weights; /* of the first input and register */
    size_t group_weights; /* floats from a group of outputs to the next */
    const float *inputs;
    size_t input_group; /* floats from REG inputs to the next */
    float *sums;
    size_t group_sums;
    int depth, adds;
};

VEC_INLINE void multiply_tiles(const struct product *p, int n_held)
{
    reg sum[SIX][HELD];
#pragma GCC unroll 6
    for (int i = 0; i < SIX; i++)
        for (int v = 0; v < n_held; v++)
            sum[i][v] = p->adds ? reg_load(p->sums + i * GROUP + reg_at(v, p->group_sums)) : (reg){ 0 };
    const float *weights = p->weights, *inputs = p->inputs;
    for (int k = 0; k < p->depth; k += REG, inputs += p->input_group)
#pragma GCC unroll 16
        for (int lane = 0; lane < REG; lane++, weights += GROUP) {
            reg weight[HELD];
            for (int v = 0; v < n_held; v++) weight[v] = reg_load(weights + reg_at(v, p->group_weights));
#pragma GCC unroll 6
            for (int i = 0; i < SIX; i++)
                for (int v = 0; v < n_held; v++) sum[i][v] += weight[v] * inputs[i * REG + lane];
        }
#pragma GCC unroll 6
    for (int i = 0; i < SIX; i++)
        for (int v = 0; v < n_held; v++) reg_store(p->sums + i * GROUP + reg_at(v, p->group_sums), sum[i][v]);
}

/* All tiles and some inputs, for n_held registers of outputs from register `first` of group `group` on. */
VEC_INLINE void multiply_held(const struct cpu_winograd *w, const struct cpu_winograd_tiles *tiles, int at,
                              struct cpu_range depth, int group, int first, int n_held)
{
    const size_t group_weights = (size_t)w->n_inputs * GROUP, room = (size_t)tiles->room;
    const size_t index = (size_t)at * (size_t)w->n_outputs + (size_t)group;
    struct product product = {
        .weights = w->weights + index * group_weights + (size_t)(depth.begin * GROUP + first * REG),
        .group_weights = group_weights,
        .input_group = room * REG,
        .group_sums = room * GROUP,
        .depth = depth.end - depth.begin,
        .adds = depth.begin > 0,
    };
    const float *inputs = tiles->inputs + (size_t)at * tiles->input_point + (size_t)depth.begin * room;
    float *sums =
        tiles->sums + (size_t)at * tiles->sum_point + (size_t)group * room * GROUP + (size_t)(first * REG);
    for (int i = 0; i < tiles->room; i += SIX) {
        product.inputs = inputs + i * REG;
        product.sums = sums + i * GROUP;
        multiply_tiles(&product, n_held);
    }
}

static void multiply(const struct cpu_winograd *w, const struct cpu_winograd_tiles *tiles, int at,
                     struct cpu_range groups)
{
    for (int begin = 0; begin < w->n_inputs; begin += DEPTH) {
        const int end = begin + DEPTH < w->n_inputs ? begin + DEPTH : w->n_inputs;
        const struct cpu_range depth = { begin, end };
        int group = groups.begin;
        if (GROUPS_HELD > 1)
            for (; group + GROUPS_HELD <= groups.end; group += GROUPS_HELD)
                multiply_held(w, tiles, at, depth, group, 0, HELD);
        for (; group < groups.end; group++)
            for (int first = 0; first < PARTS; first += STEP)
                multiply_held(w, tiles, at, depth, group, first, STEP);
    }
}

/* ---------------------------------------------------------------------------------------- sums → output */

/* x⁰ … x⁶ of each pair; the negative point's odd powers have the other sign. */
#define POWERS(x)                                                                            \
    {                                                                                        \
        1, (float)(x), (float)SQUARE(x), (float)(SQUARE(x) * (x)), (float)SQUARE(SQUARE(x)), \
            (float)(SQUARE(SQUARE(x)) * (x)), (float)(SQUARE(SQUARE(x)) * SQUARE(x))         \
    }
enum { MOST_TILE = 7 };
static const float powers[PAIRS][MOST_TILE] = { POWERS(CPU_POINT_0), POWERS(CPU_POINT_1), POWERS(CPU_POINT_2),
                                                POWERS(CPU_POINT_3) };

/* One direction: output y is the sum over the points of x^y times their value; infinity adds to the last. */
VEC_INLINE void finish_line(const reg *in, reg *out, int n_points, int tile)
{
    reg with_sign[2][PAIRS]; /* of even and of odd powers */
#pragma GCC unroll 4
    for (int k = 0; k < PAIRS; k++) {
        with_sign[0][k] = in[2 * k] + in[2 * k + 1];
        with_sign[1][k] = in[2 * k] - in[2 * k + 1];
    }
#pragma GCC unroll 7
    for (int y = 0; y < tile; y++) {
        const reg *value = with_sign[y % 2];
        out[y] = n_points > INFINITE && y == tile - 1 ? in[INFINITE] + powers[0][y] * value[0]
                                                      : powers[0][y] * value[0];
#pragma GCC unroll 3
        for (int k = 1; k < PAIRS; k++) out[y] += powers[k][y] * value[k];
    }
}

/* Where a tile's pixels go, sixteen channels each; the second of two blocks is NULL where there is one. */
struct target {
    float *out[2];
    const float *with[2]; /* NULL: no residual */
    size_t out_row, with_row;
    const float *bias; /* [16] */
    int rows, columns; /* that lie inside */
    int relu;
};

VEC_INLINE void put_row(const struct target *to, int part, int y, const reg *out)
{
    float *first = to->out[0] + (size_t)y * to->out_row;
    float *second = to->out[1] ? to->out[1] + (size_t)y * to->out_row : NULL;
    const reg bias = reg_load(to->bias + part * REG);
    const size_t with_row = (size_t)y * to->with_row;
    for (int x = 0; x < to->columns; x++) {
        const size_t pixel = (size_t)(x * CPU_LANES);
        reg value = out[x] + bias;
        if (to->with[0])
            value += reg_load_part(to->with[0] + with_row + pixel, to->with[1] + with_row + pixel, part);
        if (to->relu) value = reg_relu(value);
        reg_store_part(first + pixel, second ? second + pixel : NULL, part, value);
    }
}

VEC_INLINE void finish_tile(const float *sums, size_t sum_point, const struct target *to, int part, int n,
                            int tile)
{
    reg half[MOST_TILE][MOST]; /* columns are done: [row][point] */
    for (int x = 0; x < n; x++) {
        reg in[MOST], out[MOST_TILE];
#pragma GCC unroll 9
        for (int y = 0; y < n; y++) in[y] = reg_load(sums + (size_t)(y * n + x) * sum_point);
        finish_line(in, out, n, tile);
#pragma GCC unroll 7
        for (int y = 0; y < tile; y++) half[y][x] = out[y];
    }
    for (int y = 0; y < to->rows; y++) {
        reg out[MOST_TILE];
        finish_line(half[y], out, n, tile);
        put_row(to, part, y, out);
    }
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static struct target target_of(const struct cpu_winograd *w, int tile, int group)
{
    const struct cpu_view *out = &w->out, *with = &w->with;
    const int of_patch = w->rows * w->columns, place = tile % of_patch;
    const int has_second = 2 * group + 1 < out->blocks, has_with = with->data != NULL;
    float *to = out->data + corner_of(w, out, tile, 1) + (size_t)(2 * group) * out->block;
    const float *from =
        has_with ? with->data + corner_of(w, with, tile, 1) + (size_t)(2 * group) * with->block : NULL;
    return (struct target){
        .out = { to, has_second ? to + out->block : NULL },
        .with = { from, has_with && has_second ? from + with->block : from },
        .out_row = out->row,
        .with_row = with->row,
        .bias = w->bias + group * GROUP,
        .rows = smaller(w->tile, out->height - place / w->columns * w->tile),
        .columns = smaller(w->tile, out->width - place % w->columns * w->tile),
        .relu = w->relu,
    };
}

VEC_INLINE void finish_tiles(const struct cpu_winograd *w, const struct cpu_winograd_tiles *tiles, int group,
                             struct cpu_range part, int n_points, int tile)
{
    const float *sums = tiles->sums + (size_t)(group * tiles->room) * GROUP;
    for (int i = part.begin; i < part.end; i++) {
        const struct target target = target_of(w, tiles->first + i, group);
        const int parts = target.out[1] ? PARTS : (PARTS + 1) / 2;
        for (int p = 0; p < parts; p++)
            finish_tile(sums + (size_t)i * GROUP + p * REG, tiles->sum_point, &target, p, n_points, tile);
    }
}

static void finish(const struct cpu_winograd *w, const struct cpu_winograd_tiles *tiles,
                   struct cpu_range groups, struct cpu_range part)
{
    for (int group = groups.begin; group < groups.end; group++)
        if (w->points == INFINITE)
            finish_tiles(w, tiles, group, part, INFINITE, 7);
        else if (w->tile == 7)
            finish_tiles(w, tiles, group, part, INFINITE + 1, 7);
        else if (w->tile == 6)
            finish_tiles(w, tiles, group, part, INFINITE + 1, 6);
        else
            finish_tiles(w, tiles, group, part, INFINITE + 1, 5);
}

extern const struct cpu_winograd_kernels CPU_TABLE(cpu_winograd_kernels);
const struct cpu_winograd_kernels CPU_TABLE(cpu_winograd_kernels) = { transform, multiply, finish };
