#include "io/safetensors.h"

#include "core/memory.h"
#include "io/json_text.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* Published networks need some 20 kB; the format's own limit is 100 MB. */
enum { LENGTH_BYTES = 8, LONGEST_HEADER = 16 << 20 };

/* --------------------------------------------------------------------------------------------- reading */

static enum status read_type(const json_t *about, enum tensor_type *type)
{
    static const char *const names[] = {
        [TENSOR_F32] = "F32", [TENSOR_F16] = "F16", [TENSOR_BF16] = "BF16", [TENSOR_I64] = "I64"
    };
    const char *name = json_string_value(json_object_get(about, "dtype"));
    for (int i = 0; name && i < (int)(sizeof names / sizeof *names); i++)
        if (strcmp(name, names[i]) == 0) {
            *type = (enum tensor_type)i;
            return OK;
        }
    return fail(ERR_INPUT, "dtype %.20s found, F32, F16, BF16 or I64 expected", name ? name : "(none)");
}

/* Whole numbers from 0 on, at most `most` of them. */
static enum status read_numbers(const json_t *about, const char *key, size_t most, int64_t *numbers,
                                int *count)
{
    const json_t *list = json_object_get(about, key);
    const size_t n = json_array_size(list);
    REQUIRE(json_is_array(list) && n <= most, ERR_INPUT, "%s is no list of at most %zu numbers", key, most);
    for (size_t i = 0; i < n; i++) {
        const json_t *number = json_array_get(list, i);
        REQUIRE(json_is_integer(number) && json_integer_value(number) >= 0, ERR_INPUT,
                "%s holds something else than whole numbers from 0 on", key);
        numbers[i] = json_integer_value(number);
    }
    *count = (int)n;
    return OK;
}

static enum status read_offsets(const struct tensor_file *file, const json_t *about, struct tensor *tensor,
                                uint64_t data_start)
{
    int64_t offsets[2];
    int n;
    uint64_t bytes;
    TRY(read_numbers(about, "data_offsets", 2, offsets, &n));
    REQUIRE(n == 2 && offsets[0] <= offsets[1], ERR_INPUT, "data_offsets are no beginning and end");
    TRY(tensor_extent(tensor, &bytes));
    REQUIRE((uint64_t)(offsets[1] - offsets[0]) == bytes, ERR_INPUT,
            "data_offsets span %lld bytes, its shape and dtype need %llu",
            (long long)(offsets[1] - offsets[0]), (unsigned long long)bytes);
    REQUIRE((uint64_t)offsets[1] <= file->data_size, ERR_INPUT,
            "its data end at byte %lld of %llu: the file is cut off or its header is wrong",
            (long long)offsets[1], (unsigned long long)file->data_size);
    tensor->offset = data_start + (uint64_t)offsets[0];
    return OK;
}

static enum status read_tensor(const struct tensor_file *file, const json_t *about, struct tensor *tensor,
                               uint64_t data_start)
{
    TRY(read_type(about, &tensor->type));
    TRY(read_numbers(about, "shape", TENSOR_MAX_RANK, tensor->shape, &tensor->rank));
    tensor_row_major(tensor);
    return read_offsets(file, about, tensor, data_start);
}

static enum status add_tensor(struct tensor_file *file, const char *name, const json_t *about,
                              uint64_t data_start, uint64_t *claimed)
{
    struct tensor tensor = { .name = memory_text(name) };
    uint64_t bytes = 0;
    TRY(memory_check(tensor.name));
    const enum status status = read_tensor(file, about, &tensor, data_start);
    if (status != OK) {
        memory_free(tensor.name);
        return fail_within(status, "tensor %.200s", name);
    }
    TRY(tensor_file_add(file, &tensor));
    TRY(tensor_extent(&tensor, &bytes));
    *claimed += bytes; /* each is at most the file's size, and there are at most TENSOR_MAX_COUNT */
    return OK;
}

static enum status read_header(struct tensor_file *file, json_t *header, uint64_t data_start)
{
    const char *name;
    json_t *about;
    uint64_t claimed = 0;
    json_object_foreach(header, name, about)
    {
        if (strcmp(name, "__metadata__") == 0)
            file->is_seeded = json_object_get(about, "seeded") != NULL;
        else
            TRY(add_tensor(file, name, about, data_start, &claimed));
    }
    REQUIRE(claimed == file->data_size, ERR_INPUT, "%llu bytes of data found, its tensors need %llu",
            (unsigned long long)file->data_size, (unsigned long long)claimed);
    return OK;
}

static enum status parse_header(struct tensor_file *file, const char *text, size_t length)
{
    json_error_t error;
    json_t *header = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (!header) TRY(json_check_memory());
    REQUIRE(header, ERR_INPUT, "the header is no JSON: %s", error.text);
    enum status status = OK;
    if (json_is_object(header))
        status = read_header(file, header, LENGTH_BYTES + (uint64_t)length);
    else
        status = fail(ERR_INPUT, "the header is no JSON object");
    json_decref(header);
    return status;
}

enum status safetensors_load(struct tensor_file *file)
{
    uint64_t length;
    TRY(tensor_file_bytes(file, 0, LENGTH_BYTES, &length));
    REQUIRE(length <= file->size - LENGTH_BYTES && length <= LONGEST_HEADER, ERR_INPUT,
            "a header of %llu bytes does not fit into a file of %llu: cut off, or no safetensors",
            (unsigned long long)length, (unsigned long long)file->size);
    file->data_size = file->size - LENGTH_BYTES - length;
    char *text = memory_new(length, 1);
    enum status status = memory_check(text);
    if (status == OK) status = tensor_file_bytes(file, LENGTH_BYTES, length, text);
    if (status == OK) status = parse_header(file, text, length);
    memory_free(text);
    return status;
}
