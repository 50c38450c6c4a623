/* The chunks of a RIFF/WAVE file: where the samples are and what they are. Nothing but `fmt ` and `fact` is
 * looked into. */
#ifndef RIFF_H
#define RIFF_H

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

enum { RIFF_MAX_FORMAT = 128 };

struct riff {
    unsigned char format[RIFF_MAX_FORMAT]; /* the `fmt ` chunk's bytes, as far as they fit */
    size_t format_size;                    /* 0: there was none before `data` */
    uint32_t fact;                         /* frames according to `fact`; 0: there was none */
    long long data_offset, data_size;      /* of the samples in the file, in bytes; inside it */
};

/* *is_riff = 0 and OK: the file is something else. ERR_INPUT: no `data`, or one that is empty or longer than
 * the file (`file_size` bytes). */
enum status riff_scan(int file, long long file_size, const char *path, struct riff *riff,
                      int *is_riff) MUST_CHECK;

/* pread until `size` bytes have come; fewer (the file is shorter than it was) are ERR_INPUT. */
enum status riff_read(int file, const char *path, void *bytes, size_t size, long long offset) MUST_CHECK;

uint16_t riff_u16(const unsigned char *bytes);
uint32_t riff_u32(const unsigned char *bytes);

#endif
