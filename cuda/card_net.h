/* A network on a card: convolutions as cuDNN's graphs (graph.h), pools as kernels of kernels/, in the order and the
 * memory that graph_net.h lays out. All is put into one stream and returns early. */
#ifndef CARD_NET_H
#define CARD_NET_H

#include "cuda/region.h"
#include "launch.h"

#include "backend/backend.h"

#include <cuda_runtime_api.h>

struct card_net;

/* The network of `spec`, for as many patches as one of its chunks has at most. Region and stream must outlive it; weights are copied. */
enum status card_net_open(struct card_net **out, const struct line_spec *spec, struct region *region,
                          cudaStream_t stream) MUST_CHECK;
void card_net_close(struct card_net **net); /* after its stream was waited for; NULL and half-open are fine */

/* Where the pictures go: [patches][size][size][RESIZE_CHANNELS] of these numbers, on the card. */
void *card_net_image(const struct card_net *net);
enum number card_net_number(const struct card_net *net);

/* The pictures' features, flattened channel-major: `features` [n_patches][columns] on the card. */
enum status card_net_run(struct card_net *net, int n_patches, float *features) MUST_CHECK;

#endif
