#include "cli/help_values.h"

#include "backend/backend.h"
#include "detect/detector.h"
#include "nets/net.h"

#include <ctype.h>
#include <string.h>

static int has_word(const struct help_value *value, const char *word, size_t length)
{
    for (const char *at = value->words; *at; at += strcspn(at, " "), at += *at == ' ')
        if (strcspn(at, " ") == length && strncmp(at, word, length) == 0) return 1;
    return 0;
}

static void add_word(struct help_value *value, const char *word, size_t length)
{
    const size_t used = strlen(value->words);
    if (length == 0 || has_word(value, word, length)) return;
    snprintf(value->words + used, sizeof value->words - used, "%s%.*s", used ? " " : "", (int)length, word);
}

static void add_choices(struct help_value *value, const char *choices)
{
    for (; *choices; choices += strcspn(choices, "|"), choices += *choices == '|')
        add_word(value, choices, strcspn(choices, "|"));
}

/* ------------------------------------------------------------------------------- names that are in lists */

static const char *network_name(int i)
{
    static const char *const beside[] = { "patch" }; /* --network takes it, though it is no network */
    const struct net *net = net_number(i);
    if (net) return net->name;
    return i > 0 && net_number(i - 1) ? beside[0] : NULL;
}

static const char *detector_name(int i)
{
    const struct detector *detector = detector_number(i);
    return detector ? detector->name : NULL;
}

static const char *backend_name(int i)
{
    const struct backend_ops *ops = backend_number(i);
    return ops ? ops->name : NULL;
}

/* The list that an option's or a word's name speaks of, in one number or the other; its names are added. */
static int add_names(struct help_value *value, const char *of)
{
    static const struct {
        const char *singular;
        const char *(*name)(int i);
    } lists[] = { { "network", network_name }, { "detector", detector_name }, { "backend", backend_name } };
    const char *name;
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        const size_t length = strlen(lists[k].singular);
        if (strncasecmp(of, lists[k].singular, length) != 0) continue;
        if (of[length] && strcasecmp(of + length, "s") != 0) continue;
        for (int i = 0; (name = lists[k].name(i)); i++) add_word(value, name, strlen(name));
        return 1;
    }
    return 0;
}

/* ------------------------------------------------------------------------------------------- what it is */

/* A word in capitals stands for a file, but for folders. "F.h5", "NAME=M.h5", "OUT.csv|OUT.npy": files. */
static enum help_kind kind_of(const char *metavar)
{
    if (strncmp(metavar, "DIR", 3) == 0) return HELP_FOLDERS;
    if (strncmp(metavar, "FILE", 4) == 0 || strncmp(metavar, "PATH", 4) == 0) return HELP_FILES;
    return strchr(metavar, '.') ? HELP_FILES : HELP_NOTHING;
}

struct help_value help_option_value(const struct option *option)
{
    struct help_value value = { HELP_NOTHING, "" };
    if (option->choices) {
        add_choices(&value, option->choices);
        return value;
    }
    if (option->type != OPTION_TEXT) return value;
    const int is_list =
        add_names(&value, option->name) && option->metavar && strcmp(option->metavar, "NAMES") == 0;
    if (is_list) add_word(&value, "all", 3);
    if (option->metavar) value.kind = kind_of(option->metavar);
    const char *standard = option->standard ? option->standard : "";
    if (value.kind != HELP_FOLDERS && isalpha((unsigned char)*standard) && !strpbrk(standard, ",:/ "))
        add_word(&value, standard, strlen(standard));
    return value;
}

int help_is_negated(const struct option *option)
{
    return option->type == OPTION_FLAG && option->standard && strcmp(option->standard, "1") == 0;
}

/* One of the words that stand for something, "[NETWORK...]" with what is around it. */
static void add_usage_word(struct help_value *value, const char *word, size_t length)
{
    char name[64];
    while (length && strchr("[]", *word)) word++, length--;
    snprintf(name, sizeof name, "%.*s", (int)length, word);
    name[strcspn(name, "[]")] = '\0';
    char *dots = strstr(name, "...");
    if (dots) *dots = '\0';
    if (islower((unsigned char)*name))
        add_word(value, name, strlen(name));
    else if (*name && !add_names(value, name))
        value->kind = kind_of(name) == HELP_FOLDERS ? HELP_FOLDERS : HELP_FILES;
}

struct help_value help_usage_value(const char *usage)
{
    struct help_value value = { HELP_NOTHING, "" };
    const char *at = usage + strcspn(usage, " ");
    while (*(at += strspn(at, " "))) {
        const size_t length = strcspn(at, " ");
        if (strncmp(at, "[-", 2) == 0 || strncmp(at, "[options", 8) == 0 ||
            strstr(at, "options]") == at + length + 1)
            at += strcspn(at, "]");
        else if (*at == '-')
            at += length + strspn(at + length, " ");
        else
            for (size_t done = 0; done < length; done += 1 + strcspn(at + done, "| "))
                add_usage_word(&value, at + done, strcspn(at + done, "| "));
        at += strcspn(at, " ");
    }
    return value;
}
