/* The feeding thread: windows of the stream or recordings of the folder, as they come, into the library. */
#include "cli/listen.h"
#include "cli/listen_stream.h"
#include "cli/listen_watch.h"

#include "core/clock.h"
#include "core/memory.h"

#include <stdio.h>

static int is_over(const struct listen *listen)
{
    return *listen->stop || listen->is_off;
}

/* Until the other thread has pulled something; a tenth of a second at most, so that a signal is seen. */
static void wait_for_room(struct listen *listen)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 100000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&listen->changed, &listen->lock, &until);
}

/* 0: there was no room before it was over; `waiting` is then still the caller's. */
static int append(struct listen *listen, const struct waiting *waiting)
{
    pthread_mutex_lock(&listen->lock);
    while (listen->count == listen->settings.queue && !is_over(listen)) wait_for_room(listen);
    const int has_room = listen->count < listen->settings.queue;
    if (has_room) {
        listen->waiting[(listen->first + listen->count) % listen->settings.queue] = *waiting;
        listen->count++;
        pthread_cond_broadcast(&listen->changed);
    }
    pthread_mutex_unlock(&listen->lock);
    return has_room;
}

/* ---------------------------------------------------------------------------------------------- stream */

static enum earshot_status push_window(struct listen *listen, const struct stream_window *window)
{
    char name[64];
    const char *group = listen->settings.group;
    snprintf(name, sizeof name, "%.3f s", (double)window->first / listen->sample_rate);
    if (window->pcm)
        return earshot_push_int16(listen->ear, window->pcm, (size_t)window->n, listen->sample_rate, name,
                                  group);
    return earshot_push_float(listen->ear, window->wave, (size_t)window->n, listen->sample_rate, name, group);
}

/* Where it is full a stream waits, or the window is lost: *dropped counts those since the last that was not. */
static enum status offer_window(struct listen *listen, const struct stream_window *window, long long *dropped)
{
    enum earshot_status pushed;
    while ((pushed = push_window(listen, window)) == EARSHOT_BUSY && listen->waits && !is_over(listen)) {
        pthread_mutex_lock(&listen->lock);
        wait_for_room(listen);
        pthread_mutex_unlock(&listen->lock);
    }
    if (pushed == EARSHOT_BUSY) {
        listen->n_dropped += !is_over(listen);
        *dropped += 1;
        return OK;
    }
    TRY(listen_status(pushed));
    const double start_s = (double)window->first / listen->sample_rate;
    const struct waiting waiting = { .start_s = start_s,
                                     .end_s = start_s + (double)window->n / listen->sample_rate,
                                     .arrived_s = window->arrived_s,
                                     .arrived = window->arrived,
                                     .dropped = *dropped };
    *dropped = 0;
    append(listen, &waiting); /* no more are pushed than have room */
    return OK;
}

static enum status feed_windows(struct listen *listen)
{
    struct stream_window window;
    long long dropped = 0;
    do {
        TRY(stream_next(listen->stream, listen->stop, &window));
        if (window.n > 0) TRY(offer_window(listen, &window, &dropped));
    } while (window.n > 0 && !is_over(listen));
    listen->heard_s = (double)stream_samples(listen->stream) / listen->sample_rate;
    listen->left_bytes = stream_left_bytes(listen->stream);
    return OK;
}

/* ---------------------------------------------------------------------------------------------- folder */

/* Files do not go away: what is full is waited for. */
static enum earshot_status push_file(struct listen *listen, const char *path)
{
    enum earshot_status pushed;
    while ((pushed = earshot_push_file(listen->ear, path, listen->settings.group)) == EARSHOT_BUSY &&
           !is_over(listen)) {
        pthread_mutex_lock(&listen->lock);
        wait_for_room(listen);
        pthread_mutex_unlock(&listen->lock);
    }
    return pushed;
}

static enum status offer_file(struct listen *listen, const char *path)
{
    struct waiting waiting = { .arrived_s = clock_seconds() };
    clock_gettime(CLOCK_REALTIME, &waiting.arrived);
    const enum earshot_status pushed = push_file(listen, path);
    if (pushed == EARSHOT_BUSY) return OK;
    if (pushed == EARSHOT_MEMORY || pushed == EARSHOT_DEVICE) return listen_status(pushed);
    if (pushed != EARSHOT_OK) {
        waiting.name = memory_text(path);
        waiting.error = memory_text(earshot_error());
    }
    enum status status = OK;
    if (pushed != EARSHOT_OK) status = memory_check(waiting.name ? waiting.error : NULL);
    if (status == OK && append(listen, &waiting)) return OK;
    memory_free(waiting.name);
    memory_free(waiting.error);
    return status;
}

static enum status feed_files(struct listen *listen)
{
    const char *path;
    do {
        TRY(watch_next(listen->watch, listen->stop, &path));
        if (path) TRY(offer_file(listen, path));
    } while (path && !is_over(listen));
    return OK;
}

/* ---------------------------------------------------------------------------------------------- either */

static enum status feed(struct listen *listen)
{
    return listen->watch ? feed_files(listen) : feed_windows(listen);
}

void *listen_feed(void *context)
{
    struct listen *listen = context;
    const enum status status = feed(listen);
    pthread_mutex_lock(&listen->lock);
    listen->fed = status;
    if (status != OK) snprintf(listen->fed_sentence, sizeof listen->fed_sentence, "%s", status_sentence());
    listen->is_fed = 1;
    pthread_cond_broadcast(&listen->changed);
    pthread_mutex_unlock(&listen->lock);
    return NULL;
}
