#include "io/tensor_file.h"

#include "core/memory.h"
#include "io/safetensors.h"
#include "io/torch_file.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are taken as they lie in the files");

/* -------------------------------------------------------------------------------------------- the list */

size_t tensor_type_size(enum tensor_type type)
{
    static const size_t sizes[] = { [TENSOR_F32] = 4, [TENSOR_F16] = 2, [TENSOR_BF16] = 2, [TENSOR_I64] = 8 };
    return sizes[type];
}

void tensor_row_major(struct tensor *tensor)
{
    int64_t stride = 1;
    for (int i = tensor->rank - 1; i >= 0; i--) {
        tensor->strides[i] = stride;
        if (__builtin_mul_overflow(stride, tensor->shape[i], &stride)) stride = INT64_MAX;
    }
}

enum status tensor_extent(const struct tensor *tensor, uint64_t *bytes)
{
    int64_t last = 0, step, size;
    int is_empty = 0, is_bad = 0;
    for (int i = 0; i < tensor->rank; i++) {
        const int64_t side = tensor->shape[i], stride = tensor->strides[i];
        is_bad |= side < 0 || stride < 0;
        is_empty |= side == 0;
        is_bad |= __builtin_mul_overflow(side - (side > 0), stride, &step);
        is_bad |= __builtin_add_overflow(last, step, &last);
    }
    is_bad |= __builtin_add_overflow(last, 1, &last);
    is_bad |= __builtin_mul_overflow(last, (int64_t)tensor_type_size(tensor->type), &size);
    REQUIRE(!is_bad, ERR_INPUT, "tensor %.200s has a shape or strides that no file can hold", tensor->name);
    *bytes = is_empty ? 0 : (uint64_t)size;
    return OK;
}

void tensor_print_shape(const int64_t *shape, int rank, char *text, size_t size)
{
    size_t used = 0;
    snprintf(text, size, rank ? "" : "[]");
    for (int i = 0; i < rank && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "[%lld]", (long long)shape[i]);
}

const struct tensor *tensor_file_find(const struct tensor_file *file, const char *name)
{
    for (size_t i = 0; i < file->count; i++)
        if (strcmp(file->tensors[i].name, name) == 0) return &file->tensors[i];
    return NULL;
}

enum status tensor_file_add(struct tensor_file *file, const struct tensor *tensor)
{
    enum status status = OK;
    if (file->count == TENSOR_MAX_COUNT)
        status = fail(ERR_INPUT, "more than %d tensors", TENSOR_MAX_COUNT);
    else if (tensor_file_find(file, tensor->name))
        status = fail(ERR_INPUT, "tensor %.200s is there twice", tensor->name);
    else
        status = memory_grow((void **)&file->tensors, &file->capacity, file->count, sizeof *file->tensors);
    if (status == OK)
        file->tensors[file->count++] = *tensor;
    else
        memory_free(tensor->name);
    return status;
}

/* -------------------------------------------------------------------------------------- open and close */

enum status tensor_file_bytes(struct tensor_file *file, uint64_t offset, size_t size, void *out)
{
    for (size_t done = 0; done < size;) {
        const ssize_t got = pread(file->descriptor, (char *)out + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR) continue;
        REQUIRE(got >= 0, ERR_INPUT, "cannot be read: %s", strerror(errno));
        REQUIRE(got > 0, ERR_INPUT, "became shorter while it was read");
        done += (size_t)got;
    }
    return OK;
}

static enum status open_descriptor(struct tensor_file *file)
{
    struct stat about;
    file->descriptor = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    REQUIRE(file->descriptor >= 0 && fstat(file->descriptor, &about) == 0, ERR_INPUT, "cannot be opened: %s",
            strerror(errno));
    REQUIRE(S_ISREG(about.st_mode), ERR_INPUT, "not a file");
    file->size = (uint64_t)about.st_size;
    return OK;
}

static enum status open_by_kind(struct tensor_file *file, const char *instead)
{
    char first[9] = "";
    TRY(open_descriptor(file));
    REQUIRE(file->size >= sizeof first, ERR_INPUT, "%llu bytes are no file of weights",
            (unsigned long long)file->size);
    TRY(tensor_file_bytes(file, 0, sizeof first, first));
    if (memcmp(first, "PK", 2) == 0) return torch_file_load(file);
    if (first[8] == '{') return safetensors_load(file);
    return fail(ERR_INPUT,
                "neither safetensors nor a .pth of PyTorch 1.6 or later (it would begin with PK); "
                "the current file is %s",
                instead);
}

enum status tensor_file_open(struct tensor_file **out, const char *path, const char *instead)
{
    struct tensor_file *file = *out = memory_new(1, sizeof *file);
    enum status status;
    TRY_OR_DONE(memory_check(file));
    file->descriptor = -1;
    TRY_OR_DONE(memory_check(file->path = memory_text(path)));
    status = open_by_kind(file, instead);
    if (status != OK) fail_within(status, "%s", path);
done:
    if (status != OK) tensor_file_close(out);
    return status;
}

void tensor_file_close(struct tensor_file **file)
{
    if (!*file) return;
    torch_file_release(*file);
    for (size_t i = 0; i < (*file)->count; i++) memory_free((*file)->tensors[i].name);
    memory_free((*file)->tensors);
    if ((*file)->descriptor >= 0) close((*file)->descriptor);
    memory_free((*file)->path);
    memory_free(*file);
    *file = NULL;
}

/* --------------------------------------------------------------------------------------------- reading */

static float float_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* IEEE 754 binary16: sign, 5 bits of exponent, 10 of mantissa. */
static float float_of_half(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    const int exponent = half >> 10 & 31, mantissa = half & 1023;
    if (exponent == 31) return float_of_bits(sign | 0x7f800000u | (uint32_t)mantissa << 13);
    const float value =
        exponent ? ldexpf((float)(mantissa + 1024), exponent - 25) : ldexpf((float)mantissa, -24);
    return sign ? -value : value;
}

static float element(const unsigned char *bytes, enum tensor_type type)
{
    uint16_t half;
    uint32_t single;
    int64_t integer;
    switch (type) {
    case TENSOR_F32:
        memcpy(&single, bytes, sizeof single);
        return float_of_bits(single);
    case TENSOR_F16:
        memcpy(&half, bytes, sizeof half);
        return float_of_half(half);
    case TENSOR_BF16:
        memcpy(&half, bytes, sizeof half);
        return float_of_bits((uint32_t)half << 16);
    case TENSOR_I64:
        memcpy(&integer, bytes, sizeof integer);
        return (float)integer;
    }
    return NAN;
}

/* Walks the tensor in row-major order; `at` counts like an odometer, the last side fastest. */
static void convert(const struct tensor *tensor, const unsigned char *bytes, float *out)
{
    int64_t at[TENSOR_MAX_RANK] = { 0 }, place = 0;
    const int64_t width = (int64_t)tensor_type_size(tensor->type);
    for (int side = 0; side >= 0;) {
        *out++ = element(bytes + place * width, tensor->type);
        for (side = tensor->rank - 1; side >= 0; side--) {
            place += tensor->strides[side];
            if (++at[side] < tensor->shape[side]) break;
            place -= at[side] * tensor->strides[side];
            at[side] = 0;
        }
    }
}

enum status tensor_file_read(struct tensor_file *file, const struct tensor *tensor, float *out)
{
    uint64_t size;
    TRY(tensor_extent(tensor, &size));
    if (size == 0) return OK;
    unsigned char *bytes = memory_new(size, 1);
    enum status status = memory_check(bytes);
    if (status == OK)
        status = file->zip ? torch_file_bytes(file, tensor, size, bytes)
                           : tensor_file_bytes(file, tensor->offset, size, bytes);
    if (status == OK) convert(tensor, bytes, out);
    memory_free(bytes);
    return status == OK ? OK : fail_within(status, "%s: tensor %s", file->path, tensor->name);
}
