#include "io/riff.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { HEADER = 12, CHUNK_HEADER = 8, MAX_CHUNKS = 10000 };

uint16_t riff_u16(const unsigned char *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

uint32_t riff_u32(const unsigned char *bytes)
{
    return (uint32_t)riff_u16(bytes) | (uint32_t)riff_u16(bytes + 2) << 16;
}

enum status riff_read(int file, const char *path, void *bytes, size_t size, long long offset)
{
    unsigned char *next = bytes;
    while (size > 0) {
        const ssize_t got = pread(file, next, size, offset);
        if (got < 0 && errno == EINTR) continue;
        REQUIRE(got >= 0, ERR_INPUT, "%s: cannot be read at byte %lld: %s", path, offset, strerror(errno));
        REQUIRE(got > 0, ERR_INPUT,
                "%s: truncated while it was read: it ends at byte %lld, %zu more were expected", path, offset,
                size);
        next += got;
        offset += got;
        size -= (size_t)got;
    }
    return OK;
}

static enum status check_data(const struct riff *riff, long long file_size, const char *path)
{
    const long long held = file_size - riff->data_offset;
    REQUIRE(riff->data_size <= held, ERR_INPUT,
            "%s: truncated: the header promises %lld bytes of samples, the file holds %lld", path,
            riff->data_size, held);
    REQUIRE(riff->data_size > 0, ERR_INPUT, "%s: zero frames: its data chunk is empty", path);
    return OK;
}

/* Keeps what is wanted of a chunk that is not `data`. */
static enum status keep_chunk(int file, const char *path, struct riff *riff, const char *name,
                              long long offset, size_t size)
{
    if (memcmp(name, "fmt ", 4) == 0) {
        riff->format_size = size < RIFF_MAX_FORMAT ? size : RIFF_MAX_FORMAT;
        return riff_read(file, path, riff->format, riff->format_size, offset);
    }
    if (memcmp(name, "fact", 4) == 0 && size >= 4) {
        unsigned char frames[4];
        TRY(riff_read(file, path, frames, sizeof frames, offset));
        riff->fact = riff_u32(frames);
    }
    return OK;
}

static enum status scan_chunks(int file, long long file_size, const char *path, struct riff *riff)
{
    long long offset = HEADER;
    for (int n = 0; n < MAX_CHUNKS && offset + CHUNK_HEADER <= file_size; n++) {
        unsigned char header[CHUNK_HEADER];
        TRY(riff_read(file, path, header, sizeof header, offset));
        const long long size = riff_u32(header + 4);
        offset += CHUNK_HEADER;
        if (memcmp(header, "data", 4) == 0) {
            riff->data_offset = offset;
            riff->data_size = size;
            return check_data(riff, file_size, path);
        }
        REQUIRE(size <= file_size - offset, ERR_INPUT,
                "%s: truncated: its chunk \"%.4s\" promises %lld bytes, the file holds %lld", path,
                (const char *)header, size, file_size - offset);
        TRY(keep_chunk(file, path, riff, (const char *)header, offset, (size_t)size));
        offset += size + (size & 1); /* chunks begin at even places */
    }
    return fail(ERR_INPUT, "%s: truncated, or no recording: it has no data chunk", path);
}

enum status riff_scan(int file, long long file_size, const char *path, struct riff *riff, int *is_riff)
{
    unsigned char header[HEADER];
    *riff = (struct riff){ 0 };
    *is_riff = 0;
    if (file_size < HEADER) return OK;
    TRY(riff_read(file, path, header, sizeof header, 0));
    if (memcmp(header, "RIFF", 4) != 0 || memcmp(header + 8, "WAVE", 4) != 0) return OK;
    *is_riff = 1;
    return scan_chunks(file, file_size, path, riff);
}
