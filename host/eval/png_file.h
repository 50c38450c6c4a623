/* Pictures out: 8-bit RGB as PNG, into a file or into memory (for a page that carries its pictures along). */
#ifndef PNG_FILE_H
#define PNG_FILE_H

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

/* rgb [height][width][3], the upper row first. The caller owns *png (memory_free). */
enum status png_encode(const uint8_t *rgb, int width, int height, uint8_t **png, size_t *size) MUST_CHECK;

/* Complete or not at all: ERR_OUTPUT. */
enum status png_write(const char *path, const uint8_t *rgb, int width, int height) MUST_CHECK;

#endif
