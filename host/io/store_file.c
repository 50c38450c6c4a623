/* The file around the HDF5 data: temporary name, checksum, flush and rename. */
#include "io/store_internal.h"

#include "core/memory.h"
#include "core/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define SEAL_MAGIC "earshot store; HDF5 begins at byte 512\n"

enum {
    BLOCK = 1 << 17,     /* stays in a core's cache between the copy and the hash */
    HASH_LENGTH = 9 + 32 /* after the magic */
};

static enum status cannot_write(const char *path, int error)
{
    if (error == ENOENT) return fail(ERR_OUTPUT, "%s cannot be written: its folder does not exist", path);
    return fail(ERR_OUTPUT, "%s cannot be written: %s", path, strerror(error));
}

/* ------------------------------------------------------------------------------------- temporary names */

/* HDF5 leaks when it meets a full disk in its very first write, so one comes before; 0 or an error number. */
static int try_writing(int descriptor)
{
    static const char first[4 * STORE_USER_BLOCK];
    const ssize_t n = write(descriptor, first, sizeof first);
    return n < 0 ? errno : n < (ssize_t)sizeof first ? ENOSPC : 0;
}

enum status store_new_temporary(const char *path, char **temporary)
{
    struct stat there;
    if (stat(path, &there) == 0 && S_ISDIR(there.st_mode)) return cannot_write(path, EISDIR);
    const int descriptor = temporary_create(path, temporary);
    if (descriptor < 0) return cannot_write(path, errno);
    const int error = try_writing(descriptor);
    close(descriptor);
    if (!error) return OK;
    unlink(*temporary);
    memory_free(*temporary);
    *temporary = NULL;
    return cannot_write(path, error);
}

/* -------------------------------------------------------------------------------------------- checksum */

/* XXH3-128 of the bytes from the user block's end to the file's end. */
static int hash_bytes(int descriptor, void *block, XXH3_state_t *state, XXH128_hash_t *hash)
{
    off_t at = STORE_USER_BLOCK;
    XXH3_128bits_reset(state);
    for (;;) {
        const ssize_t n = pread(descriptor, block, BLOCK, at);
        if (n < 0) return errno;
        if (n == 0) break;
        XXH3_128bits_update(state, block, (size_t)n);
        at += n;
    }
    *hash = XXH3_128bits_digest(state);
    return 0;
}

/* The whole user block as it must be for the bytes that follow; 0 or an error number. */
static int make_seal(int descriptor, char seal[STORE_USER_BLOCK])
{
    XXH3_state_t *state = XXH3_createState();
    void *block = memory_new(BLOCK, 1);
    struct stat file;
    XXH128_hash_t hash;
    int error = state && block ? 0 : ENOMEM;
    if (!error && fstat(descriptor, &file) != 0) error = errno;
    if (!error) error = hash_bytes(descriptor, block, state, &hash);
    if (!error) {
        memset(seal, 0, STORE_USER_BLOCK);
        snprintf(seal, STORE_USER_BLOCK, SEAL_MAGIC "XXH3-128 %016llx%016llx, %lld bytes\n",
                 (unsigned long long)hash.high64, (unsigned long long)hash.low64, (long long)file.st_size);
    }
    memory_free(block);
    XXH3_freeState(state);
    return error;
}

static int seal_and_flush(const char *path)
{
    char seal[STORE_USER_BLOCK];
    const int descriptor = open(path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0) return errno;
    int error = make_seal(descriptor, seal);
    if (!error && pwrite(descriptor, seal, sizeof seal, 0) != (ssize_t)sizeof seal)
        error = errno ? errno : EIO;
    if (!error && fsync(descriptor) != 0) error = errno;
    if (close(descriptor) != 0 && !error) error = errno;
    return error;
}

enum status store_reseal(const char *path)
{
    const int error = seal_and_flush(path);
    return error ? cannot_write(path, error) : OK;
}

enum status store_seal_and_rename(const char *temporary, const char *path)
{
    int error = seal_and_flush(temporary);
    if (!error) error = temporary_rename(temporary, path);
    return error ? cannot_write(path, error) : OK;
}

/* ---------------------------------------------------------------------------------------- verification */

/* The hash stands before the length: where it agrees, the block itself was changed, not the file cut off. */
static enum status compare_seal(int descriptor, const char *path, int *is_sealed)
{
    char found[STORE_USER_BLOCK + 1] = "", expected[STORE_USER_BLOCK];
    struct stat file;
    long long length = 0;
    const ssize_t n = pread(descriptor, found, STORE_USER_BLOCK, 0);
    REQUIRE(n >= 0 && fstat(descriptor, &file) == 0, ERR_INPUT, "%s cannot be read: %s", path,
            strerror(errno));
    *is_sealed = strncmp(found, SEAL_MAGIC, strlen(SEAL_MAGIC)) == 0;
    REQUIRE(*is_sealed, ERR_VERIFY,
            "%s carries no checksum: earshot did not write it, or something else since", path);
    const int error = make_seal(descriptor, expected);
    REQUIRE(!error, ERR_INPUT, "%s cannot be read: %s", path, strerror(error));
    const int same_hash = memcmp(found, expected, strlen(SEAL_MAGIC) + HASH_LENGTH) == 0;
    sscanf(found + strlen(SEAL_MAGIC) + HASH_LENGTH, ", %lld bytes", &length);
    REQUIRE(same_hash || (n == STORE_USER_BLOCK && file.st_size >= length), ERR_INPUT,
            "%s is cut off: %lld bytes found, %lld expected", path, (long long)file.st_size, length);
    REQUIRE(memcmp(found, expected, sizeof expected) == 0, ERR_VERIFY,
            "%s changed since it was written: its checksum is another one", path);
    return OK;
}

enum status store_verify(const char *path, int *is_sealed)
{
    *is_sealed = 0;
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    REQUIRE(descriptor >= 0, ERR_INPUT, "%s cannot be read: %s", path, strerror(errno));
    const enum status status = compare_seal(descriptor, path, is_sealed);
    close(descriptor);
    return status;
}
