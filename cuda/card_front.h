/* The front end on a card: recordings → dB → pictures, on cuFFT and the kernels of kernels/. All is put into one
 * stream and returns early; nothing is allocated after _open. */
#ifndef CARD_FRONT_H
#define CARD_FRONT_H

#include "cuda/region.h"
#include "launch.h"

#include "backend/backend.h"

#include <cuda_runtime_api.h>

struct card_front;

/* `spec` is copied; region and stream must outlive the front end. */
enum status card_front_open(struct card_front **out, const struct line_spec *spec, struct region *region,
                            cudaStream_t stream) MUST_CHECK;
void card_front_close(
    struct card_front **front); /* after its stream was waited for; NULL and half-open are fine */

/* The steps of backend.h, in this order. Samples go up as they are: two bytes for an int16. */
enum status card_front_upload(struct card_front *front, const struct clip *clips, int n_clips) MUST_CHECK;
enum status card_front_logmel(struct card_front *front) MUST_CHECK;
/* `image` [n_patches][size][size][RESIZE_CHANNELS] on the card */
enum status card_front_picture(struct card_front *front, int first_patch, int n_patches, void *image,
                               enum number number) MUST_CHECK;
/* The patches as features: `features` [n_patches][n_mels][width] on the card. */
enum status card_front_cells(struct card_front *front, int first_patch, int n_patches,
                             float *features) MUST_CHECK;

int card_front_patches(const struct card_front *front); /* of the batch */

/* dB of all clips, in pinned memory that belongs to the front end; there once the stream was waited for. */
enum status card_front_decibel(struct card_front *front, const float **decibel, size_t *n) MUST_CHECK;

#endif
