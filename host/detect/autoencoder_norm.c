#include "detect/autoencoder_norm.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static const double momentum = 0.1, epsilon = 1e-5;

static float *run_of(const struct channel *channel, float *values, int patch)
{
    return values + (size_t)patch * channel->stride;
}

static const float *run_of_const(const struct channel *channel, const float *values, int patch)
{
    return values + (size_t)patch * channel->stride;
}

/* ----------------------------------------------------------------------------------------- activations */

/* The smaller and the larger of x and 0, exactly; of a condition the compiler makes branches. */
static float at_most_zero(float x)
{
    return 0.5f * (x - fabsf(x));
}

static float at_least_zero(float x)
{
    return 0.5f * (x + fabsf(x));
}

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* exp(x) - 1 = 2^n (exp(r) - 1) + (2^n - 1) with x = n ln 2 + r, for x at most 0, to two units of the last
 * place. Below -40 it is -1; the bits of a number below zero grow with its size. The polynomial and ln 2 in
 * two parts are Cephes' (Moshier, expf.c). Adding 1.5 · 2^23 rounds, and leaves n in the low bits. */
static float exp_less_one(float x)
{
    const uint32_t least = 0xc2200000, bits = bits_of(x);
    const float held = float_of(bits < least ? bits : least), rounder = 0x1.8p23f;
    const float rounded = held * 1.44269504f + rounder, n = rounded - rounder;
    const float r = held - n * 0.693359375f + n * 2.12194440e-4f;
    const float power = float_of((bits_of(rounded) - bits_of(rounder) + 127) << 23);
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    return power * (p * (r * r) + r) + (power - 1);
}

static void activate(enum activation activation, float *values, int n)
{
    if (activation == ACTIVATION_RELU)
        for (int i = 0; i < n; i++) values[i] = values[i] > 0 ? values[i] : 0;
    else if (activation == ACTIVATION_ELU)
        for (int i = 0; i < n; i++)
            values[i] = at_least_zero(values[i]) + exp_less_one(at_most_zero(values[i]));
}

/* Both activations tell their slope by their value. */
static void activate_backward(enum activation activation, const float *value, float *gradient, int n)
{
    if (activation == ACTIVATION_RELU)
        for (int i = 0; i < n; i++) gradient[i] = value[i] > 0 ? gradient[i] : 0;
    else if (activation == ACTIVATION_ELU)
        for (int i = 0; i < n; i++) gradient[i] *= at_most_zero(value[i]) + 1;
}

/* --------------------------------------------------------------------------------------------- forward */

void channel_add(const struct channel *channel, const float *sum, float bias, float *value)
{
    for (int p = 0; p < channel->n; p++) {
        const float *from = run_of_const(channel, sum, p);
        float *to = run_of(channel, value, p);
        for (int i = 0; i < channel->area; i++) to[i] = from[i] + bias;
        activate(channel->activation, to, channel->area);
    }
}

void channel_norm(const struct channel *channel, const float *sum, const float mean_inverse[2], float scale,
                  float shift, float *value)
{
    const float mean = mean_inverse[0], factor = mean_inverse[1] * scale;
    for (int p = 0; p < channel->n; p++) {
        const float *from = run_of_const(channel, sum, p);
        float *to = run_of(channel, value, p);
        for (int i = 0; i < channel->area; i++) to[i] = (from[i] - mean) * factor + shift;
        activate(channel->activation, to, channel->area);
    }
}

/* Four sums side by side, so that an addition does not wait for the one before. */
static double sum_of_run(const float *run, int n)
{
    double part[4] = { 0 };
    const int whole = n / 4 * 4;
    for (int i = 0; i < whole; i += 4)
        for (int v = 0; v < 4; v++) part[v] += (double)run[i + v];
    for (int i = whole; i < n; i++) part[0] += (double)run[i];
    return part[0] + part[1] + (part[2] + part[3]);
}

static double sum_of(const struct channel *channel, const float *values)
{
    double sum = 0;
    for (int p = 0; p < channel->n; p++) sum += sum_of_run(run_of_const(channel, values, p), channel->area);
    return sum;
}

static double squares_of_run(const float *run, int n, double mean)
{
    double part[4] = { 0 };
    const int whole = n / 4 * 4;
    for (int i = 0; i < whole; i += 4)
        for (int v = 0; v < 4; v++) part[v] += ((double)run[i + v] - mean) * ((double)run[i + v] - mean);
    for (int i = whole; i < n; i++) part[0] += ((double)run[i] - mean) * ((double)run[i] - mean);
    return part[0] + part[1] + (part[2] + part[3]);
}

static double squares_of(const struct channel *channel, const float *values, double mean)
{
    double sum = 0;
    for (int p = 0; p < channel->n; p++)
        sum += squares_of_run(run_of_const(channel, values, p), channel->area, mean);
    return sum;
}

void channel_statistics(const struct channel *channel, const float *sum, float mean_inverse[2], float *mean,
                        float *variance)
{
    const double n = (double)channel->n * channel->area;
    const double batch_mean = sum_of(channel, sum) / n, squares = squares_of(channel, sum, batch_mean);
    const double unbiased = squares / (n > 1 ? n - 1 : 1);
    mean_inverse[0] = (float)batch_mean;
    mean_inverse[1] = (float)(1 / sqrt(squares / n + epsilon));
    *mean = (float)((1 - momentum) * (double)*mean + momentum * batch_mean);
    *variance = (float)((1 - momentum) * (double)*variance + momentum * unbiased);
}

void channel_running(float mean, float variance, float mean_inverse[2])
{
    mean_inverse[0] = mean;
    mean_inverse[1] = (float)(1 / sqrt((double)variance + epsilon));
}

/* -------------------------------------------------------------------------------------------- backward */

void channel_add_backward(const struct channel *channel, const float *value, float *gradient,
                          float *bias_gradient)
{
    for (int p = 0; p < channel->n; p++)
        activate_backward(channel->activation, run_of_const(channel, value, p), run_of(channel, gradient, p),
                          channel->area);
    *bias_gradient = (float)sum_of(channel, gradient);
}

static double sum_of_products(const float *x, const float *g, int n, double mean)
{
    double part[4] = { 0 };
    const int whole = n / 4 * 4;
    for (int i = 0; i < whole; i += 4)
        for (int v = 0; v < 4; v++) part[v] += (double)g[i + v] * ((double)x[i + v] - mean);
    for (int i = whole; i < n; i++) part[0] += (double)g[i] * ((double)x[i] - mean);
    return part[0] + part[1] + (part[2] + part[3]);
}

/* The sum over the batch of gradient times normalised value. */
static double sum_with_normalised(const struct channel *channel, const float *sum,
                                  const float mean_inverse[2], const float *gradient)
{
    double total = 0;
    for (int p = 0; p < channel->n; p++)
        total += sum_of_products(run_of_const(channel, sum, p), run_of_const(channel, gradient, p),
                                 channel->area, (double)mean_inverse[0]);
    return total * (double)mean_inverse[1];
}

/* With y = (x - mean) inverse, and g the gradient by the norm's output: dx = scale inverse (g - mean of g - y
 * mean of g y). */
void channel_norm_backward(const struct channel *channel, const float *sum, const float *value,
                           const float mean_inverse[2], float scale, float *gradient, float *scale_gradient,
                           float *shift_gradient)
{
    const double n = (double)channel->n * channel->area;
    channel_add_backward(channel, value, gradient, shift_gradient);
    const double gy_sum = sum_with_normalised(channel, sum, mean_inverse, gradient);
    *scale_gradient = (float)gy_sum;
    const float factor = scale * mean_inverse[1], g_mean = (float)((double)*shift_gradient / n);
    const float slope = (float)(gy_sum / n * (double)mean_inverse[1]);
    for (int p = 0; p < channel->n; p++) {
        const float *x = run_of_const(channel, sum, p);
        float *g = run_of(channel, gradient, p);
        for (int i = 0; i < channel->area; i++)
            g[i] = factor * (g[i] - g_mean - (x[i] - mean_inverse[0]) * slope);
    }
}
