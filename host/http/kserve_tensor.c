#include "http/kserve_tensor.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------ parameters */

enum status kserve_text(const json_t *parameters, const char *name, const char **out)
{
    const json_t *value = json_object_get(parameters, name);
    if (!value) return OK;
    REQUIRE(json_is_string(value), ERR_USAGE, "parameter %s: a string expected", name);
    *out = json_string_value(value);
    return OK;
}

enum status kserve_integer(const json_t *parameters, const char *name, long long low, long long high,
                           long long *out)
{
    const json_t *value = json_object_get(parameters, name);
    if (!value) return OK;
    REQUIRE(json_is_integer(value), ERR_USAGE, "parameter %s: a whole number expected", name);
    *out = json_integer_value(value);
    REQUIRE(*out >= low && *out <= high, ERR_USAGE, "parameter %s: %lld found, %lld … %lld expected", name,
            *out, low, high);
    return OK;
}

enum status kserve_flag(const json_t *parameters, const char *name, int *out)
{
    const json_t *value = json_object_get(parameters, name);
    if (!value) return OK;
    REQUIRE(json_is_boolean(value), ERR_USAGE, "parameter %s: true or false expected", name);
    *out = json_is_true(value);
    return OK;
}

/* ----------------------------------------------------------------------------------------- description */

void kserve_tensor_shape(const struct kserve_tensor *tensor, char *text, size_t size)
{
    size_t n = (size_t)snprintf(text, size, "[");
    for (int i = 0; i < tensor->n_dimensions && n < size; i++)
        n += (size_t)snprintf(text + n, size - n, "%s%zu", i ? ", " : "", tensor->shape[i]);
    if (n < size) snprintf(text + n, size - n, "]");
}

static enum status read_shape(struct kserve_tensor *tensor, const json_t *shape)
{
    const size_t n = json_array_size(shape);
    REQUIRE(json_is_array(shape) && n >= 1 && n <= TENSOR_MOST_DIMENSIONS, ERR_USAGE,
            "input %s: a shape of 1 to %d numbers expected", tensor->name, TENSOR_MOST_DIMENSIONS);
    tensor->n_dimensions = (int)n;
    tensor->count = 1;
    for (size_t i = 0; i < n; i++) {
        const json_t *value = json_array_get(shape, i);
        const long long length = json_integer_value(value);
        REQUIRE(json_is_integer(value) && length > 0, ERR_USAGE,
                "input %s: dimension %zu of its shape is no whole number above 0", tensor->name, i);
        REQUIRE(!__builtin_mul_overflow(tensor->count, (size_t)length, &tensor->count) &&
                    tensor->count < SIZE_MAX / 16,
                ERR_USAGE, "input %s: its shape is too large", tensor->name);
        tensor->shape[i] = (size_t)length;
    }
    return OK;
}

static enum status read_values(struct kserve_tensor *tensor, const json_t *json, struct kserve_binary *binary)
{
    long long size = -1;
    tensor->data = json_object_get(json, "data");
    TRY(kserve_integer(tensor->parameters, "binary_data_size", 0, INT64_MAX, &size));
    REQUIRE(!json_object_get(tensor->parameters, "shared_memory_region"), ERR_USAGE,
            "input %s: shared memory is not offered here", tensor->name);
    REQUIRE((size >= 0) != (tensor->data != NULL), ERR_USAGE,
            "input %s: either data or the parameter binary_data_size expected, %s found", tensor->name,
            tensor->data ? "both" : "neither");
    if (tensor->data) return OK;
    REQUIRE((unsigned long long)size <= binary->size, ERR_USAGE,
            "input %s: binary_data_size is %lld, but %zu bytes are left after the JSON", tensor->name, size,
            binary->size);
    tensor->binary = binary->bytes;
    tensor->binary_size = (size_t)size;
    binary->bytes += size;
    binary->size -= (size_t)size;
    return OK;
}

enum status kserve_tensor_read(struct kserve_tensor *tensor, const json_t *json, struct kserve_binary *binary)
{
    *tensor = (struct kserve_tensor){ .name = json_string_value(json_object_get(json, "name")),
                                      .datatype = json_string_value(json_object_get(json, "datatype")),
                                      .parameters = json_object_get(json, "parameters") };
    REQUIRE(tensor->name, ERR_USAGE, "an input without a name found");
    REQUIRE(tensor->datatype, ERR_USAGE, "input %.60s: no datatype found", tensor->name);
    REQUIRE(!tensor->parameters || json_is_object(tensor->parameters), ERR_USAGE,
            "input %.60s: parameters are no object", tensor->name);
    TRY(read_shape(tensor, json_object_get(json, "shape")));
    return read_values(tensor, json, binary);
}

/* ---------------------------------------------------------------------------------------------- values */

/* Where the next value goes. */
struct filling {
    const struct kserve_tensor *tensor;
    float *floats; /* or */
    short *shorts;
    size_t n;
};

static enum status put_value(struct filling *filling, const json_t *value)
{
    const char *name = filling->tensor->name;
    REQUIRE(filling->n < filling->tensor->count, ERR_USAGE,
            "input %s: more than the %zu values of its shape found", name, filling->tensor->count);
    if (filling->shorts) {
        const long long number = json_integer_value(value);
        REQUIRE(json_is_integer(value) && number >= INT16_MIN && number <= INT16_MAX, ERR_USAGE,
                "input %s: value %zu is no whole number of 16 bits", name, filling->n);
        filling->shorts[filling->n++] = (short)number;
        return OK;
    }
    const float number = (float)json_number_value(value);
    REQUIRE(json_is_number(value) && isfinite(number), ERR_USAGE, "input %s: value %zu is no number", name,
            filling->n);
    filling->floats[filling->n++] = number;
    return OK;
}

/* Flat, or nested as the shape is: both are allowed, so the nesting is not looked at. */
static enum status put_values(struct filling *filling, const json_t *array, int depth)
{
    REQUIRE(depth <= TENSOR_MOST_DIMENSIONS, ERR_USAGE, "input %s: arrays in more than %d others found",
            filling->tensor->name, TENSOR_MOST_DIMENSIONS);
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *value = json_array_get(array, i);
        TRY(json_is_array(value) ? put_values(filling, value, depth + 1) : put_value(filling, value));
    }
    return OK;
}

static enum status fill(struct filling *filling, void *out, size_t bytes)
{
    const struct kserve_tensor *tensor = filling->tensor;
    if (tensor->binary) {
        REQUIRE(tensor->binary_size == tensor->count * bytes, ERR_USAGE,
                "input %s: %zu bytes found, %zu values of %zu bytes expected", tensor->name,
                tensor->binary_size, tensor->count, bytes);
        memcpy(out, tensor->binary, tensor->binary_size);
        return OK;
    }
    REQUIRE(json_is_array(tensor->data), ERR_USAGE, "input %s: data is no array", tensor->name);
    TRY(put_values(filling, tensor->data, 1));
    REQUIRE(filling->n == tensor->count, ERR_USAGE, "input %s: %zu values found, %zu expected", tensor->name,
            filling->n, tensor->count);
    return OK;
}

enum status kserve_tensor_floats(const struct kserve_tensor *tensor, float *out)
{
    struct filling filling = { .tensor = tensor, .floats = out };
    return fill(&filling, out, sizeof *out);
}

enum status kserve_tensor_shorts(const struct kserve_tensor *tensor, short *out)
{
    struct filling filling = { .tensor = tensor, .shorts = out };
    return fill(&filling, out, sizeof *out);
}
