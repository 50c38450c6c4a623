/* Base64 (RFC 4648): a recording inside JSON. */
#ifndef BASE64_H
#define BASE64_H

#include "core/status.h"

#include <stddef.h>

/* `out` has room for length / 4 * 3 + 3 bytes. White space is passed over, padding may be left out. ERR_INPUT names
 * the first letter that does not belong there. */
enum status base64_decode(const char *text, size_t length, unsigned char *out, size_t *size) MUST_CHECK;

#endif
