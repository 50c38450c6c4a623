/* multipart/form-data (RFC 7578) in memory: what `curl -F file=@rec.wav` and a browser's form send. */
#ifndef MULTIPART_H
#define MULTIPART_H

#include "core/status.h"

#include <stddef.h>

enum { MULTIPART_NAME_BYTES = 256 };

struct multipart_file {
    const char *bytes; /* within the body */
    size_t size;
    char name[MULTIPART_NAME_BYTES]; /* filename, cut off; "" where it has none */
};

/* The first part whose name is `field`. ERR_USAGE: the header names no boundary, the body is cut off or has no such
 * part. */
enum status multipart_find(const char *content_type, const char *body, size_t size, const char *field,
                           struct multipart_file *file) MUST_CHECK;

#endif
