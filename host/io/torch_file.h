/* .pth as torch.save writes it since PyTorch 1.6: an uncompressed zip with a pickled table of tensors,
 * ARCHIVE/data.pkl, and one entry a storage, ARCHIVE/data/0 … */
#ifndef TORCH_FILE_H
#define TORCH_FILE_H

#include "io/tensor_file.h"

/* Fills the list of a file that tensor_file_open has opened. Every tensor is checked to lie inside its
 * storage, and every storage to have the size that the pickle gives. */
enum status torch_file_load(struct tensor_file *file) MUST_CHECK;
void torch_file_release(struct tensor_file *file);

/* `size` bytes of the tensor's storage, from its offset on. An entry whose checksum is wrong: ERR_INPUT. */
enum status torch_file_bytes(struct tensor_file *file, const struct tensor *tensor, size_t size,
                             void *bytes) MUST_CHECK;

#endif
