/* A helper, from its own side: one recording at a time, until its socket closes. Its limits are the system's,
 * so that they hold whatever happens in here. */
#include "io/decode_internal.h"

#include "core/clock.h"
#include "core/memory.h"
#include "io/wav_sndfile.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

struct helper {
    int file, memory;            /* descriptors; -1: none */
    char path[PATH_MAX];         /* of the recording, for sentences */
    struct wav_sndfile *decoder; /* NULL: none is open */
    struct decode_limits limits;
    struct decode_shared *shared;
    size_t mapped; /* bytes of it */
    long long n_samples;
    int statm; /* /proc/self/statm */
    long long first_bytes;
    double limited_s; /* when limit_seconds was called */
};

int decode_helper_is_wanted(void)
{
    return strcmp(program_invocation_name, DECODE_HELPER_NAME) == 0;
}

/* ---------------------------------------------------------------------------------------------- limits */

/* Address space in bytes; 0 where the system does not tell. */
static long long address_bytes(const struct helper *h)
{
    char text[64] = "";
    const ssize_t n = pread(h->statm, text, sizeof text - 1, 0);
    return n > 0 ? strtoll(text, NULL, 10) * sysconf(_SC_PAGESIZE) : 0;
}

static long long grown_bytes(const struct helper *h)
{
    return address_bytes(h) - h->first_bytes - (long long)h->mapped;
}

/* As far as whoever started the program lets us. */
static void limit(__rlimit_resource_t resource, rlim_t most)
{
    struct rlimit found;
    if (getrlimit(resource, &found) != 0) return;
    found.rlim_cur = most < found.rlim_max ? most : found.rlim_max;
    setrlimit(resource, &found);
}

/* AddressSanitizer maps terabytes for itself. */
static void limit_memory(const struct helper *h)
{
#ifndef __SANITIZE_ADDRESS__
    const rlim_t most = (rlim_t)h->first_bytes + (rlim_t)h->mapped + (rlim_t)h->limits.memory_bytes;
    if (h->first_bytes > 0) limit(RLIMIT_AS, most);
#else
    (void)h;
#endif
}

/* Starts anew once a second while there are samples. The program ends a helper that hangs; these are for one
 * whose program died: no helper stays behind. */
static void limit_seconds(struct helper *h)
{
    enum { LATER = 5 };
    h->limited_s = clock_seconds();
    struct rusage used;
    const double seconds = ceil(h->limits.seconds) + LATER;
    getrusage(RUSAGE_SELF, &used);
    const rlim_t most = (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + 1 + (rlim_t)seconds;
    limit(RLIMIT_CPU, most);
    alarm((unsigned)seconds);
}

/* ------------------------------------------------------------------------------------------- decoding */

static enum status make_room(struct helper *h, size_t bytes)
{
    if (bytes <= h->mapped) return OK;
    const size_t before = h->mapped, size = bytes > 2 * before ? bytes : 2 * before;
    h->mapped = size;
    limit_memory(h);
    void *mapped =
        ftruncate(h->memory, (off_t)size) == 0 ? mremap(h->shared, before, size, MREMAP_MAYMOVE) : MAP_FAILED;
    if (mapped == MAP_FAILED) h->mapped = before;
    REQUIRE(mapped != MAP_FAILED, ERR_MEMORY, "%s: no room for %zu bytes of samples", h->path, size);
    h->shared = mapped;
    return OK;
}

static enum status take(void *context, const float *samples, int n)
{
    struct helper *h = context;
    const size_t size = (size_t)n * sizeof *samples,
                 at = DECODE_HEADER + (size_t)h->n_samples * sizeof *samples;
    TRY(make_room(h, at + size));
    memcpy((char *)h->shared + at, samples, size);
    h->n_samples += n;
    atomic_fetch_add_explicit(&h->shared->progress, 1, memory_order_relaxed);
    if (clock_seconds() - h->limited_s > 1) limit_seconds(h);
    return OK;
}

static void close_recording(struct helper *h)
{
    wav_sndfile_close(&h->decoder);
    if (h->file >= 0) close(h->file);
    h->file = -1;
}

static enum status open_recording(struct helper *h, const struct decode_request *request, int file,
                                  struct decode_reply *reply)
{
    close_recording(h);
    h->file = file;
    memcpy(h->path, request->path, sizeof h->path);
    return wav_sndfile_open(&h->decoder, file, request->file_size, h->path,
                            request->is_riff ? &request->riff : NULL, &reply->info);
}

static enum status read_channel(struct helper *h, int channel, struct decode_reply *reply)
{
    REQUIRE(h->decoder, ERR_INTERNAL, "no recording is open");
    h->n_samples = 0;
    TRY(wav_sndfile_decode(h->decoder, channel, take, h));
    reply->n_samples = h->n_samples;
    reply->grown_bytes = grown_bytes(h);
    return OK;
}

/* ------------------------------------------------------------------------------------------- messages */

static enum status start(struct helper *h, const struct decode_request *request, int memory)
{
    REQUIRE(strncmp(request->version, EARSHOT_VERSION, sizeof request->version) == 0, ERR_INTERNAL,
            "this helper is of earshot " EARSHOT_VERSION);
    h->limits = request->limits;
    h->memory = memory;
    void *mapped = mmap(NULL, DECODE_HEADER, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    REQUIRE(mapped != MAP_FAILED, ERR_MEMORY, "no shared memory");
    h->shared = mapped;
    h->mapped = DECODE_HEADER;
    limit(RLIMIT_CORE, 0);
    h->first_bytes = address_bytes(h);
    limit_memory(h);
    return OK;
}

static enum status obey(struct helper *h, const struct decode_request *request, int file,
                        struct decode_reply *reply)
{
    if (request->kind == DECODE_START) return start(h, request, file);
    if (request->kind == DECODE_OPEN) return open_recording(h, request, file, reply);
    if (request->kind == DECODE_READ) return read_channel(h, request->channel, reply);
    close_recording(h);
    return OK;
}

static int answer(enum status status, struct decode_reply *reply)
{
    size_t length = 0;
    reply->status = status;
    if (status != OK) length = strlen(status_sentence());
    if (length > sizeof reply->sentence) length = sizeof reply->sentence;
    if (length > 0) memcpy(reply->sentence, status_sentence(), length);
    return decode_send(STDIN_FILENO, reply, offsetof(struct decode_reply, sentence) + length, -1);
}

int decode_helper_run(void)
{
    enum { KEPT_BYTES = 16 << 20 };
    static struct helper h = { .file = -1, .memory = -1 };
    static struct decode_request request; /* all zeros behind what came */
    int file;
    /* The decoders' buffers stay with us: every recording asks for the same ones. */
    mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    h.statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    while (memset(&request, 0, sizeof request),
           decode_receive(STDIN_FILENO, &request, sizeof request, &file)) {
        struct decode_reply reply = { .status = OK };
        request.path[sizeof request.path - 1] = '\0';
        limit_seconds(&h);
        const enum status status = obey(&h, &request, file, &reply);
        alarm(0);
        if (request.kind != DECODE_CLOSE && !answer(status, &reply)) break;
    }
    _exit(0); /* whatever a decoder left behind is not worth looking at */
}
