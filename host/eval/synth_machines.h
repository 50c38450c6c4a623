/* The four kinds of machine that MIMII has, as one would draw them on a napkin, each with a fault that is
 * just about audible. */
#ifndef SYNTH_MACHINES_H
#define SYNTH_MACHINES_H

#include "core/rng.h"

struct synth_machine {
    const char *name;
    /* Adds the machine to sound [n], amplitudes around 1. `fault` = 0: sound and well; else how strong. */
    void (*add)(struct rng *rng, double fault, double *sound, int n);
    /* Of an abnormal recording. Chosen so that a mixture's mean AUC is about 0.9: audible, and not obvious. */
    double fault;
};

enum { SYNTH_MACHINES = 4 };
extern const struct synth_machine synth_machines[SYNTH_MACHINES];

/* The hall around it: rumble, air, a far hum and now and then a thump. */
void synth_add_factory(struct rng *rng, double level, double *sound, int n);

#endif
