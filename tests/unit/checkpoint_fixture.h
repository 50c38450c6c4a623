/* For tests of checkpoints: five patches, a backend, and a file in a folder of its own. */
#ifndef CHECKPOINT_FIXTURE_H
#define CHECKPOINT_FIXTURE_H

#include "detect/autoencoder_checkpoint.h"
#include "patches_example.h"

enum { ROWS = 5, BATCH = 2, EPOCHS = 4 };

static struct backend *backend;
static char folder[64], path[96];
static struct matrix x;

static inline int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s", test_folder());
    snprintf(path, sizeof path, "%s/000000.h5", folder);
    make_rows(&x, ROWS);
    return backend_open(&backend, "cpu", &(struct backend_options){ .threads = 2 }) != OK;
}

static inline int tear_down(void **state)
{
    (void)state;
    unlink(path);
    rmdir(folder);
    matrix_release(&x);
    backend->ops->close(&backend);
    return 0;
}

#endif
