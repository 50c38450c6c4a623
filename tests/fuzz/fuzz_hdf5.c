/* Feature and model files with any bytes, and the checksum that goes with them, so that HDF5 sees them. What dies here
 * with HDF5 on top of the stack is HDF5's (README.md): earshot lets it read nothing whose checksum is wrong. */
#include "fuzz.h"

#include "core/log.h"
#include "detect/model.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct features *features = NULL;
    struct model model;
    if (size < 512) return 0; /* the block before HDF5's, which holds the checksum */
    const char *path = fuzz_file(data, size);
    log_set_level(LOG_ERROR);
    if (store_reseal(path) != OK) abort();
    if (fuzz_ok(features_open(&features, path))) features_close(&features);
    if (fuzz_ok(model_open(&model, path))) model_release(&model);
    return 0;
}
