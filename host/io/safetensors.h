/* .safetensors: eight bytes of header length (little-endian), a JSON header that gives every tensor's dtype,
 * shape and data_offsets, then the numbers. F32, F16, BF16 and I64 are read. */
#ifndef SAFETENSORS_H
#define SAFETENSORS_H

#include "io/tensor_file.h"
#include "io/weights.h"

/* Fills the list of a file that tensor_file_open has opened. Every offset is checked against the size. */
enum status safetensors_load(struct tensor_file *file) MUST_CHECK;

/* Writes folded weights under torchvision's tensor names, a bias for every layer, no batch norm. The header
 * says whether they are seeded. ERR_OUTPUT. */
enum status safetensors_write(const char *path, const struct weights *weights) MUST_CHECK;

#endif
