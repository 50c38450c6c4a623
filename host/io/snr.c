#include "io/snr.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* The places in `name` are read backwards from "db": number, sign. */

static int is_separator(char c)
{
    return c == '_' || c == '-' || c == ' ' || c == '.';
}

static size_t before_separators(const char *name, size_t end)
{
    while (end > 0 && is_separator(name[end - 1])) end--;
    return end;
}

/* Whether the word that ends before `end` is `word`, and no longer one. */
static int ends_with_word(const char *name, size_t end, const char *word)
{
    const size_t length = strlen(word);
    return end >= length && strncasecmp(name + end - length, word, length) == 0 &&
           (end == length || !isalpha((unsigned char)name[end - length - 1]));
}

static int is_negative(const char *name, size_t number)
{
    static const char *const words[] = { "minus", "min", "neg", "negative" };
    if (number > 0 && name[number - 1] == '-') return 1;
    const size_t end = before_separators(name, number);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (ends_with_word(name, end, words[i])) return 1;
    return 0;
}

/* What "db" at `place` stands behind. */
static const char *snr_before(const char *name, size_t place)
{
    const size_t end = before_separators(name, place);
    if (end == 0 || (name[end - 1] != '0' && name[end - 1] != '6')) return NULL;
    if (end > 1 && (isdigit((unsigned char)name[end - 2]) || name[end - 2] == '.')) return NULL; /* 10, 3.6 */
    if (name[end - 1] == '0') return "0dB";
    return is_negative(name, end - 1) ? "-6dB" : "6dB";
}

const char *snr_of(const char *name)
{
    for (size_t i = 0; name[i]; i++) {
        if (strncasecmp(name + i, "db", 2) != 0 || isalnum((unsigned char)name[i + 2])) continue;
        const char *snr = snr_before(name, i);
        if (snr) return snr;
    }
    return NULL;
}

const char *snr_machine_of(const char *name)
{
    static const char *const machines[] = { "fan", "pump", "slider", "valve" };
    for (size_t m = 0; m < sizeof machines / sizeof *machines; m++) {
        const size_t length = strlen(machines[m]);
        for (const char *found = name; (found = strcasestr(found, machines[m])) != NULL; found++) {
            const int begins = found == name || !isalpha((unsigned char)found[-1]);
            if (begins && !isalpha((unsigned char)found[length])) return machines[m];
        }
    }
    return NULL;
}
