/* The one kind of pickle that a table of tensors needs, and nothing else: a dictionary of names and tensors
 * as torch.save writes it (protocol 2). Nothing is looked up, imported or executed: seven names are known,
 * and a pickle that asks for another is refused with a sentence that says which. */
#ifndef TORCH_PICKLE_H
#define TORCH_PICKLE_H

#include "io/tensor_file.h"

enum { STORAGE_KEY_SIZE = 32 };

struct pickled_tensor {
    struct tensor tensor;           /* `offset` is in bytes from the beginning of its storage */
    char storage[STORAGE_KEY_SIZE]; /* the entry's name below data/, "0" */
    int64_t storage_count;          /* elements that the storage should hold */
};

/* Called for every tensor, in order; owns tensor->tensor.name from then on. */
typedef enum status (*pickled_tensor_taker)(void *context, const struct pickled_tensor *tensor);

/* ERR_INPUT: cut off, another opcode or name than those known, something else than named tensors, a tensor
 * that reaches beyond its storage. */
enum status torch_pickle_read(const unsigned char *bytes, size_t size, pickled_tensor_taker take,
                              void *context) MUST_CHECK;

#endif
