/* The pickle inside a .pth, without the zip around it. */
#include "fuzz.h"

#include "core/memory.h"
#include "io/torch_pickle.h"

#include <stdlib.h>
#include <string.h>

static enum status take(void *context, const struct pickled_tensor *pickled)
{
    uint64_t bytes;
    int *n_left = context;
    struct tensor tensor = pickled->tensor;
    const enum status status = tensor_extent(&tensor, &bytes);
    if (!memchr(pickled->storage, '\0', sizeof pickled->storage)) abort();
    memory_free(tensor.name);
    TRY(status);
    REQUIRE(--*n_left > 0, ERR_INPUT, "enough");
    return OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int n_left = 100;
    (void)fuzz_ok(torch_pickle_read(data, size, take, &n_left));
    return 0;
}
