#include "http/base64.h"

#include <string.h>

/* 0 … 63, or -1. */
static int value_of(unsigned char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+' || c == '-') return 62; /* - and _ are those of the alphabet for addresses */
    return c == '/' || c == '_' ? 63 : -1;
}

static int is_space(unsigned char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Nothing but padding and white space. */
static int is_end(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] != '=' && !is_space((unsigned char)text[i])) return 0;
    return 1;
}

enum status base64_decode(const char *text, size_t length, unsigned char *out, size_t *size)
{
    unsigned bits = 0, n_bits = 0;
    *size = 0;
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (is_space(c)) continue;
        if (c == '=' && is_end(text + i, length - i)) break;
        const int value = value_of(c);
        REQUIRE(value >= 0, ERR_INPUT, "byte 0x%02x at %zu does not belong into base64", c, i);
        bits = bits << 6 | (unsigned)value;
        n_bits += 6;
        if (n_bits < 8) continue;
        n_bits -= 8;
        out[(*size)++] = (unsigned char)(bits >> n_bits);
        bits &= (1u << n_bits) - 1;
    }
    return OK;
}
