/* Feature and model files that HDF5 finds nothing wrong with: an honest one, which the first byte chooses, with some
 * data sets and attributes missing, of other shapes, types or values. Models also score. */
#include "fuzz_stores.h"

#include "core/memory.h"

static char *path;

/* Before libFuzzer's clock runs: it takes seconds. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    fuzz_stores_make(fuzz_folder());
    path = memory_print("%s/changed.h5", fuzz_folder());
    return path == NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes bytes = { data, data + size };
    const int i = (int)(fuzz_byte(&bytes) % (unsigned)fuzz_stores_count());
    if (fuzz_stores_change(i, &bytes, path) == OK) fuzz_stores_use(i, path);
    return 0;
}
