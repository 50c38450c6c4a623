/* The plug-in's status.c and log.c: sentences and log lines are the program's own (backend/plugin.h), so a failure
 * in here reads like any other. */
#include "cuda/plugin_words.h"

#include <stdarg.h>
#include <stdio.h>

static const struct plugin_host *host;

void plugin_words_set(const struct plugin_host *lent)
{
    host = lent;
}

enum status fail(enum status status, const char *format, ...)
{
    char words[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    return host->fail(status, "%s", words);
}

enum status fail_within(enum status status, const char *format, ...)
{
    char words[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    return host->fail(status, "%s: %s", words, host->sentence());
}

const char *status_sentence(void)
{
    return host->sentence();
}

#define LOG_FUNCTION(name, level)                          \
    void name(const char *format, ...)                     \
    {                                                      \
        char words[1024];                                  \
        va_list arguments;                                 \
        va_start(arguments, format);                       \
        vsnprintf(words, sizeof words, format, arguments); \
        va_end(arguments);                                 \
        host->log[level]("%s", words);                     \
    }
LOG_FUNCTION(log_error, LOG_ERROR)
LOG_FUNCTION(log_warning, LOG_WARNING)
LOG_FUNCTION(log_info, LOG_INFO)
LOG_FUNCTION(log_debug, LOG_DEBUG)
