/* One recording in a helper, from the program's side. */
#include "io/decode_internal.h"

#include "core/clock.h"
#include "core/memory.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* A helper that keeps more than this is replaced, whether it leaks or had a long recording. */
static const size_t kept_samples_bytes = (size_t)64 << 20;

struct decode_file {
    struct decode_pool *pool;
    struct decode_helper *helper; /* NULL: it is gone, and this recording with it */
    const char *path;             /* the caller's */
    struct wav_info info;
    long long grown_bytes;
};

/* --------------------------------------------------------------------------------------------- waiting */

static unsigned long long progress_of(const struct decode_helper *helper)
{
    return atomic_load_explicit(&helper->shared->progress, memory_order_relaxed);
}

enum waited { ANSWERED, HUNG };

/* Until the helper says something or goes, or gave no sample for so long. */
static enum waited wait_for(const struct decode_helper *helper, double seconds)
{
    unsigned long long seen = progress_of(helper);
    double since = clock_seconds();
    for (;;) {
        struct pollfd socket = { .fd = helper->socket, .events = POLLIN };
        const double left = since + seconds - clock_seconds();
        const int n = left > 0 ? poll(&socket, 1, left > 1 ? 1000 : 1 + (int)(1000 * left)) : 0;
        if (n > 0) return ANSWERED;
        const unsigned long long now = progress_of(helper);
        if (now != seen) {
            seen = now;
            since = clock_seconds();
        } else if (left <= 0)
            return HUNG;
    }
}

/* Ends the helper and says why; always ERR_POISON. */
static enum status bury(struct decode_file *file, enum waited waited)
{
    const double seconds = decode_pool_limits(file->pool)->seconds;
    const int how = decode_helper_end(&file->helper);
    if (waited == HUNG)
        return fail(ERR_POISON, "%s: decoding it hung: no samples for %g s", file->path, seconds);
    if (how != -1 && WIFSIGNALED(how))
        return fail(ERR_POISON, "%s: decoding it crashed (SIG%s)", file->path, sigabbrev_np(WTERMSIG(how)));
    return fail(ERR_POISON, "%s: decoding it crashed", file->path);
}

/* What a broken helper might say is made harmless here. */
static enum status check_reply(struct decode_file *file, struct decode_reply *reply, size_t size)
{
    const size_t head = offsetof(struct decode_reply, sentence);
    if (size < head) return bury(file, ANSWERED);
    reply->sentence[size - head < sizeof reply->sentence ? size - head : sizeof reply->sentence - 1] = '\0';
    if (reply->status == OK) return OK;
    if (reply->status == ERR_INPUT) return fail(ERR_INPUT, "%s", reply->sentence);
    const double mib = (double)decode_pool_limits(file->pool)->memory_bytes / (1 << 20);
    decode_helper_end(&file->helper);
    return fail(ERR_POISON, "%s: decoding it needs more than %.0f MiB", file->path, mib);
}

static enum status answer(struct decode_file *file, struct decode_reply *reply)
{
    const enum waited waited = wait_for(file->helper, decode_pool_limits(file->pool)->seconds);
    if (waited == HUNG) return bury(file, waited);
    const size_t size = decode_receive(file->helper->socket, reply, sizeof *reply, NULL);
    return check_reply(file, reply, size);
}

/* --------------------------------------------------------------------------------------------- opening */

static enum status fill_request(struct decode_request *request, const char *path, long long file_size,
                                const struct riff *riff, size_t *size)
{
    const size_t length = strlen(path);
    REQUIRE(length < sizeof request->path, ERR_INPUT, "%s: the path is too long", path);
    *request =
        (struct decode_request){ .kind = DECODE_OPEN, .file_size = file_size, .is_riff = riff != NULL };
    if (riff) request->riff = *riff;
    memcpy(request->path, path, length + 1);
    *size = offsetof(struct decode_request, path) + length + 1;
    return OK;
}

/* A helper that went while it was idle says nothing of the recording: another one is taken. */
static enum status send_open(struct decode_file *file, int descriptor, long long file_size,
                             const struct riff *riff)
{
    enum { MOST_TRIES = 100 };
    struct decode_request request;
    size_t size = 0;
    TRY(fill_request(&request, file->path, file_size, riff, &size));
    for (int tries = 0; tries < MOST_TRIES; tries++) {
        TRY(decode_pool_take(file->pool, &file->helper));
        if (decode_send(file->helper->socket, &request, size, descriptor)) return OK;
        decode_helper_end(&file->helper);
    }
    return fail(ERR_INTERNAL, "%s: decoding helpers end as soon as they are started", file->path);
}

static enum status open_in_helper(struct decode_file *file, int descriptor, long long file_size,
                                  const struct riff *riff)
{
    struct decode_reply reply;
    TRY(send_open(file, descriptor, file_size, riff));
    TRY(answer(file, &reply));
    file->info = reply.info;
    file->info.is_pcm16 = 0;
    const struct wav_info *info = &file->info;
    return info->sample_rate > 0 && info->channels > 0 && info->n_samples > 0 ? OK : bury(file, ANSWERED);
}

enum status decode_file_open(struct decode_file **out, struct decode_pool *pool, int descriptor,
                             long long file_size, const char *path, const struct riff *riff,
                             struct wav_info *info)
{
    struct decode_file *file = *out = memory_new(1, sizeof *file);
    TRY(memory_check(file));
    file->pool = pool;
    file->path = path;
    const enum status status = open_in_helper(file, descriptor, file_size, riff);
    *info = file->info;
    if (status != OK) decode_file_close(out);
    return status;
}

/* --------------------------------------------------------------------------------------------- reading */

/* The helper has made the shared memory longer: so is what is mapped here. */
static enum status map_samples(struct decode_file *file, long long n_samples)
{
    struct decode_helper *helper = file->helper;
    struct stat found;
    if (fstat(helper->memory, &found) != 0 || n_samples < 0 ||
        n_samples > (long long)(found.st_size - DECODE_HEADER) / (long long)sizeof(float))
        return bury(file, ANSWERED);
    if ((size_t)found.st_size <= helper->mapped) return OK;
    void *mapped = mremap(helper->shared, helper->mapped, (size_t)found.st_size, MREMAP_MAYMOVE);
    REQUIRE(mapped != MAP_FAILED, ERR_MEMORY, "%s: %lld samples cannot be mapped", file->path, n_samples);
    helper->shared = mapped;
    helper->mapped = (size_t)found.st_size;
    return OK;
}

static enum status copy_samples(struct decode_file *file, long long n_samples, struct samples *samples)
{
    const size_t size = (size_t)n_samples * sizeof(float);
    TRY(map_samples(file, n_samples));
    TRY(samples_reserve(samples, size));
    memcpy(samples->wave, (const char *)file->helper->shared + DECODE_HEADER, size);
    samples->format = SAMPLE_FLOAT;
    samples->n_samples = n_samples;
    return OK;
}

enum status decode_file_read(struct decode_file *file, int channel, struct samples *samples)
{
    const struct decode_request request = { .kind = DECODE_READ, .channel = channel };
    struct decode_reply reply;
    REQUIRE(file->helper, ERR_POISON, "%s: decoding it failed before", file->path);
    if (!decode_send(file->helper->socket, &request, offsetof(struct decode_request, riff), -1))
        return bury(file, ANSWERED);
    TRY(answer(file, &reply));
    file->grown_bytes = reply.grown_bytes;
    return copy_samples(file, reply.n_samples, samples);
}

void decode_file_close(struct decode_file **file_pointer)
{
    const struct decode_request request = { .kind = DECODE_CLOSE };
    struct decode_file *file = *file_pointer;
    if (!file) return;
    struct decode_helper *helper = file->helper;
    const int is_large = helper && (helper->mapped > kept_samples_bytes ||
                                    file->grown_bytes > decode_pool_limits(file->pool)->memory_bytes / 4);
    if (is_large)
        decode_helper_end(&helper);
    else if (helper && decode_send(helper->socket, &request, offsetof(struct decode_request, riff), -1))
        decode_pool_give(file->pool, helper);
    else if (helper)
        decode_helper_end(&helper);
    memory_free(file);
    *file_pointer = NULL;
}
