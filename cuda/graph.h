/* One convolution layer as one operation graph of cuDNN's backend ("graph") API:
 *
 *   y = relu(x * w + z + b)      z, the residual, and relu as the layer has them
 *
 * in this order, since cuDNN 9 has precompiled engines for it; with the bias before the residual there are
 * only engines that NVRTC compiles while the program runs. Convolution, residual and bias meet in float,
 * whatever the tensors hold. A linear layer is a convolution whose kernel is as large as its input; batch
 * norm is in w and b.
 *
 * A graph is planned for a card that is here (a handle) or for one that is only described (JSON): the real
 * library builds plans for both, those of the second kind cannot run. No header of CUDA's is included here,
 * so that whoever only asks which graphs a network needs builds without it.
 *
 * Tensors are NHWC: element [patch][y][x][channel] of a tensor whose pixels are `pitch` channels apart. A
 * slice of the channels of a wider tensor has the wider one's pitch, and points to its own first channel.
 *
 *   x    [n_patches][in_height][in_width][in_channels]     float, or half at GRAPH_FP16, as all of them
 *   w    [out_channels][size][size][in_channels / groups]
 *   b    [out_channels]
 *   y, z [n_patches][out_height][out_width][out_channels]
 *
 * All start at a multiple of 16 bytes, so channels and pitches are multiples of 8. A picture of three
 * colours has GRAPH_IMAGE_CHANNELS, the others zero in picture and weights: with 3 or 4 some engines sum
 * in half. */
#ifndef GRAPH_H
#define GRAPH_H

#include "core/status.h"

#include <stddef.h>

struct cudnnContext; /* what a cudnnHandle_t points to */
struct graph_device;
struct graph;
struct graph_call;

enum { GRAPH_IMAGE_CHANNELS = 8 };

enum graph_precision {
    GRAPH_FP32, /* float in, float sums, no tensor cores: they would round float to TF32's 10 bits */
    GRAPH_TF32, /* float in, tensor cores allowed */
    GRAPH_FP16, /* half in and out, sums in float, tensor cores allowed */
    GRAPH_PRECISIONS,
};

const char *graph_precision_name(enum graph_precision precision); /* "fp32" */
size_t graph_element(enum graph_precision precision);             /* bytes: 4 or 2 */

/* Without padding between the fields: two of them are the same graph where memcmp says so. */
struct graph_conv {
    enum graph_precision precision;
    int n_patches;
    int in_channels, in_height, in_width;
    int out_channels, out_height, out_width;
    int size, stride, pad; /* pixels */
    int groups;
    int in_pitch, out_pitch; /* channels from one pixel to the next */
    int residual;            /* y is whole then: cuDNN 9.19 refuses one beside a slice */
    int relu;
};

/* What cuDNN says of an engine's arithmetic: its numerical notes, bit 1 << note. */
enum graph_note {
    GRAPH_TENSOR_CORE = 1 << 0,
    GRAPH_DOWN_CONVERT_INPUTS = 1 << 1,
    GRAPH_REDUCED_PRECISION_REDUCTION = 1 << 2,
    GRAPH_FFT = 1 << 3,
    GRAPH_NONDETERMINISTIC = 1 << 4,
    GRAPH_WINOGRAD = 1 << 5,
    GRAPH_WINOGRAD_4X4 = 1 << 6,
    GRAPH_WINOGRAD_6X6 = 1 << 7,
    GRAPH_WINOGRAD_13X13 = 1 << 8,
    GRAPH_STRICT_NAN = 1 << 9,
};

/* The notes that an engine must not have at this precision. At all of them: inputs or sums in less than
 * was asked for, algorithms whose error is not a direct sum's, sums in an order that changes from run to
 * run. */
unsigned graph_forbidden(enum graph_precision precision);

/* What was chosen, for reports. */
struct graph_report {
    int engine;       /* cuDNN's global index */
    unsigned notes;   /* enum graph_note */
    size_t workspace; /* bytes */
    int fallback;     /* 1: mode A had nothing that may be used, this is of the fallback's list */
    int forbidden;    /* configurations before it that its notes ruled out, */
    int refused;      /* and that cuDNN did not finalise */
};

/* A card that is here: `handle` is borrowed and must outlive the device. A card that is described: `json` as
 * CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION takes it, handle NULL. Closed after its graphs; NULL is fine. */
enum status graph_device_open(struct graph_device **out, struct cudnnContext *handle,
                              const char *json) MUST_CHECK;
void graph_device_close(struct graph_device **device);

/* Plans: heuristics of mode A, then of the fallback; the first configuration whose notes are allowed,
 * whose workspace is not above `most_workspace` bytes and that finalises. ERR_DEVICE with cuDNN's own
 * words. NULL is fine for close. */
enum status graph_open(struct graph **out, const struct graph_device *device, const struct graph_conv *conv,
                       size_t most_workspace) MUST_CHECK;
void graph_close(struct graph **graph);
const struct graph_report *graph_report(const struct graph *graph);

/* Pointers to device memory. z is NULL where there is no residual; workspace may be shared by all graphs of a
 * stream. y may not overlap anything that is read. */
struct graph_operands {
    const void *x, *w, *b, *z;
    void *y, *workspace;
};

/* A graph with its operands, prepared so that running allocates nothing. Any number of calls may share a
 * graph, which must outlive them. */
enum status graph_call_open(struct graph_call **out, const struct graph *graph,
                            const struct graph_operands *operands) MUST_CHECK;
void graph_call_close(struct graph_call **call);

/* Into the stream of the device's handle; returns early. ERR_INTERNAL on a described device. */
enum status graph_call_run(const struct graph_call *call) MUST_CHECK;

#endif
