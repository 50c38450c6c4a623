#include "http/multipart.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { BOUNDARY_BYTES = 71 }; /* 70 and the zero; RFC 2046 */

/* Where the value of `name=` begins in a header's parameters, or NULL. */
static const char *parameter(const char *header, const char *end, const char *name)
{
    const size_t length = strlen(name);
    int is_quoted = 0;
    for (const char *c = header; c < end; c++) {
        if (*c == '"') is_quoted = !is_quoted;
        if (*c != ';' || is_quoted) continue;
        for (c++; c < end && (*c == ' ' || *c == '\t');) c++;
        if ((size_t)(end - c) > length && strncasecmp(c, name, length) == 0 && c[length] == '=')
            return c + length + 1;
        c--;
    }
    return NULL;
}

/* "a \"b\"" or a; cut off where there is no room. Returns the length. */
static size_t copy_value(const char *value, const char *end, char *out, size_t room)
{
    const int is_quoted = value < end && *value == '"';
    size_t n = 0;
    for (value += is_quoted; value < end && n + 1 < room; value++) {
        if (is_quoted ? *value == '"' : strchr("; \t\r", *value) != NULL) break;
        if (is_quoted && *value == '\\' && value + 1 < end && (value[1] == '"' || value[1] == '\\')) value++;
        out[n++] = *value;
    }
    out[n] = '\0';
    return n;
}

/* Between two boundaries: headers, an empty line, bytes. */
static int part_is(const char *part, const char *end, const char *field, struct multipart_file *file)
{
    const char *blank = memmem(part, (size_t)(end - part), "\r\n\r\n", 4);
    if (!blank) return 0;
    for (const char *line = part; line < blank;) {
        const char *line_end = memmem(line, (size_t)(blank + 2 - line), "\r\n", 2);
        static const char disposition[] = "content-disposition:";
        const size_t length = sizeof disposition - 1;
        if ((size_t)(line_end - line) > length && strncasecmp(line, disposition, length) == 0) {
            const char *name = parameter(line, line_end, "name"),
                       *file_name = parameter(line, line_end, "filename");
            char found[MULTIPART_NAME_BYTES] = "";
            file->name[0] = '\0';
            if (file_name) copy_value(file_name, line_end, file->name, sizeof file->name);
            if (name) copy_value(name, line_end, found, sizeof found);
            file->bytes = blank + 4;
            file->size = (size_t)(end - file->bytes);
            return strcmp(found, field) == 0;
        }
        line = line_end + 2;
    }
    return 0;
}

enum status multipart_find(const char *content_type, const char *body, size_t size, const char *field,
                           struct multipart_file *file)
{
    char boundary[BOUNDARY_BYTES + 4] = "\r\n--";
    const char *type_end = content_type + strlen(content_type), *end = body + size;
    const char *value = parameter(content_type, type_end, "boundary");
    const size_t length = value ? copy_value(value, type_end, boundary + 4, BOUNDARY_BYTES) : 0;
    REQUIRE(length > 0, ERR_USAGE, "multipart/form-data found without a boundary");
    /* the first boundary may stand at the very beginning, without a line's end before it */
    const int is_first = size >= length + 2 && memcmp(body, boundary + 2, length + 2) == 0;
    const char *at = is_first ? body : memmem(body, size, boundary, length + 4);
    REQUIRE(at, ERR_USAGE, "the boundary is not in the body of multipart/form-data");
    for (const char *part = at + length + (is_first ? 2 : 4);
         end - part >= 2 && memcmp(part, "--", 2) != 0;) {
        const char *part_end = memmem(part, (size_t)(end - part), boundary, length + 4);
        REQUIRE(part_end, ERR_USAGE, "the body of multipart/form-data is cut off");
        if (part_is(part, part_end, field, file)) return OK;
        part = part_end + length + 4;
    }
    return fail(ERR_USAGE, "no field \"%s\" found in the body of multipart/form-data", field);
}
