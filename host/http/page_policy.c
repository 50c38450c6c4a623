#include "http/page_policy.h"

#include "http/embedded.h"
#include "io/sha256.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { DIGEST_BYTES = 32, NAME_BYTES = 64, POLICY_BYTES = 512 };

static pthread_once_t is_made = PTHREAD_ONCE_INIT;
static char policy[POLICY_BYTES];

/* What stands between the first `open` and the `close` that follows; NULL: there is none. */
static const unsigned char *between(const char *open, const char *close, size_t *size)
{
    const unsigned char *end = page_html + page_html_size;
    const unsigned char *from = memmem(page_html, page_html_size, open, strlen(open));
    if (!from) return NULL;
    from += strlen(open);
    const unsigned char *to = memmem(from, (size_t)(end - from), close, strlen(close));
    *size = to ? (size_t)(to - from) : 0;
    return to ? from : NULL;
}

static enum status digest_of(const void *bytes, size_t size, unsigned char digest[DIGEST_BYTES])
{
    enum status status = OK;
    struct sha256 *sum = NULL;
    char hex[2 * DIGEST_BYTES + 1];
    TRY_OR_DONE(sha256_open(&sum));
    TRY_OR_DONE(sha256_add(sum, bytes, size));
    TRY_OR_DONE(sha256_finish(sum, hex));
    for (int i = 0; i < DIGEST_BYTES; i++) sscanf(hex + 2 * i, "%2hhx", &digest[i]);
done:
    sha256_close(&sum);
    return status;
}

static void base64(const unsigned char digest[DIGEST_BYTES], char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < DIGEST_BYTES; i += 3) {
        const unsigned next = i + 1 < DIGEST_BYTES ? digest[i + 1] : 0;
        const unsigned last = i + 2 < DIGEST_BYTES ? digest[i + 2] : 0;
        const unsigned three = (unsigned)digest[i] << 16 | next << 8 | last;
        *text++ = letters[three >> 18];
        *text++ = letters[three >> 12 & 63];
        *text++ = i + 1 < DIGEST_BYTES ? letters[three >> 6 & 63] : '=';
        *text++ = i + 2 < DIGEST_BYTES ? letters[three & 63] : '=';
    }
    *text = '\0';
}

/* 'sha256-…' of that element, as a policy names what may run; 'none' where it cannot be told. */
static void name_of(const char *open, const char *close, char name[NAME_BYTES])
{
    unsigned char digest[DIGEST_BYTES];
    char text[NAME_BYTES / 4 * 3];
    size_t size = 0;
    const unsigned char *bytes = between(open, close, &size);
    snprintf(name, NAME_BYTES, "'none'");
    if (!bytes || digest_of(bytes, size, digest) != OK) return;
    base64(digest, text);
    snprintf(name, NAME_BYTES, "'sha256-%s'", text);
}

static void make(void)
{
    char style[NAME_BYTES], script[NAME_BYTES];
    name_of("<style>", "</style>", style);
    name_of("<script>", "</script>", script);
    snprintf(policy, sizeof policy,
             "default-src 'none'; script-src %s; style-src %s; img-src 'self' blob: data:; media-src blob:; "
             "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
             script, style);
}

const char *page_policy(void)
{
    pthread_once(&is_made, make);
    return policy;
}
