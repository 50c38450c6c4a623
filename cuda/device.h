/* The cards of this machine and the driver between: what is there, what is needed, and in which words it is
 * missing. */
#ifndef DEVICE_H
#define DEVICE_H

#include "backend/backend.h"

#include <cuda_runtime_api.h>

/* ERR_DEVICE: no driver, too old a driver, no card. A card that cannot be used is listed with its reason. */
enum status device_list(struct card_list *list) MUST_CHECK;

/* Finds card `number`, sees that it can be used, and makes it the calling thread's. */
enum status device_use(int number, struct card *card) MUST_CHECK;

/* Turns an answer of the CUDA runtime into a sentence: "what: CUDA says …". */
enum status device_check(cudaError_t error, const char *what) MUST_CHECK;

#endif
