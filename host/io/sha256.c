#include "io/sha256.h"

#include "core/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct sha256 {
    EVP_MD_CTX *context;
};

enum status sha256_open(struct sha256 **out)
{
    struct sha256 *sum = *out = memory_new(1, sizeof *sum);
    TRY(memory_check(sum));
    sum->context = EVP_MD_CTX_new();
    if (sum->context && EVP_DigestInit_ex(sum->context, EVP_sha256(), NULL)) return OK;
    sha256_close(out);
    return fail(ERR_INTERNAL, "libcrypto has no SHA-256");
}

enum status sha256_add(struct sha256 *sum, const void *bytes, size_t size)
{
    REQUIRE(EVP_DigestUpdate(sum->context, bytes, size), ERR_INTERNAL, "libcrypto cannot add to a SHA-256");
    return OK;
}

enum status sha256_finish(struct sha256 *sum, char hex[65])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    REQUIRE(EVP_DigestFinal_ex(sum->context, digest, NULL), ERR_INTERNAL,
            "libcrypto cannot finish a SHA-256");
    for (int i = 0; i < 32; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return OK;
}

void sha256_close(struct sha256 **sum)
{
    if (!*sum) return;
    EVP_MD_CTX_free((*sum)->context);
    memory_free(*sum);
    *sum = NULL;
}

static enum status add_descriptor(struct sha256 *sum, int descriptor, const char *path)
{
    enum { BLOCK = 65536 };
    unsigned char block[BLOCK];
    for (off_t offset = 0;;) {
        const ssize_t got = pread(descriptor, block, BLOCK, offset);
        if (got < 0 && errno == EINTR) continue;
        REQUIRE(got >= 0, ERR_INPUT, "%s: cannot be read: %s", path, strerror(errno));
        if (got == 0) return OK;
        TRY(sha256_add(sum, block, (size_t)got));
        offset += got;
    }
}

enum status sha256_descriptor(int descriptor, const char *path, char hex[65])
{
    struct sha256 *sum = NULL;
    enum status status;
    TRY_OR_DONE(sha256_open(&sum));
    TRY_OR_DONE(add_descriptor(sum, descriptor, path));
    TRY_OR_DONE(sha256_finish(sum, hex));
done:
    sha256_close(&sum);
    return status;
}

enum status sha256_file(const char *path, char hex[65])
{
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    REQUIRE(descriptor >= 0, ERR_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
    const enum status status = sha256_descriptor(descriptor, path, hex);
    close(descriptor);
    return status;
}
