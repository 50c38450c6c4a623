#include "http/kserve_read.h"

#include "core/memory.h"
#include "http/base64.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { LOWEST_RATE = 100, HIGHEST_RATE = 1000000 };

static enum status make_sounds(struct kserve_request *request, const struct kserve_tensor *tensor, size_t n)
{
    REQUIRE(n <= KSERVE_MOST_SOUNDS, ERR_USAGE, "input %s: %zu recordings found, at most %d expected",
            tensor->name, n, KSERVE_MOST_SOUNDS);
    TRY(memory_check(request->sounds = memory_new(n, sizeof *request->sounds)));
    TRY(memory_check(request->names = memory_new(n, sizeof *request->names)));
    request->n_sounds = (int)n;
    for (size_t i = 0; i < n; i++) {
        snprintf(request->names[i], sizeof request->names[i], "%s[%zu]", tensor->name, i);
        request->sounds[i].name = request->names[i];
    }
    return OK;
}

/* ------------------------------------------------------------------------------------------------- wav */

/* Elements of BYTES: four bytes of length, the lowest first, and so many bytes. */
static enum status files_of_binary(struct kserve_request *request, const struct kserve_tensor *tensor)
{
    const unsigned char *at = (const unsigned char *)tensor->binary;
    size_t left = tensor->binary_size;
    for (int i = 0; i < request->n_sounds; i++) {
        REQUIRE(left >= 4, ERR_USAGE, "input wav: %d elements found, %d expected", i, request->n_sounds);
        const uint32_t size = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        at += 4;
        left -= 4;
        REQUIRE(size <= left, ERR_USAGE, "input wav: element %d has %u bytes, but %zu are left", i, size,
                left);
        request->sounds[i].bytes = at;
        request->sounds[i].size = size;
        at += size;
        left -= size;
    }
    REQUIRE(left == 0, ERR_USAGE, "input wav: %zu bytes are left after its last element", left);
    return OK;
}

static enum status files_of_json(struct kserve_request *request, const json_t *data)
{
    unsigned char *to = request->values;
    for (int i = 0; i < request->n_sounds; i++) {
        const json_t *element = json_array_get(data, (size_t)i);
        size_t size = 0;
        if (base64_decode(json_string_value(element), json_string_length(element), to, &size) != OK)
            return fail(ERR_USAGE,
                        "input wav: element %d is no base64, which is how JSON carries recordings: %s", i,
                        status_sentence());
        request->sounds[i].bytes = to;
        request->sounds[i].size = size;
        to += size;
    }
    return OK;
}

static enum status read_base64(struct kserve_request *request, const struct kserve_tensor *tensor)
{
    const char *content = "base64";
    size_t room = 64;
    TRY(kserve_text(tensor->parameters, "content", &content));
    REQUIRE(strcmp(content, "base64") == 0, ERR_USAGE,
            "parameter content: \"%.40s\" found, \"base64\" expected", content);
    REQUIRE(json_is_array(tensor->data) && json_array_size(tensor->data) == tensor->count, ERR_USAGE,
            "input wav: an array of %zu strings expected", tensor->count);
    for (size_t i = 0; i < tensor->count; i++) {
        const json_t *element = json_array_get(tensor->data, i);
        REQUIRE(json_is_string(element), ERR_USAGE, "input wav: element %zu is no string", i);
        room += json_string_length(element) / 4 * 3 + 3;
    }
    TRY(memory_check(request->values = memory_new_unset(room, 1)));
    return files_of_json(request, tensor->data);
}

static enum status read_files(struct kserve_request *request, const struct kserve_tensor *tensor)
{
    char shape[96];
    kserve_tensor_shape(tensor, shape, sizeof shape);
    REQUIRE(strcmp(tensor->datatype, "BYTES") == 0, ERR_USAGE,
            "input wav: datatype %.20s found, BYTES expected", tensor->datatype);
    REQUIRE(tensor->shape[0] == tensor->count, ERR_USAGE, "input wav: shape %s found, [n] or [n, 1] expected",
            shape);
    TRY(make_sounds(request, tensor, tensor->count));
    return tensor->binary ? files_of_binary(request, tensor) : read_base64(request, tensor);
}

/* ----------------------------------------------------------------------------------------------- audio */

static enum status read_samples(struct kserve_request *request, const struct kserve_tensor *tensor,
                                long long rate)
{
    char shape[96];
    const int is_short = strcmp(tensor->datatype, "INT16") == 0;
    const size_t n = tensor->n_dimensions == 1 ? 1 : tensor->shape[0], samples = tensor->count / n;
    const size_t bytes = is_short ? sizeof(short) : sizeof(float);
    kserve_tensor_shape(tensor, shape, sizeof shape);
    REQUIRE(is_short || strcmp(tensor->datatype, "FP32") == 0, ERR_USAGE,
            "input audio: datatype %.20s found, FP32 or INT16 expected", tensor->datatype);
    REQUIRE(tensor->n_dimensions <= 2, ERR_USAGE,
            "input audio: shape %s found, [n, samples] or [samples] expected", shape);
    /* before a room is made that nobody has filled */
    const size_t there = tensor->binary ? tensor->binary_size / bytes : KSERVE_MOST_VALUES;
    REQUIRE(tensor->count <= there, ERR_USAGE,
            "input audio: shape %s found, but there are not so many values", shape);
    TRY(kserve_integer(tensor->parameters, "sample_rate", LOWEST_RATE, HIGHEST_RATE, &rate));
    TRY(make_sounds(request, tensor, n));
    TRY(memory_check(request->values = memory_new_unset(tensor->count, bytes)));
    TRY(is_short ? kserve_tensor_shorts(tensor, request->values)
                 : kserve_tensor_floats(tensor, request->values));
    for (size_t i = 0; i < n; i++) {
        request->sounds[i].form = is_short ? SOUND_INT16 : SOUND_FLOAT;
        request->sounds[i].bytes = (const char *)request->values + i * samples * bytes;
        request->sounds[i].size = samples * bytes;
        request->sounds[i].sample_rate = (int)rate;
    }
    return OK;
}

enum status kserve_sounds(struct kserve_request *request, const struct kserve_tensor *tensor, long long rate)
{
    if (strcmp(tensor->name, "wav") == 0) return read_files(request, tensor);
    if (strcmp(tensor->name, "audio") == 0) return read_samples(request, tensor, rate);
    return fail(ERR_USAGE, "input \"%.60s\" found, \"wav\" or \"audio\" expected", tensor->name);
}
