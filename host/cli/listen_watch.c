#include "cli/listen_watch.h"

#include "core/log.h"
#include "core/memory.h"
#include "io/dataset.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { EVENT_BYTES = 64 * (sizeof(struct inotify_event) + NAME_MAX + 1), LOOK_MS = 100 };

struct watch {
    int events; /* descriptor */
    char *folder, *path;
    _Alignas(struct inotify_event) char bytes[EVENT_BYTES];
    size_t n_bytes, done;
    long long n_overflows;
};

enum status watch_open(struct watch **out, const char *folder)
{
    struct watch *watch = *out = memory_new(1, sizeof *watch);
    TRY(memory_check(watch));
    TRY(memory_check(watch->folder = memory_text(folder)));
    watch->events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    REQUIRE(watch->events >= 0, ERR_INPUT, "%s: it cannot be watched: %s", folder, strerror(errno));
    const uint32_t what = IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
    REQUIRE(inotify_add_watch(watch->events, folder, what) >= 0, ERR_INPUT, "%s: it cannot be watched: %s",
            folder, strerror(errno));
    return OK;
}

void watch_close(struct watch **watch)
{
    if (!*watch) return;
    if ((*watch)->events > 0) close((*watch)->events);
    memory_free((*watch)->folder);
    memory_free((*watch)->path);
    memory_free(*watch);
    *watch = NULL;
}

long long watch_overflows(const struct watch *watch)
{
    return watch->n_overflows;
}

/* Some events, or none after a while, so that *stop is looked at. */
static enum status read_events(struct watch *watch)
{
    struct pollfd ready = { .fd = watch->events, .events = POLLIN };
    watch->n_bytes = watch->done = 0;
    if (poll(&ready, 1, LOOK_MS) <= 0) return OK;
    const ssize_t n = read(watch->events, watch->bytes, sizeof watch->bytes);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return OK;
    REQUIRE(n > 0, ERR_INPUT, "%s: it cannot be watched any more: %s", watch->folder, strerror(errno));
    watch->n_bytes = (size_t)n;
    return OK;
}

static const struct inotify_event *next_event(struct watch *watch)
{
    if (watch->done >= watch->n_bytes) return NULL;
    const struct inotify_event *event = (const struct inotify_event *)(watch->bytes + watch->done);
    watch->done += sizeof *event + event->len;
    return event;
}

/* *path: of a new recording, else NULL. */
static enum status look_at(struct watch *watch, const struct inotify_event *event, const char **path)
{
    REQUIRE(!(event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)), ERR_INPUT,
            "%s: the folder is gone", watch->folder);
    if (event->mask & IN_Q_OVERFLOW) {
        watch->n_overflows++;
        log_warning("%s: too many files came at once; some were not told of and are not scored",
                    watch->folder);
    }
    if (event->len == 0 || event->mask & IN_ISDIR || event->name[0] == '.') return OK;
    if (!recording_has_ending(event->name)) return OK;
    memory_free(watch->path);
    *path = watch->path = memory_print("%s/%s", watch->folder, event->name);
    return memory_check(*path);
}

enum status watch_next(struct watch *watch, const atomic_int *stop, const char **path)
{
    *path = NULL;
    while (!*path && !*stop) {
        const struct inotify_event *event = next_event(watch);
        if (event)
            TRY(look_at(watch, event, path));
        else
            TRY(read_events(watch));
    }
    return OK;
}
