#include "bench_load.h"

#include "core/memory.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { HEAD_BYTES = 16384, SKIP_BYTES = 65536 };

enum status load_address(const char *host, int port, struct sockaddr_in *address)
{
    *address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    REQUIRE(inet_pton(AF_INET, host, &address->sin_addr) == 1, ERR_USAGE, "%s: no IPv4 address", host);
    return OK;
}

/* ------------------------------------------------------------------------------------------- the request */

static enum status read_body(FILE *stream, const char *file, char **body, size_t *size)
{
    REQUIRE(fseek(stream, 0, SEEK_END) == 0, ERR_INPUT, "%s: cannot be read", file);
    *size = (size_t)ftell(stream);
    rewind(stream);
    TRY(memory_check(*body = memory_new(*size + 1, 1)));
    REQUIRE(fread(*body, 1, *size, stream) == *size, ERR_INPUT, "%s: cannot be read", file);
    return OK;
}

static enum status put_together(struct load_request *request, const char *head, const char *body, size_t size)
{
    const size_t head_size = strlen(head);
    request->size = head_size + size;
    TRY(memory_check(request->bytes = memory_new(request->size, 1)));
    memcpy(request->bytes, head, head_size);
    if (size > 0) memcpy(request->bytes + head_size, body, size);
    return OK;
}

enum status load_request_read(struct load_request *request, const char *host, const char *path,
                              const char *file)
{
    enum status status = OK;
    char *body = NULL, *head = NULL;
    size_t size = 0;
    FILE *stream = NULL;
    if (file) {
        stream = fopen(file, "rb");
        REQUIRE(stream, ERR_INPUT, "%s: cannot be opened", file);
        TRY_OR_DONE(read_body(stream, file, &body, &size));
    }
    head =
        memory_print("%s %s HTTP/1.1\r\nHost: %s\r\nContent-Type: audio/wav\r\nContent-Length: %zu\r\n\r\n",
                     file ? "POST" : "GET", path, host, size);
    TRY_OR_DONE(memory_check(head));
    TRY_OR_DONE(put_together(request, head, body, size));
done:
    if (stream) fclose(stream);
    memory_free(head);
    memory_free(body);
    return status;
}

/* -------------------------------------------------------------------------------------------- the answer */

void load_disconnect(struct load_connection *connection)
{
    if (connection->socket >= 0) close(connection->socket);
    connection->socket = -1;
}

static int connected(struct load_connection *connection)
{
    if (connection->socket >= 0) return 1;
    connection->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->socket < 0) return 0;
    const int on = 1;
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(connection->socket, (const struct sockaddr *)&connection->address,
                sizeof connection->address) == 0)
        return 1;
    load_disconnect(connection);
    return 0;
}

static int sent(const struct load_connection *connection, const struct load_request *request)
{
    for (size_t at = 0; at < request->size;) {
        const ssize_t n = send(connection->socket, request->bytes + at, request->size - at, MSG_NOSIGNAL);
        if (n <= 0) return 0;
        at += (size_t)n;
    }
    return 1;
}

/* Reads until the empty line: how much of the body came with it, or -1. */
static long read_head(const struct load_connection *connection, char *head)
{
    size_t n = 0;
    while (n < HEAD_BYTES - 1) {
        const ssize_t got = recv(connection->socket, head + n, HEAD_BYTES - 1 - n, 0);
        if (got <= 0) return -1;
        n += (size_t)got;
        head[n] = '\0';
        const char *end = strstr(head, "\r\n\r\n");
        if (end) return (long)(n - (size_t)(end + 4 - head));
    }
    return -1;
}

/* The text after "\r\nname: ", or NULL. */
static const char *field(const char *head, const char *name)
{
    const size_t length = strlen(name);
    for (const char *line = head; (line = strstr(line, "\r\n")); line += 2)
        if (strncasecmp(line + 2, name, length) == 0 && line[2 + length] == ':') return line + 3 + length;
    return NULL;
}

static int skip_body(const struct load_connection *connection, long left)
{
    char skipped[SKIP_BYTES];
    while (left > 0) {
        const size_t most = left < SKIP_BYTES ? (size_t)left : SKIP_BYTES;
        const ssize_t got = recv(connection->socket, skipped, most, 0);
        if (got <= 0) return 0;
        left -= got;
    }
    return 1;
}

static int exchange_once(struct load_connection *connection, const struct load_request *request)
{
    char head[HEAD_BYTES];
    if (!connected(connection)) return 0;
    const long with_head = sent(connection, request) ? read_head(connection, head) : -1;
    const char *length = with_head >= 0 ? field(head, "Content-Length") : NULL;
    int status = 0;
    if (length && sscanf(head, "HTTP/1.%*d %d", &status) == 1 &&
        skip_body(connection, atol(length) - with_head)) {
        const char *closes = field(head, "Connection");
        if (closes && strncasecmp(closes, " close", 6) == 0) load_disconnect(connection);
        return status;
    }
    load_disconnect(connection);
    return 0;
}

/* A server may close a connection that was idle, just when it is used again: then a new one is tried. */
int load_exchange(struct load_connection *connection, const struct load_request *request)
{
    const int was_open = connection->socket >= 0;
    const int status = exchange_once(connection, request);
    return status == 0 && was_open ? exchange_once(connection, request) : status;
}
