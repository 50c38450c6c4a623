/* Options, faults, failures on demand, counts and leaks. */
#include "sim/sim_internal.h"

#include "emu/emu.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sim_options sim_options;
struct sim_counts sim_counts;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int n_open[SIM_KINDS];
static int reports, is_lost;

int sim_lock(void)
{
    pthread_mutex_lock(&lock);
    return 1;
}

void sim_unlock(const int *locked)
{
    (void)locked;
    pthread_mutex_unlock(&lock);
}

/* ----------------------------------------------------------------------------------------------- faults */

void sim_fault(const char *format, ...)
{
    char sentence[700];
    va_list list;
    va_start(list, format);
    vsnprintf(sentence, sizeof sentence, format, list);
    va_end(list);
    sim_counts.faults++;
    if (sim_options.fault) {
        sim_options.fault(sentence);
        return;
    }
    fprintf(stderr, "simulated card: %s\n", sentence);
    abort();
}

static void fault_of_kernel(const char *sentence)
{
    sim_fault("%s", sentence);
}

int sim_watches(unsigned detector)
{
    return !(sim_options.off & detector);
}

int sim_is_lost(void)
{
    if (sim_options.lost_at && sim_counts.work >= sim_options.lost_at) is_lost = 1;
    return is_lost;
}

int sim_fails(const char *call)
{
    if (sim_is_lost()) return 1;
    const char *chosen = sim_options.fail_call ? sim_options.fail_call : "";
    if (strncmp(call, chosen, strlen(chosen)) != 0) return 0;
    if (++sim_counts.calls != sim_options.fail_at) return 0;
    sim_counts.failed++;
    return 1;
}

/* ---------------------------------------------------------------------------------------------- options */

static const struct {
    const char *name;
    size_t offset;
    uint64_t unit; /* 0: an int */
} numbers[] = {
    { "seed", offsetof(struct sim_options, seed), 1 },
    { "memory", offsetof(struct sim_options, memory_bytes), 1 << 20 },
    { "taken", offsetof(struct sim_options, taken_bytes), 1 << 20 },
    { "cards", offsetof(struct sim_options, n_cards), 0 },
    { "major", offsetof(struct sim_options, major), 0 },
    { "minor", offsetof(struct sim_options, minor), 0 },
    { "driver", offsetof(struct sim_options, driver), 0 },
    { "fail_at", offsetof(struct sim_options, fail_at), 1 },
    { "lost_at", offsetof(struct sim_options, lost_at), 1 },
};
enum { N_NUMBERS = sizeof numbers / sizeof *numbers };

static int set_number(const char *name, const char *value)
{
    for (int i = 0; i < N_NUMBERS; i++) {
        if (strcmp(name, numbers[i].name) != 0) continue;
        char *place = (char *)&sim_options + numbers[i].offset;
        if (numbers[i].unit)
            *(uint64_t *)(void *)place = strtoull(value, NULL, 10) * numbers[i].unit;
        else
            *(int *)(void *)place = atoi(value);
        return 1;
    }
    return 0;
}

static int set_timing(const char *value)
{
    static const char *const names[] = { "late", "at_once", "shuffled" };
    for (int i = 0; i < SIM_TIMINGS; i++) {
        if (strcmp(value, names[i]) != 0) continue;
        sim_options.timing = (enum sim_timing)i;
        return 1;
    }
    return 0;
}

static int set_option(const char *name, const char *value)
{
    static char call[64];
    if (strcmp(name, "timing") == 0) return set_timing(value);
    if (strcmp(name, "report") == 0) return reports = 1;
    if (strcmp(name, "fail_call") != 0) return set_number(name, value);
    snprintf(call, sizeof call, "%s", value);
    sim_options.fail_call = call;
    return 1;
}

static void read_environment(void)
{
    char words[512], *rest = words, *word;
    const char *given = getenv("EARSHOT_SIM");
    snprintf(words, sizeof words, "%s", given ? given : "");
    while ((word = strtok_r(rest, " ", &rest))) {
        char *value = strchr(word, '=');
        if (value) *value++ = 0;
        if (value && set_option(word, value)) continue;
        fprintf(stderr, "EARSHOT_SIM: %s is not known\n", word);
        abort();
    }
}

void sim_reset(void)
{
    sim_options = (struct sim_options){
        .n_cards = 1, .major = 7, .minor = 5, .driver = 13000, .memory_bytes = (size_t)4 << 30
    };
    sim_counts = (struct sim_counts){ 0 };
    is_lost = 0;
    read_environment();
}

/* ------------------------------------------------------------------------------------------------ leaks */

void sim_opened(enum sim_kind kind)
{
    n_open[kind]++;
    if (kind < SIM_DESCRIPTOR) sim_counts.allocations++;
}

void sim_closed(enum sim_kind kind)
{
    n_open[kind]--;
}

const char *sim_leaks(void)
{
    static const char *const names[SIM_KINDS] = { "device memory", "pinned memory", "stream",    "event",
                                                  "FFT plan",      "handle",        "descriptor" };
    static char sentence[256];
    size_t used = 0;
    for (int i = 0; i < SIM_KINDS; i++)
        if (n_open[i])
            used += (size_t)snprintf(sentence + used, sizeof sentence - used, "%s%s × %d", used ? ", " : "",
                                     names[i], n_open[i]);
    return used ? sentence : NULL;
}

/* -------------------------------------------------------------------------------------- begin and end */

__attribute__((constructor)) static void begin(void)
{
    emu_options.fault = fault_of_kernel;
    sim_reset();
}

/* "0 2": the numbers of the machine's cards that have had a stream. */
static const char *cards_used(void)
{
    static char words[256];
    size_t used = 0;
    for (int i = 0; i < 64; i++)
        if (sim_counts.cards >> i & 1)
            used += (size_t)snprintf(words + used, sizeof words - used, "%s%d", used ? " " : "", i);
    return words;
}

/* Where the libraries are in a plug-in, this is the only word that a test hears. */
__attribute__((destructor)) static void end(void)
{
    if (!reports) return;
    fprintf(stderr,
            "simulated card: %llu launches, %llu transforms, %llu products, %llu graphs, %llu bytes up, %llu "
            "bytes down, "
            "%llu waits, %d cards (%s), left open: %s\n",
            (unsigned long long)sim_counts.launches, (unsigned long long)sim_counts.transforms,
            (unsigned long long)sim_counts.products, (unsigned long long)sim_counts.graphs,
            (unsigned long long)sim_counts.bytes_up, (unsigned long long)sim_counts.bytes_down,
            (unsigned long long)sim_counts.waits, __builtin_popcountll(sim_counts.cards), cards_used(),
            sim_leaks() ? sim_leaks() : "nothing");
    if (sim_leaks()) _exit(99);
}
