/* What every target includes. libFuzzer calls fuzz_one's caller, LLVMFuzzerTestOneInput, with inputs that it makes
 * itself; without clang fuzz_replay.c does, with those that are kept in corpus/. */
#ifndef FUZZ_H
#define FUZZ_H

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

/* A target is this function, in a file fuzz_<what>.c. It returns 0; what must not be ends in abort(). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Optional: what is made once, before the first input. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* 1 where the call succeeded, 0 where it refused the input with a sentence. Every other answer is a mistake of
 * ours and aborts: an internal error, or so much memory, asked for by a few bytes, that there is none. */
int fuzz_ok(enum status status);

/* A file in memory that holds these bytes, by a path that any function can open. It is the same file each time. */
const char *fuzz_file(const void *bytes, size_t size);

/* A folder that is removed when the program ends, in memory where there is such a place. */
const char *fuzz_folder(void);

/* The bytes as a text with a zero behind it, until the next call. */
char *fuzz_text(const void *bytes, size_t size);

/* An input that is read byte by byte: 0 behind its end. */
struct fuzz_bytes {
    const uint8_t *at, *end;
};
unsigned fuzz_byte(struct fuzz_bytes *bytes);
unsigned fuzz_two_bytes(struct fuzz_bytes *bytes);

#endif
