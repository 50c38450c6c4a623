/* What belongs to no handle: versions, sentences, codes; and where a library finds the program that decodes for it. */
#include "library/library_internal.h"

#include "core/log.h"
#include "core/origin.h"

#include <stdio.h>
#include <unistd.h>

const char *earshot_version(void)
{
    return EARSHOT_VERSION;
}

int earshot_abi(void)
{
    return EARSHOT_ABI;
}

const char *earshot_error(void)
{
    return status_sentence();
}

const char *earshot_status_name(enum earshot_status status)
{
    static const char *const names[] = {
        [EARSHOT_OK] = "EARSHOT_OK",           [EARSHOT_INTERNAL] = "EARSHOT_INTERNAL",
        [EARSHOT_MEMORY] = "EARSHOT_MEMORY",   [EARSHOT_USAGE] = "EARSHOT_USAGE",
        [EARSHOT_INPUT] = "EARSHOT_INPUT",     [EARSHOT_POISON] = "EARSHOT_POISON",
        [EARSHOT_DEVICE] = "EARSHOT_DEVICE",   [EARSHOT_BUSY] = "EARSHOT_BUSY",
        [EARSHOT_TIMEOUT] = "EARSHOT_TIMEOUT", [EARSHOT_END] = "EARSHOT_END",
    };
    const unsigned place = (unsigned)status;
    return place < sizeof names / sizeof *names ? names[place] : "unknown";
}

enum earshot_status library_status(enum status status)
{
    switch (status) {
    case OK:
        return EARSHOT_OK;
    case ERR_MEMORY:
        return EARSHOT_MEMORY;
    case ERR_USAGE:
        return EARSHOT_USAGE;
    case ERR_INPUT:
        return EARSHOT_INPUT;
    case ERR_POISON:
        return EARSHOT_POISON;
    case ERR_DEVICE:
        return EARSHOT_DEVICE;
    case ERR_BUSY:
        return EARSHOT_BUSY;
    case ERR_TIMEOUT:
        return EARSHOT_TIMEOUT;
    default: /* a library writes no output, verifies nothing and catches no signal */
        return EARSHOT_INTERNAL;
    }
}

static void tell_only_warnings(void)
{
    if (!origin_is_program()) log_set_level(LOG_WARNING);
}

void library_be_quiet(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, tell_only_warnings);
}

enum earshot_status earshot_log(int level)
{
    library_be_quiet();
    if (level < LOG_ERROR || level > LOG_DEBUG)
        return library_status(
            fail(ERR_USAGE, "level %d of the log: 0 (errors) to 3 (everything) expected", level));
    log_set_level((enum log_level)level);
    return EARSHOT_OK;
}

void library_find_helper(const char *named, char *path, size_t size)
{
    static const char *const places[] = { "", "/../bin", "/../../bin" };
    char folder[4096];
    snprintf(path, size, "%s", named ? named : "");
    if (named) return;
    if (origin_is_program()) {
        snprintf(path, size, "/proc/self/exe");
        return;
    }
    origin_folder(folder, sizeof folder);
    for (int i = 0; *folder && i < 3; i++) {
        snprintf(path, size, "%.3800s%s/earshot", folder, places[i]);
        if (access(path, X_OK) == 0) return;
    }
    *path = '\0';
}
