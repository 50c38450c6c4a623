/* Adam (Kingma and Ba 2015, algorithm 1) with its own beta1 = 0.9, beta2 = 0.999, eps = 1e-8. */
#ifndef AUTOENCODER_ADAM_H
#define AUTOENCODER_ADAM_H

#include "backend/backend.h"

struct adam {
    double learning_rate;
    int steps; /* taken */
    size_t n;
    float *first_moment, *second_moment; /* [n] */
};

enum status adam_init(struct adam *adam, size_t n, double learning_rate) MUST_CHECK;
void adam_release(struct adam *adam);
void adam_step(struct adam *adam, struct backend *backend, const float *gradients, float *parameters);

#endif
