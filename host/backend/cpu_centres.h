/* Centres with a scale for each column: in double, and in float as two kernels read them. A centre's cost for a row
 * is, in nats, offset + q/2, q = sum over columns of (x - mean)² precision.
 *
 * Lower bounds of sqrt(q) outlive a change of the centres: for every row, with s = sqrt(precision),
 *   sqrt(q') >= min over columns of (s'/s) · sqrt(q) - || (mean' - mean) s' ||,
 * the triangle inequality after the old centre's axes are stretched to the new ones (Elkan 2003 where s is 1). */
#ifndef CPU_CENTRES_H
#define CPU_CENTRES_H

#include "backend/cpu_rows.h"

struct cpu_centres {
    int count, columns;
    int padded, stride;       /* count and columns rounded up to CPU_LANES */
    double *mean, *precision; /* [count][stride], 0 beyond the columns */
    double *offset;           /* [count] what a centre costs at distance 0, in nats */
    float *offset_float;      /* [padded] the same, infinite beyond count */
    double largest_offset; /* of the absolute ones: scale of a float cost's rounding; see cpu_centres_ready */
    float *grow, *shift;   /* [padded] after cpu_centres_set, sqrt(q) is at least grow · before - shift */
    float *panels; /* [padded / LANES][stride][hi, s, lo][LANES]: mean = hi + lo / s, lanes are centres */
    float *strips; /* [count][stride / LANES][hi, s, lo][LANES]: the same, lanes are columns */
    double error;  /* relative, of a float q, at most */
};

enum status cpu_centres_init(struct cpu_centres *centres, int count, int columns) MUST_CHECK;
void cpu_centres_release(struct cpu_centres *centres);

/* mean and variance [columns]; variance NULL: 1 everywhere. Different centres may be set at the same time;
 * cpu_centres_ready when all are. */
void cpu_centres_set(struct cpu_centres *centres, int k, const double *mean, const double *variance,
                     double offset);

/* It stays where it is: bounds keep their value. */
void cpu_centres_keep(struct cpu_centres *centres, int k);

void cpu_centres_ready(struct cpu_centres *centres);

#endif
