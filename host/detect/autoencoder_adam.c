#include "detect/autoencoder_adam.h"

#include <math.h>

enum { CHUNK = 16384 }; /* parameters that one task takes */

static const double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;

struct update {
    struct adam *adam;
    const float *gradients;
    float *parameters;
    float step, root; /* learning rate / (1 - beta1^t); 1 / sqrt(1 - beta2^t) */
};

enum status adam_init(struct adam *adam, size_t n, double learning_rate)
{
    *adam = (struct adam){ .learning_rate = learning_rate, .n = n };
    TRY(memory_check(adam->first_moment = memory_new(n, sizeof *adam->first_moment)));
    return memory_check(adam->second_moment = memory_new(n, sizeof *adam->second_moment));
}

void adam_release(struct adam *adam)
{
    memory_free(adam->first_moment);
    memory_free(adam->second_moment);
    *adam = (struct adam){ 0 };
}

static void update_chunk(void *context, int index, int thread)
{
    const struct update *u = context;
    const size_t begin = (size_t)index * CHUNK;
    const size_t end = begin + CHUNK < u->adam->n ? begin + CHUNK : u->adam->n;
    const float keep1 = (float)beta1, keep2 = (float)beta2, take1 = (float)(1 - beta1),
                take2 = (float)(1 - beta2), tiny = (float)epsilon;
    float *m = u->adam->first_moment, *v = u->adam->second_moment;
    (void)thread;
    for (size_t i = begin; i < end; i++) {
        const float g = u->gradients[i];
        m[i] = keep1 * m[i] + take1 * g;
        v[i] = keep2 * v[i] + take2 * (g * g);
        u->parameters[i] -= u->step * m[i] / (sqrtf(v[i]) * u->root + tiny);
    }
}

void adam_step(struct adam *adam, struct backend *backend, const float *gradients, float *parameters)
{
    adam->steps++;
    struct update update = { .adam = adam, .gradients = gradients, .parameters = parameters };
    update.step = (float)(adam->learning_rate / (1 - pow(beta1, adam->steps)));
    update.root = (float)(1 / sqrt(1 - pow(beta2, adam->steps)));
    backend->ops->share(backend, (int)((adam->n + CHUNK - 1) / CHUNK), update_chunk, &update);
}
