/* Convolutional autoencoders that are trained on patches and judge them by how badly they are rebuilt (Müller
 * et al. 2020, section 5.2). The paper gives channels, kernels, activations, the optimiser and its settings;
 * what it leaves open is chosen so:
 *
 *   strides      2 in every convolution (64 → 32 → 16 → 8), no pooling, so that the decoder's transposed
 *                convolutions mirror them exactly; padding 2 for kernel 5, 1 for kernel 4
 *   bottleneck   LeNet-DCAE: a dense layer 128·8·8 → 128 and one back, the code linear; Small-DCAE: the
 *                paper names none, the code is the 48 channels of 8 × 8
 *   batch norm   LeNet-DCAE: before each activation, momentum 0.1, eps 1e-5 (PyTorch's); Small-DCAE: none
 *   bias         where no batch norm follows, which would take it away again
 *   last layer   linear, a bias: cells are 0 … 1 and reach both ends, where a sigmoid would hardly learn
 *   start        PyTorch's: uniform in ±1/sqrt(fan in), biases too; scale 1 and shift 0 of batch norm
 *   shuffling    a new permutation every epoch; the last batch is as short as it comes
 *
 * A training that is stopped goes on after the last whole epoch and comes to the same bits
 * (autoencoder_checkpoint.h). In batches of 128 it takes some 200 MB for LeNet-DCAE, 40 MB for Small-DCAE,
 * beside the rows.
 *
 * The values of a layer are [patches][channels][size][size]. Everything is float32; batch statistics, losses
 * and sums over slices of a batch are in double. */
#ifndef AUTOENCODER_H
#define AUTOENCODER_H

#include "detect/autoencoder_map.h"
#include "detect/detector.h"

enum activation { ACTIVATION_NONE, ACTIVATION_RELU, ACTIVATION_ELU };

enum { AUTOENCODER_STAGES = 3, AUTOENCODER_MAX_LAYERS = 2 * AUTOENCODER_STAGES + 2 };

struct architecture {
    const char *name;
    int side;                         /* cells of a patch in each direction */
    int channels[AUTOENCODER_STAGES]; /* of the encoder's convolutions */
    int kernel, pad;                  /* the stride is 2 */
    int bottleneck;                   /* numbers of the code; 0: the last convolution's values are the code */
    enum activation activation;
    int is_normed;
};
extern const struct architecture architecture_lenet, architecture_small;

struct autoencoder_layer {
    struct map map;
    int is_up;          /* from the map's small side to its large one */
    int channels, area; /* of its output: [channels][area] a patch */
    enum activation activation;
    int is_normed;
    /* Where its numbers begin in parameters: weight [small channels][large channels][kernel][kernel], then
     * bias [channels], or scale and shift [channels]; and in statistics: running mean and variance
     * [channels]. */
    size_t weight, bias, statistics;
    size_t n_weights;
};

struct autoencoder {
    const struct architecture *architecture;
    struct autoencoder_layer layers[AUTOENCODER_MAX_LAYERS];
    int n_layers;
    float *parameters; /* [n_parameters] layer by layer */
    float *statistics; /* [n_statistics] */
    size_t n_parameters, n_statistics;
    int epochs;  /* that it was trained for */
    double loss; /* mean squared error over the last epoch's batches */
};

/* Numbers are zero after init. Release zeroed and half-filled ones too. */
enum status autoencoder_init(struct autoencoder *ae, const struct architecture *architecture) MUST_CHECK;
void autoencoder_release(struct autoencoder *ae);

int autoencoder_cells(const struct autoencoder *ae); /* of a patch */

/* The start: element j of layer l's weight comes from the (j + 1)-th number of stream 2l, of its bias from
 * stream 2l + 1, by the integer rule of io/weights.h with bound (float)(1 / sqrt(fan in)). The fan in is
 * PyTorch's: for a transposed convolution it is that of the convolution that it mirrors. */
void autoencoder_start(struct autoencoder *ae, int seed);

struct autoencoder_settings {
    int epochs, batch_size;
    double learning_rate;
    int seed;
};

/* From the start on, or from where the checkpoint (NULL: none) stands, over rows [n][cells]. ERR_INPUT where
 * the loss stops being a number. */
enum status autoencoder_train(struct autoencoder *ae, struct backend *backend,
                              const struct autoencoder_settings *settings, const struct matrix *x,
                              const struct checkpoint *checkpoint) MUST_CHECK;

/* error[n]: mean squared difference between each row and what comes back. */
enum status autoencoder_errors(const struct autoencoder *ae, struct backend *backend, const struct matrix *x,
                               double *error) MUST_CHECK;

enum status autoencoder_describe(const void *model, struct attributes *told) MUST_CHECK;
enum status autoencoder_save(const void *model, struct store *store, const char *name) MUST_CHECK;
enum status autoencoder_load(struct autoencoder *ae, const struct architecture *architecture,
                             struct store *store, const char *name) MUST_CHECK;

#endif
