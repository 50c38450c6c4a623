/* What tests of pages and charts ask of their markup. */
#ifndef MARKUP_H
#define MARKUP_H

#include "test.h"

static inline int count_words(const char *text, const char *words)
{
    int n = 0;
    while ((text = strstr(text, words))) {
        n++;
        text += strlen(words);
    }
    return n;
}

/* Every tag that opens is closed in order, and empty elements close themselves. Returns how deep they lie. */
static inline int markup_depth(const char *markup)
{
    char open[64][16];
    int depth = 0, deepest = 0;
    for (const char *at = markup; (at = strchr(at, '<')); at = strchr(at, '>')) {
        const char *end = strchr(at, '>');
        char name[16];
        assert_non_null(end);
        const int is_end = at[1] == '/';
        const size_t length = strcspn(at + 1 + is_end, " \n/>");
        assert_true(length > 0 && length < sizeof name && (depth > 0 || !is_end));
        snprintf(name, sizeof name, "%.*s", (int)length, at + 1 + is_end);
        if (is_end)
            assert_string_equal(name, open[--depth]);
        else if (end[-1] != '/')
            memcpy(open[depth++], name, sizeof name);
        if (depth > deepest) deepest = depth;
        assert_in_range(depth, 0, 63);
    }
    assert_int_equal(depth, 0);
    return deepest;
}

#endif
