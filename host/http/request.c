#include "http/request.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

/* ---------------------------------------------------------------------------------------------- target */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %41 → A, in place; in queries + is a space. */
static enum status decode(char *text, int is_query)
{
    char *to = text;
    for (const char *from = text; *from; to++, from++) {
        *to = is_query && *from == '+' ? ' ' : *from;
        if (*from != '%') continue;
        const int high = digit_of(from[1]), low = high < 0 ? -1 : digit_of(from[2]);
        REQUIRE(low >= 0, ERR_USAGE, "a %% in the address is not followed by two hexadecimal digits");
        REQUIRE(high || low, ERR_USAGE, "%%00 found in the address");
        *to = (char)(high * 16 + low);
        from += 2;
    }
    *to = '\0';
    return OK;
}

static enum status split_path(struct request *request, char *path)
{
    char *rest = path, *part;
    while ((part = strsep(&rest, "/"))) {
        if (!*part) continue; /* // and a / at the end mean nothing */
        REQUIRE(request->n_parts < REQUEST_MOST_PARTS, ERR_USAGE, "the address has more than %d parts",
                REQUEST_MOST_PARTS);
        TRY(decode(part, 0));
        request->parts[request->n_parts++] = part;
    }
    return OK;
}

static enum status split_query(struct request *request, char *query)
{
    char *rest = query, *pair;
    while (rest && (pair = strsep(&rest, "&"))) {
        if (!*pair) continue;
        REQUIRE(request->n_queries < REQUEST_MOST_QUERIES, ERR_USAGE,
                "more than %d queries found in the address", REQUEST_MOST_QUERIES);
        char *value = strchr(pair, '=');
        if (value) *value++ = '\0';
        TRY(decode(pair, 1));
        if (value) TRY(decode(value, 1));
        request->queries[request->n_queries].name = pair;
        request->queries[request->n_queries++].value = value ? value : "";
    }
    return OK;
}

enum status request_target(struct request *request, const char *raw)
{
    snprintf(request->raw_path, sizeof request->raw_path, "%.*s", (int)strcspn(raw, "?"), raw);
    const size_t length = strlen(raw);
    REQUIRE(length < sizeof request->target, ERR_USAGE, "an address of %zu bytes found, at most %zu expected",
            length, sizeof request->target - 1);
    memcpy(request->target, raw, length + 1);
    char *query = strchr(request->target, '?');
    if (query) *query++ = '\0';
    TRY(split_path(request, request->target));
    return split_query(request, query);
}

const char *request_query(const struct request *request, const char *name)
{
    for (int i = 0; i < request->n_queries; i++)
        if (strcmp(request->queries[i].name, name) == 0) return request->queries[i].value;
    return NULL;
}

/* -------------------------------------------------------------------------------------------------- id */

static int is_sane(const char *id)
{
    const size_t length = strlen(id);
    if (length == 0 || length >= REQUEST_ID_BYTES) return 0;
    for (; *id; id++)
        if (!isalnum((unsigned char)*id) && !strchr("-_.:", *id)) return 0;
    return 1;
}

/* One random beginning a process, and a number: cheap, and no two are alike. */
static void make_id(char id[REQUEST_ID_BYTES])
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static unsigned long long beginning, number;
    pthread_mutex_lock(&lock);
    if (number == 0 && getrandom(&beginning, sizeof beginning, 0) != (ssize_t)sizeof beginning) beginning = 0;
    const unsigned long long mine = number++;
    pthread_mutex_unlock(&lock);
    snprintf(id, REQUEST_ID_BYTES, "%016llx-%llx", beginning, mine);
}

void request_name(struct request *request, const char *wanted)
{
    if (wanted && is_sane(wanted))
        snprintf(request->id, sizeof request->id, "%s", wanted);
    else
        make_id(request->id);
}

/* --------------------------------------------------------------------------------------------- headers */

enum status request_number(const char *text, const char *what, long long most, long long *out)
{
    const size_t length = strlen(text);
    REQUIRE(length > 0 && length < 19 && strspn(text, "0123456789") == length, ERR_USAGE,
            "%s: \"%.40s\" found, a whole number expected", what, text);
    *out = strtoll(text, NULL, 10);
    REQUIRE(*out <= most, ERR_USAGE, "%s: %lld found, at most %lld expected", what, *out, most);
    return OK;
}

enum status request_seconds(const struct request *request, double most, double *seconds)
{
    long long ms;
    *seconds = most;
    if (!request->timeout_ms) return OK;
    TRY(request_number(request->timeout_ms, "X-Timeout-Ms", (long long)1e12, &ms));
    if (1e-3 * (double)ms < most) *seconds = 1e-3 * (double)ms;
    return OK;
}

int content_type_is(const char *content_type, const char *type)
{
    const size_t length = strlen(type);
    if (!content_type || strncasecmp(content_type, type, length) != 0) return 0;
    const char after = content_type[length];
    return type[length - 1] == '/' || !after || after == ';' || after == ' ' || after == '\t' || after == ',';
}
