/* The cards of this machine and the driver between: what is there, what is needed, and in which words it is
 * missing. */
#ifndef DEVICE_H
#define DEVICE_H

#include "backend/backend.h"
#include "launch.h"

#include <cuda_runtime_api.h>

/* ERR_DEVICE: no driver, too old a driver, no card. A card that cannot be used is listed with its reason. */
enum status device_list(struct card_list *list) MUST_CHECK;

/* Finds card `number`, sees that it can be used, and makes it the calling thread's. */
enum status device_use(int number, struct card *card) MUST_CHECK;

/* Makes a card that was found before the calling thread's: a line may be used on any thread, one at a time. */
enum status device_select(int number) MUST_CHECK;

/* Puts a kernel of kernels/ into a stream: device_launch(mel_spectrum, &args, stream). */
#define device_launch(name, args, stream) \
    device_launch_kernel((const void *)name##_kernel, name##_shape(args), args, stream, #name)
enum status device_launch_kernel(const void *kernel, struct kernel_shape shape, const void *args,
                                 cudaStream_t stream, const char *name) MUST_CHECK;

/* Turns an answer of the CUDA runtime into a sentence: "what: CUDA says …". */
enum status device_check(cudaError_t error, const char *what) MUST_CHECK;

#endif
