/* New recordings of a folder: files with a recording's ending that were closed after writing or renamed into it. Those that
 * begin with a dot, and those that were there before, are not looked at. */
#ifndef LISTEN_WATCH_H
#define LISTEN_WATCH_H

#include "core/status.h"

#include <stdatomic.h>

struct watch;
/* ERR_INPUT: it is no folder, or cannot be watched. */
enum status watch_open(struct watch **out, const char *folder) MUST_CHECK;
void watch_close(struct watch **watch);

/* The next one's path, which is the watch's until the next call; NULL once *stop is set. ERR_INPUT: the folder is gone. */
enum status watch_next(struct watch *watch, const atomic_int *stop, const char **path) MUST_CHECK;

/* How often so many files came at once that the system did not tell of all. */
long long watch_overflows(const struct watch *watch);

#endif
