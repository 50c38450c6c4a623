#include "http/kserve_read.h"

#include "core/memory.h"
#include "io/json_text.h"

#include <stdio.h>
#include <string.h>

const struct kserve_output_row kserve_outputs[N_OUTPUTS] = {
    [OUTPUT_FEATURES] = { "features", "FP32", ASK_FEATURES, 1, 0 },
    [OUTPUT_PATCHES] = { "patches", "INT32", 0, 0, 0 },
    [OUTPUT_SCORE] = { "score", "FP32", ASK_SCORES, 0, 0 },
    [OUTPUT_PATCH_SCORES] = { "patch_scores", "FP32", ASK_SCORES, 1, 0 },
    [OUTPUT_THRESHOLD] = { "threshold", "FP32", ASK_SCORES, 0, 1 },
    [OUTPUT_PERCENTILE] = { "percentile", "FP32", ASK_SCORES, 0, 1 },
};

int kserve_offers(const struct served *served, enum kserve_output output)
{
    if (served->kind == SERVED_NETWORK) return !(kserve_outputs[output].wants & ASK_SCORES);
    return !kserve_outputs[output].decides || model_decides(served->model);
}

/* -------------------------------------------------------------------------------------------- outputs */

static void want(struct kserve_request *request, enum kserve_output output, int is_binary)
{
    request->wanted[request->n_wanted].output = output;
    request->wanted[request->n_wanted++].is_binary = is_binary;
    request->wants |= kserve_outputs[output].wants;
}

/* The offered ones as words: "features, patches". */
static void offered_words(const struct served *served, char *words, size_t size)
{
    size_t n = 0;
    for (int i = 0; i < N_OUTPUTS; i++)
        if (kserve_offers(served, (enum kserve_output)i) && n < size)
            n += (size_t)snprintf(words + n, size - n, "%s%s", n ? ", " : "", kserve_outputs[i].name);
}

static enum status find_output(const struct served *served, const char *name, enum kserve_output *out)
{
    char words[128];
    for (int i = 0; name && i < N_OUTPUTS; i++)
        if (strcmp(kserve_outputs[i].name, name) == 0 && kserve_offers(served, (enum kserve_output)i)) {
            *out = (enum kserve_output)i;
            return OK;
        }
    offered_words(served, words, sizeof words);
    return fail(ERR_USAGE, "output \"%.60s\" found; %.60s has %s", name ? name : "", served->name, words);
}

static enum status read_output(struct kserve_request *request, const struct served *served,
                               const json_t *json, int is_binary)
{
    const json_t *parameters = json_object_get(json, "parameters");
    enum kserve_output output = OUTPUT_FEATURES;
    TRY(find_output(served, json_string_value(json_object_get(json, "name")), &output));
    for (int i = 0; i < request->n_wanted; i++)
        REQUIRE(request->wanted[i].output != output, ERR_USAGE, "output %s is asked for twice",
                kserve_outputs[output].name);
    TRY(kserve_flag(parameters, "binary_data", &is_binary));
    REQUIRE(!json_object_get(parameters, "classification") &&
                !json_object_get(parameters, "shared_memory_region"),
            ERR_USAGE, "output %s: classification and shared memory are not offered here",
            kserve_outputs[output].name);
    want(request, output, is_binary);
    return OK;
}

/* Where none is named, all are wanted. */
static enum status read_outputs(struct kserve_request *request, const struct served *served, int is_binary)
{
    const json_t *outputs = json_object_get(request->root, "outputs");
    REQUIRE(!outputs || json_is_array(outputs), ERR_USAGE, "outputs is no array");
    for (size_t i = 0; i < json_array_size(outputs); i++)
        TRY(read_output(request, served, json_array_get(outputs, i), is_binary));
    for (int i = 0; json_array_size(outputs) == 0 && i < N_OUTPUTS; i++)
        if (kserve_offers(served, (enum kserve_output)i)) want(request, (enum kserve_output)i, is_binary);
    return OK;
}

/* ------------------------------------------------------------------------------------------- the whole */

/* A value takes forty bytes as JSON is read, so that a body of commas would take its size forty times. */
static enum status check_values(const char *json, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++) n += json[i] == ',' || json[i] == '[' || json[i] == '{';
    REQUIRE(n <= KSERVE_MOST_VALUES, ERR_USAGE,
            "%zu values found in the JSON, at most %d expected; binary tensors have no such limit", n,
            KSERVE_MOST_VALUES);
    return OK;
}

static enum status load(struct kserve_request *request, const char *body, size_t size)
{
    json_error_t error;
    TRY(check_values(body, size));
    request->root = json_loadb(body, size, 0, &error);
    TRY(json_check_memory());
    REQUIRE(request->root, ERR_USAGE, "the body is no JSON: line %d, column %d: %s", error.line, error.column,
            error.text);
    REQUIRE(json_is_object(request->root), ERR_USAGE, "the body is JSON, but no object");
    return OK;
}

static enum status read_inputs(struct kserve_request *request, long long rate, struct kserve_binary *binary)
{
    const json_t *inputs = json_object_get(request->root, "inputs");
    struct kserve_tensor tensor;
    REQUIRE(json_is_array(inputs), ERR_USAGE, "no array \"inputs\" found");
    REQUIRE(json_array_size(inputs) == 1, ERR_USAGE, "%zu inputs found, one expected: \"wav\" or \"audio\"",
            json_array_size(inputs));
    TRY(kserve_tensor_read(&tensor, json_array_get(inputs, 0), binary));
    TRY(kserve_sounds(request, &tensor, rate));
    REQUIRE(binary->size == 0, ERR_USAGE, "%zu bytes are left that belong to no input", binary->size);
    return OK;
}

static enum status read_root(struct kserve_request *request, const struct served *served,
                             struct kserve_binary *binary)
{
    const json_t *parameters = json_object_get(request->root, "parameters");
    long long rate = KSERVE_RATE, timeout_us = 0;
    int is_binary = 0;
    REQUIRE(!parameters || json_is_object(parameters), ERR_USAGE, "parameters is no object");
    TRY(kserve_text(request->root, "id", &request->id));
    TRY(kserve_text(parameters, "group", &request->group));
    TRY(kserve_integer(parameters, "timeout", 0, (long long)1e15, &timeout_us));
    TRY(kserve_integer(parameters, "sample_rate", 100, 1000000, &rate));
    TRY(kserve_flag(parameters, "binary_data_output", &is_binary));
    request->timeout_s = 1e-6 * (double)timeout_us;
    TRY(read_outputs(request, served, is_binary));
    return read_inputs(request, rate, binary);
}

/* Triton's raw request: the whole body is the one element of `wav`, and outputs are binary. */
static enum status read_raw(struct kserve_request *request, const struct served *served, const char *body,
                            size_t size)
{
    TRY(memory_check(request->sounds = memory_new(1, sizeof *request->sounds)));
    request->n_sounds = 1;
    request->sounds[0] = (struct sound){ .bytes = body, .size = size, .name = "wav[0]" };
    return read_outputs(request, served, 1);
}

enum status kserve_read(struct kserve_request *request, const struct served *served, const char *body,
                        size_t size, long long header_length)
{
    if (header_length == 0) return read_raw(request, served, body, size);
    const size_t json_size = header_length < 0 ? size : (size_t)header_length;
    REQUIRE(json_size <= size, ERR_USAGE,
            "Inference-Header-Content-Length is %zu, but the body has %zu bytes", json_size, size);
    struct kserve_binary binary = { body + json_size, size - json_size };
    TRY(load(request, body, json_size));
    return read_root(request, served, &binary);
}

void kserve_request_release(struct kserve_request *request)
{
    json_decref(request->root);
    memory_free(request->sounds);
    memory_free(request->names);
    memory_free(request->values);
    *request = (struct kserve_request){ 0 };
}
