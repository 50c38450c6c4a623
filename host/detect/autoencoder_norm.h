/* What follows the linear part of a layer, one channel at a time over all patches of a batch: bias, or batch
 * norm (Ioffe and Szegedy 2015); then the activation. */
#ifndef AUTOENCODER_NORM_H
#define AUTOENCODER_NORM_H

#include "detect/autoencoder.h"

/* One channel of n patches: runs of `area` values, `stride` apart. */
struct channel {
    int n, area;
    size_t stride;
    enum activation activation;
};

/* value = activation(sum + bias); both may be the same array. */
void channel_add(const struct channel *channel, const float *sum, float bias, float *value);

/* value = activation((sum - mean) * inverse * scale + shift) */
void channel_norm(const struct channel *channel, const float *sum, const float mean_inverse[2], float scale,
                  float shift, float *value);

/* The batch's mean and 1 / sqrt(variance + eps), and the running mean and variance moved towards the batch's. */
void channel_statistics(const struct channel *channel, const float *sum, float mean_inverse[2], float *mean,
                        float *variance);
/* The same from the running ones, as they are used after training. */
void channel_running(float mean, float variance, float mean_inverse[2]);

/* gradient: of the loss by value on entry, by sum on return. */
void channel_add_backward(const struct channel *channel, const float *value, float *gradient,
                          float *bias_gradient);
void channel_norm_backward(const struct channel *channel, const float *sum, const float *value,
                           const float mean_inverse[2], float scale, float *gradient, float *scale_gradient,
                           float *shift_gradient);

#endif
