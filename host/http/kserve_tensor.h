/* Tensors of KServe v2 (Open Inference Protocol) as they come in: JSON that describes them, and where their values
 * are, in the JSON or, by Triton's binary extension, after it. */
#ifndef KSERVE_TENSOR_H
#define KSERVE_TENSOR_H

#include "core/status.h"

#include <jansson.h>
#include <stddef.h>

enum { TENSOR_MOST_DIMENSIONS = 4 };

struct kserve_tensor {
    const char *name, *datatype; /* belong to the JSON */
    size_t shape[TENSOR_MOST_DIMENSIONS];
    int n_dimensions;
    size_t count;             /* of elements: the product of the shape */
    const json_t *data;       /* NULL where it is binary */
    const char *binary;       /* within the body, aligned to nothing; NULL where it is JSON */
    size_t binary_size;       /* bytes */
    const json_t *parameters; /* NULL: none */
};

/* The bytes after the JSON that no tensor has taken yet. */
struct kserve_binary {
    const char *bytes;
    size_t size;
};

/* ERR_USAGE: a sentence with what was found and expected. */
enum status kserve_tensor_read(struct kserve_tensor *tensor, const json_t *json,
                               struct kserve_binary *binary) MUST_CHECK;
/* "[2, 160000]" into `text`. */
void kserve_tensor_shape(const struct kserve_tensor *tensor, char *text, size_t size);

/* Values of FP32 and INT16 → out [count], aligned as they need. */
enum status kserve_tensor_floats(const struct kserve_tensor *tensor, float *out) MUST_CHECK;
enum status kserve_tensor_shorts(const struct kserve_tensor *tensor, short *out) MUST_CHECK;

/* JSON parameters: NULL where it is not there. ERR_USAGE: it is there and of another type. */
enum status kserve_text(const json_t *parameters, const char *name, const char **out) MUST_CHECK;
enum status kserve_integer(const json_t *parameters, const char *name, long long low, long long high,
                           long long *out) MUST_CHECK;
enum status kserve_flag(const json_t *parameters, const char *name, int *out) MUST_CHECK;

#endif
