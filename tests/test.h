/* What every test program includes: cmocka, and a few words for this project. */
#ifndef TEST_H
#define TEST_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* cmocka's fail() is a macro that takes our function's name; fail_msg is written again without it. */
#undef fail
#undef fail_msg
#define fail_msg(...)              \
    do {                           \
        print_error(__VA_ARGS__);  \
        print_error("\n");         \
        _fail(__FILE__, __LINE__); \
    } while (0)

#include "core/status.h"

/* The call succeeds; else its sentence is printed. */
#define assert_ok(call)                                                      \
    do {                                                                     \
        const enum status test_status = (call);                              \
        if (test_status != OK) fail_msg("%s: %s", #call, status_sentence()); \
    } while (0)

/* The call fails with `expected`, and its sentence holds `words`. */
#define assert_fails(call, expected, words)                                   \
    do {                                                                      \
        const enum status test_status = (call);                               \
        assert_int_equal(test_status, expected);                              \
        if (!strstr(status_sentence(), words))                                \
            fail_msg("\"%s\" does not say \"%s\"", status_sentence(), words); \
    } while (0)

#define assert_near(value, expected, tolerance)                                                              \
    do {                                                                                                     \
        const double test_value = (value), test_expected = (expected), test_tolerance = (tolerance);         \
        if (!(fabs(test_value - test_expected) <= test_tolerance))                                           \
            fail_msg("%s is %.9g, expected %.9g ± %.3g", #value, test_value, test_expected, test_tolerance); \
    } while (0)

/* A new empty folder below the working folder, in a static buffer. */
static inline const char *test_folder(void)
{
    static char folder[64];
    snprintf(folder, sizeof folder, "test-XXXXXX");
    return mkdtemp(folder);
}

/* Says loudly that something was not tested, and why. `return skipped(…)` from main where nothing could run
 * (77), or `{ test_skip("…"); }` inside a test. */
static inline int skipped(const char *reason)
{
    printf("SKIPPED: %s\n", reason);
    return 77;
}
#define test_skip(reason)                \
    do {                                 \
        printf("SKIPPED: %s\n", reason); \
        skip();                          \
    } while (0)

#endif
