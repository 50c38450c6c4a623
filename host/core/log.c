#include "core/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static enum log_level shown = LOG_INFO;
static int progress_is_open;

void log_set_level(enum log_level level)
{
    shown = level;
}

static void end_progress_locked(void)
{
    if (progress_is_open) fputc('\n', stderr);
    progress_is_open = 0;
}

static void write_line(enum log_level level, const char *prefix, const char *format, va_list arguments)
{
    if (level > shown) return;
    pthread_mutex_lock(&lock);
    end_progress_locked();
    fprintf(stderr, "earshot: %s", prefix);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    pthread_mutex_unlock(&lock);
}

#define LOG_FUNCTION(name, level, prefix)             \
    void name(const char *format, ...)                \
    {                                                 \
        va_list arguments;                            \
        va_start(arguments, format);                  \
        write_line(level, prefix, format, arguments); \
        va_end(arguments);                            \
    }
LOG_FUNCTION(log_error, LOG_ERROR, "error: ")
LOG_FUNCTION(log_warning, LOG_WARNING, "warning: ")
LOG_FUNCTION(log_info, LOG_INFO, "")
LOG_FUNCTION(log_debug, LOG_DEBUG, "debug: ")

void log_progress(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&lock);
    fputc('\r', stderr);
    vfprintf(stderr, format, arguments);
    fputs("\033[K", stderr);
    fflush(stderr);
    progress_is_open = 1;
    pthread_mutex_unlock(&lock);
    va_end(arguments);
}

void log_progress_end(void)
{
    pthread_mutex_lock(&lock);
    end_progress_locked();
    pthread_mutex_unlock(&lock);
}
