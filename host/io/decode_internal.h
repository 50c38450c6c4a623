/* What the two sides of a helper's socket say to each other, and a helper as the program sees it. */
#ifndef DECODE_INTERNAL_H
#define DECODE_INTERNAL_H

#include "io/decode.h"

#include <limits.h>
#include <stdatomic.h>
#include <sys/types.h>

/* The helper's argv[0], by which it knows itself. */
#define DECODE_HELPER_NAME "earshot-decode-helper"

enum decode_kind { DECODE_START, DECODE_OPEN, DECODE_READ, DECODE_CLOSE }; /* CLOSE has no answer */

/* START brings the descriptor of the shared memory, OPEN that of the recording. Of START, READ and CLOSE no
 * more is sent than what stands before `riff`, of OPEN no more than the path. */
struct decode_request {
    enum decode_kind kind;
    char version[16];            /* START: of the program; a helper of another one does not begin */
    struct decode_limits limits; /* START */
    int channel;                 /* READ */
    long long file_size;         /* OPEN */
    int is_riff;
    struct riff riff;
    char path[PATH_MAX];
};

/* No more is sent than the sentence. Whoever broke the helper may have written it: it is checked. */
struct decode_reply {
    enum status status;
    struct wav_info info;  /* OPEN */
    long long n_samples;   /* READ: so many floats stand in the shared memory behind its header */
    long long grown_bytes; /* READ: the helper's own memory, beyond what it started with */
    char sentence[1024];
};

/* The shared memory begins with this; samples stand from DECODE_HEADER on. It never shrinks. */
struct decode_shared {
    atomic_ullong progress; /* moves with every block of samples */
};
enum { DECODE_HEADER = 4096 };

struct decode_helper {
    pid_t process;
    int socket, memory; /* descriptors */
    struct decode_shared *shared;
    size_t mapped; /* bytes of it */
    struct decode_helper *next;
};

/* ---- decode_pool.c */
const struct decode_limits *decode_pool_limits(const struct decode_pool *pool);
/* An idle helper, or a new one. ERR_INTERNAL, ERR_MEMORY. */
enum status decode_pool_take(struct decode_pool *pool, struct decode_helper **helper) MUST_CHECK;
void decode_pool_give(struct decode_pool *pool, struct decode_helper *helper);
/* Ends the process, if it has not ended; how it did, as waitpid tells (-1: it cannot be ended). */
int decode_helper_end(struct decode_helper **helper);

/* ---- decode_wire.c: one message; file = -1: no descriptor goes with it */
/* 0: the other side is gone. */
int decode_send(int socket, const void *bytes, size_t size, int file);
/* Bytes that came, at most `size`; 0: the other side is gone. *file (may be NULL) is the caller's. */
size_t decode_receive(int socket, void *bytes, size_t size, int *file);

#endif
