/* A file of weights, safetensors or torch.save's zip: the list of tensors, and the numbers of each that is small. */
#include "fuzz.h"

#include "core/memory.h"
#include "io/tensor_file.h"

#include <stdlib.h>

enum { MOST_NUMBERS = 1 << 16 };

/* -1: more than are read here; a network's loader asks for the shape that it knows. */
static int64_t count_numbers(const struct tensor *tensor)
{
    int64_t count = 1;
    for (int i = 0; i < tensor->rank; i++)
        if (__builtin_mul_overflow(count, tensor->shape[i], &count) || count > MOST_NUMBERS) return -1;
    return count;
}

static void read_tensor(struct tensor_file *file, const struct tensor *tensor)
{
    char shape[64];
    const int64_t count = count_numbers(tensor);
    tensor_print_shape(tensor->shape, tensor->rank, shape, sizeof shape);
    if (count < 0) return;
    float *numbers = memory_new((size_t)count, sizeof *numbers);
    if (numbers) (void)fuzz_ok(tensor_file_read(file, tensor, numbers));
    memory_free(numbers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tensor_file *file = NULL;
    if (fuzz_ok(tensor_file_open(&file, fuzz_file(data, size), "another.pth")))
        for (size_t i = 0; i < file->count; i++) {
            if (tensor_file_find(file, file->tensors[i].name) != &file->tensors[i]) abort();
            read_tensor(file, &file->tensors[i]);
        }
    tensor_file_close(&file);
    return 0;
}
