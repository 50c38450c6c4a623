/* Decoding that cannot take the program down. libsndfile and the codecs below it are written in C and read
 * hostile bytes: they crash, hang and ask for memory without end. So they work in helper processes, this very
 * program (or, where this code is in a library, the program `earshot`) started again by exec (never by fork alone: the program has threads and maybe a card), which are
 * used again from recording to recording and replaced when they die, hang or have grown.
 *
 *      program                                helper
 *      opens the file, looks at RIFF chunks
 *      "open this descriptor"      ───────>   sf_open
 *                                  <───────   rate, channels, frames, or why not
 *      "read channel 0"            ───────>   decodes into memory that both have mapped
 *      copies the samples          <───────   how many
 *
 * Who links this and wants helpers calls decode_helper_is_wanted() first thing in main(). */
#ifndef DECODE_H
#define DECODE_H

#include "io/riff.h"
#include "io/wav.h"

/* What a helper may take before it is ended; zeros mean the standards. */
struct decode_limits {
    double seconds;         /* without a new sample */
    long long memory_bytes; /* beside the samples themselves; not watched under AddressSanitizer */
    const char *program; /* borrowed: what is started as a helper, an earshot of this version; NULL: this very
                             * program; "": there is none, so a recording that needs a helper is ERR_INTERNAL */
    int is_here;         /* 1: no helpers at all, libsndfile works in this process: the pool is NULL */
};
enum { DECODE_SECONDS = 60, DECODE_MIB = 1024 };

/* Helpers that are started when they are needed, one for each recording that is open at a time. All functions
 * may be called by several threads, and take NULL for a pool without helpers. */
struct decode_pool;
enum status decode_pool_open(struct decode_pool **out, const struct decode_limits *limits) MUST_CHECK;
/* Every file of it must be closed. */
void decode_pool_close(struct decode_pool **pool);
/* How many helpers have been started so far. */
int decode_pool_started(struct decode_pool *pool);

/* One recording in a helper; one thread at a time. `file` and `path` stay the caller's, and `path` must stay
 * there; riff = NULL: no RIFF/WAVE. ERR_INPUT: it cannot be used, as wav_open says. ERR_POISON: decoding it
 * crashed, hung or took too much memory; the helper is gone, the next recording gets another one.
 * ERR_INTERNAL: no helper can be started. */
struct decode_file;
enum status decode_file_open(struct decode_file **out, struct decode_pool *pool, int file,
                             long long file_size, const char *path, const struct riff *riff,
                             struct wav_info *info) MUST_CHECK;
/* As wav_read, without the hash; the same failures as above. */
enum status decode_file_read(struct decode_file *file, int channel, struct samples *samples) MUST_CHECK;
void decode_file_close(struct decode_file **file);

/* Whether this process was started as a helper: main() then returns decode_helper_run() at once. */
int decode_helper_is_wanted(void);
int decode_helper_run(void);

#endif
