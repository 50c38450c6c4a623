/* A batch of patches on its way through an autoencoder and back. All memory is taken when the run is made.
 *
 * Patches are shared out in AUTOENCODER_SLICES slices whatever the number of threads, and each sum over
 * patches is taken within a slice and then over slices, in order: the bits do not depend on the threads. */
#ifndef AUTOENCODER_RUN_H
#define AUTOENCODER_RUN_H

#include "detect/autoencoder_norm.h"

enum { AUTOENCODER_SLICES = 16 };

struct autoencoder_run {
    struct autoencoder *ae; /* borrowed */
    struct backend *backend;
    int capacity, trains;
    int n;                                 /* patches of the batch that is under way */
    const float *input;                    /* [n][cells], borrowed */
    float *sums[AUTOENCODER_MAX_LAYERS];   /* [capacity][channels][area] of the linear part */
    float *values[AUTOENCODER_MAX_LAYERS]; /* the same after norm and activation; may be the same array */
    float *mean_inverse;                   /* [n_statistics] per normed channel: mean, 1 / deviation */
    float *windows;                        /* [AUTOENCODER_SLICES][largest layer's] */
    double *error;                         /* [capacity] mean squared error of each patch */
    /* only where it trains */
    float *gradients;    /* [n_parameters] of the loss */
    float *by_value[2];  /* [capacity][largest values] the loss's gradient by values, of two layers in turn */
    float *slice_weight; /* [AUTOENCODER_SLICES][largest convolution's weights] */
};

/* Training, batch norm takes its statistics from the batch and moves the running ones. */
enum status autoencoder_run_init(struct autoencoder_run *run, struct autoencoder *ae, struct backend *backend,
                                 int capacity, int trains) MUST_CHECK;
void autoencoder_run_release(struct autoencoder_run *run);

/* n patches [n][cells], at most capacity → run->error. */
void autoencoder_forward(struct autoencoder_run *run, const float *patches, int n);

/* After a forward run: the gradient of the batch's mean squared error → run->gradients. */
void autoencoder_backward(struct autoencoder_run *run);

/* Mean of the batch's errors: the loss. */
double autoencoder_run_loss(const struct autoencoder_run *run);

/* Layer l's input [n][…] and floats a patch of it. */
const float *autoencoder_run_input(const struct autoencoder_run *run, int l);
size_t autoencoder_layer_inputs(const struct autoencoder_layer *layer);
size_t autoencoder_layer_outputs(const struct autoencoder_layer *layer);

/* c of one product of matrices, shared out by columns. */
void autoencoder_run_product(struct autoencoder_run *run, const struct gemm_args *whole);

struct slice {
    int begin, end; /* patches */
};
struct slice autoencoder_slice(const struct autoencoder_run *run, int index);

/* What a channel of layer l is: its runs begin at `*offset` of the layer's values. */
struct channel autoencoder_channel(const struct autoencoder_run *run, int l, int c, size_t *offset);

#endif
