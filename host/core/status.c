#include "core/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char sentence[1024];

static const struct {
    int exit_code, http_code;
    const char *sentence;
} table[] = {
#define STATUS_ROW(name, exit_code, http_code, words) { exit_code, http_code, words },
    STATUS_TABLE(STATUS_ROW)
#undef STATUS_ROW
};

int status_exit_code(enum status status)
{
    return table[status].exit_code;
}

int status_http_code(enum status status)
{
    return table[status].http_code;
}

enum status fail(enum status status, const char *format, ...)
{
    char words[sizeof sentence]; /* the arguments may point into the old sentence */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    memcpy(sentence, words, sizeof sentence);
    return status;
}

enum status fail_within(enum status status, const char *format, ...)
{
    char words[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    return fail(status, "%s: %s", words, status_sentence());
}

const char *status_sentence(void)
{
    return sentence[0] ? sentence : table[ERR_INTERNAL].sentence;
}
