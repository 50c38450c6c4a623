/* What can go wrong, in one table: the name, the exit code of the program, the HTTP code of the service and
 * the sentence that stands where nobody gave a better one.
 *
 * Everything that can fail returns enum status. Who fails says what, where, found and expected, once, at the
 * place that knows: `return fail(ERR_INPUT, "%s: 8 channels found, channel 9 was asked for", path)`. The
 * sentence belongs to the thread that failed and stays until its next failure. */
#ifndef STATUS_H
#define STATUS_H

/*    name            exit  http  sentence */
#define STATUS_TABLE(X)                                         \
    X(OK, 0, 200, "done")                                       \
    X(ERR_INTERNAL, 1, 500, "internal error; please report it") \
    X(ERR_MEMORY, 1, 503, "out of memory")                      \
    X(ERR_USAGE, 2, 400, "bad command, option or request")      \
    X(ERR_PARTIAL, 3, 422, "finished, but some inputs failed")  \
    X(ERR_INPUT, 4, 422, "the input cannot be used")            \
    X(ERR_POISON, 4, 422, "decoding the input failed badly")    \
    X(ERR_OUTPUT, 5, 500, "the output cannot be written")       \
    X(ERR_DEVICE, 6, 503, "no usable device")                   \
    X(ERR_VERIFY, 7, 500, "verification failed")                \
    X(ERR_BUSY, 1, 429, "too much is waiting; try again later") \
    X(ERR_TIMEOUT, 1, 504, "the time for it was over")          \
    X(ERR_STOPPED, 75, 503, "stopped on a signal; run again to go on")

enum status {
#define STATUS_ENUM(name, exit_code, http_code, sentence) name,
    STATUS_TABLE(STATUS_ENUM)
#undef STATUS_ENUM
};

#define MUST_CHECK __attribute__((warn_unused_result))

int status_exit_code(enum status status);
int status_http_code(enum status status);

/* Keeps the sentence for this thread and returns `status`, so that `return fail(…)` reads well. */
enum status fail(enum status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "words: " before the sentence that is kept, for a caller who knows which file or recording it was
 * about. */
enum status fail_within(enum status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The sentence of this thread's last failure; never NULL. Valid until the next failure of this thread. */
const char *status_sentence(void);

/* The only three macros that hide control flow. */
#define TRY(call)                                \
    do {                                         \
        const enum status try_status = (call);   \
        if (try_status != OK) return try_status; \
    } while (0)

/* For a function that owns something: needs `enum status status` and a label `done:`. */
#define TRY_OR_DONE(call)            \
    do {                             \
        status = (call);             \
        if (status != OK) goto done; \
    } while (0)

#define REQUIRE(condition, ...)                     \
    do {                                            \
        if (!(condition)) return fail(__VA_ARGS__); \
    } while (0)

#endif
