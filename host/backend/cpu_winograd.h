/* Convolution by Winograd's method (Lavin, Gray: Fast Algorithms for Convolutional Neural Networks, 2016),
 * between cpu_winograd.c and cpu_winograd_kernels.c.
 *
 * The output is cut into square tiles of `tile` pixels. A kernel of `taps` × `taps` needs for each of them a
 * square of points = tile + taps - 1 input pixels; neighbouring squares overlap by taps - 1:
 *
 *       +-----------+--+          input of one tile, points × points
 *       |           |  |
 *       |   tile    |  |          points² products of matrices, [tiles × channels in] · [in × channels out],
 *       |           |  |          take the place of tile² · taps²
 *       +-----------+  |
 *       +--------------+
 *
 * Tiles of 7 divide the 56, 28, 14 and 7 pixels of the usual networks, so no tile is half empty, and none
 * reaches into a neighbouring patch: a patch's bits depend on itself alone. Where the last tile hangs over
 * the edge, it reads a margin of zeros.
 *
 * A kernel that steps by `stride` is the sum of stride² kernels that step by one, each over its phase of the
 * input: pixels y, y + stride, … of columns x, x + stride, …; `taps` is then its size / stride, rounded up.
 * To the products the phases are so many more channels.
 *
 * In the workspace lie, for n tiles (a multiple of CPU_WINOGRAD_TILES),
 *   inputs [point][group of REG inputs][n][REG]   transformed input
 *   sums   [point][group of 16 outputs][n][16]    their products with the transformed weights */
#ifndef CPU_WINOGRAD_H
#define CPU_WINOGRAD_H

#include "backend/cpu_net_kernels.h"

enum {
    CPU_WINOGRAD_GROUP = 16,      /* channels that are taken at once: GROUP of cpu_reg.h */
    CPU_WINOGRAD_TILES = 6,       /* tiles whose sums the micro-kernel holds: SIX */
    CPU_WINOGRAD_MOST_POINTS = 9, /* of one direction */
    CPU_WINOGRAD_MOST_TAPS = 5,
    CPU_WINOGRAD_PICTURE_INPUTS = 48, /* of the picture: three colours × phases, stride 2 or 4 */
    CPU_WINOGRAD_PAIRS = 4            /* of points ±x; infinity is the ninth */
};

/* All is computed from the points ±x of these four x, and from infinity where there are nine points; the
 * matrices follow from them by the Chinese remainder theorem (Winograd: Arithmetic Complexity of Computations,
 * 1980). Points of opposite signs share their sums, and zero is left out. The four were found by trying fractions
 * of up to 32nds: the least errors of F(7,3), F(7,2) and F(5,5) together, root mean square over 16 channels. With
 * 128 channels F(7,3) is off by 9e-6 of the outputs' deviation, three times as much as F(6,3) at the usual 0, ±1,
 * ±2, ±1/2. */
#define CPU_POINT_0 (1.0 / 4.0)
#define CPU_POINT_1 (11.0 / 16.0)
#define CPU_POINT_2 (19.0 / 16.0)
#define CPU_POINT_3 (5.0 / 2.0)

struct cpu_winograd {
    struct cpu_view in, with, out; /* with.data NULL: no residual */
    const float *weights;          /* [points²][groups of outputs][inputs][16] */
    const float *bias;             /* [groups of outputs][16] */
    /* [n_inputs / 8] where eight inputs begin, in floats from a window's corner; not for the picture, whose inputs are
     * [phase row][phase column][colour] */
    const size_t *inputs;
    int n_inputs;  /* phases × channels, a multiple of 16; those that are not there have no weights */
    int n_outputs; /* groups of 16 */
    int points, tile, stride, pad, relu;
    int rows, columns; /* of tiles, in a patch */
};

/* Some tiles, counted over all patches of the call, and the workspace that is theirs. */
struct cpu_winograd_tiles {
    int first, n, room; /* room: n, rounded up to CPU_WINOGRAD_TILES */
    float *inputs, *sums;
    size_t input_point, sum_point; /* floats from point to point */
};

/* Each takes a part of its work: of the tiles, counted from tiles->first, or of the channels. */
struct cpu_range {
    int begin, end;
};

struct cpu_winograd_kernels {
    /* Input → inputs; groups of 16 inputs. Of the picture, all at once. */
    void (*transform)(const struct cpu_winograd *winograd, const struct cpu_winograd_tiles *tiles,
                      struct cpu_range groups, struct cpu_range part);
    /* inputs → sums of one point; groups of 16 outputs. */
    void (*multiply)(const struct cpu_winograd *winograd, const struct cpu_winograd_tiles *tiles, int point,
                     struct cpu_range groups);
    /* sums → output, with bias, residual and ReLU; groups of 16 outputs. */
    void (*finish)(const struct cpu_winograd *winograd, const struct cpu_winograd_tiles *tiles,
                   struct cpu_range groups, struct cpu_range part);
};

#endif
