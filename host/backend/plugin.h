/* A backend in a library of its own, and what the program and that library say to each other: one exported
 * function, one table each way. The library has no sentence and no log of its own, so that a failure in it reads
 * like any other; it is loaded once and stays until the program ends.
 *
 * Both sides are built from one tree. PLUGIN_ABI rises whenever a struct in backend.h or here changes its
 * meaning; sizes are compared as well, for the day on which that is forgotten. */
#ifndef PLUGIN_H
#define PLUGIN_H

#include "backend/backend.h"
#include "core/log.h"

enum { PLUGIN_ABI = 3 };
enum { PLUGIN_CUDA_ABREAST = 64 }; /* fits in one sequence of launches, at most (backend.h: abreast) */

/* What the program lends, for as long as it runs. */
struct plugin_host {
    enum status (*fail)(enum status status, const char *format, ...) __attribute__((format(printf, 2, 3)));
    const char *(*sentence)(void);                       /* of the calling thread */
    void (*log[LOG_DEBUG + 1])(const char *format, ...); /* as printf; by enum log_level */
};

struct plugin {
    int abi;
    size_t ops_bytes, spec_bytes;  /* of struct backend_ops and struct line_spec */
    const char *version;           /* EARSHOT_VERSION that it was built as */
    const struct backend_ops *ops; /* what learns on the CPU alone may be NULL */
};

/* NULL: the library has another ABI. `host` is kept. */
typedef const struct plugin *plugin_entry(int abi, const struct plugin_host *host);

#define PLUGIN_CUDA_SYMBOL "earshot_cuda_backend"
plugin_entry earshot_cuda_backend;

#endif
