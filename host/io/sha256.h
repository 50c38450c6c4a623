/* SHA-256 (FIPS 180-4) by libcrypto, as 64 hexadecimal digits. */
#ifndef SHA256_H
#define SHA256_H

#include "core/status.h"

#include <stddef.h>

struct sha256;

enum status sha256_open(struct sha256 **out) MUST_CHECK;
enum status sha256_add(struct sha256 *sum, const void *bytes, size_t size) MUST_CHECK;
enum status sha256_finish(struct sha256 *sum, char hex[65]) MUST_CHECK;
void sha256_close(struct sha256 **sum);

/* Of all that `descriptor` holds, read from its beginning without moving its position; `path` is for the
 * sentence. ERR_INPUT when it cannot be read. */
enum status sha256_descriptor(int descriptor, const char *path, char hex[65]) MUST_CHECK;
enum status sha256_file(const char *path, char hex[65]) MUST_CHECK;

#endif
