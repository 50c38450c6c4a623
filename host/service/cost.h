/* What a batch takes beyond what each of its patches takes, from the batches that were: seconds = fixed + patches × each,
 * by least squares in which older batches count less and less. Gathering more into one batch saves a fixed part, and no
 * more, so nobody need wait for others any longer than that. */
#ifndef COST_H
#define COST_H

/* Zeroed: nothing is known. */
struct cost {
    double n, x, y, xx, xy; /* sums of 1, patches, seconds, and their products */
};

void cost_add(struct cost *cost, double patches, double seconds);
/* Seconds, at least 0; infinite as long as all batches were of one size. */
double cost_fixed(const struct cost *cost);

#endif
