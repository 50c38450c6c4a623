/* A file of named tensors: `.safetensors` (safetensors.h) or PyTorch's `.pth` (torch_file.h). Opening reads
 * the list and checks it against the file; a tensor's numbers are read when they are asked for. */
#ifndef TENSOR_FILE_H
#define TENSOR_FILE_H

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

enum tensor_type { TENSOR_F32, TENSOR_F16, TENSOR_BF16, TENSOR_I64 };

enum { TENSOR_MAX_RANK = 8, TENSOR_MAX_COUNT = 4096 };

struct tensor {
    char *name; /* owned */
    enum tensor_type type;
    int rank;
    int64_t shape[TENSOR_MAX_RANK];
    int64_t strides[TENSOR_MAX_RANK]; /* elements */
    uint64_t source;                  /* of a .pth: the zip entry that holds its storage */
    uint64_t offset;                  /* bytes before its first element, in the file or in the entry */
};

struct zip;

struct tensor_file {
    char *path;
    int descriptor;
    uint64_t size; /* bytes */
    struct tensor *tensors;
    size_t count, capacity;
    struct zip *zip;    /* of a .pth, else NULL */
    uint64_t data_size; /* of a .safetensors: bytes after the header */
    int is_seeded;      /* a .safetensors that `weights seeded` wrote: RANDOM WEIGHTS */
};

/* The kind is told by the first bytes. `instead` names the file to take where this one is of a kind that
 * cannot be read (a pickle from before PyTorch 1.6). Missing, foreign, cut off, or with tensors that lie
 * outside the file: ERR_INPUT. */
enum status tensor_file_open(struct tensor_file **out, const char *path, const char *instead) MUST_CHECK;
void tensor_file_close(struct tensor_file **file);

const struct tensor *tensor_file_find(const struct tensor_file *file, const char *name); /* NULL: not there */

/* All numbers in row-major order, whatever the strides, as float. The caller has checked the shape, and so
 * how large `out` must be. */
enum status tensor_file_read(struct tensor_file *file, const struct tensor *tensor, float *out) MUST_CHECK;

/* For the readers, whose sentences need not name the file; it is put before them. A new tensor at the end of
 * the list; one with its name is there already, or too many are: ERR_INPUT. Takes the name over, also where
 * it fails. */
enum status tensor_file_add(struct tensor_file *file, const struct tensor *tensor) MUST_CHECK;
/* Bytes of the file itself. */
enum status tensor_file_bytes(struct tensor_file *file, uint64_t offset, size_t size, void *out) MUST_CHECK;

size_t tensor_type_size(enum tensor_type type);
void tensor_row_major(struct tensor *tensor); /* sets the strides from the shape */

/* Bytes from the first element to the end of the last; 0 where a side is 0. A negative side or stride, or one
 * too large to count: ERR_INPUT. */
enum status tensor_extent(const struct tensor *tensor, uint64_t *bytes) MUST_CHECK;

/* "[64][3][7][7]", "[]" for a single number. */
void tensor_print_shape(const int64_t *shape, int rank, char *text, size_t size);

#endif
