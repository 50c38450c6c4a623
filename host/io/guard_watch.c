/* Counting: what is looked for in one recording is decided when it is added, what needs all of them at the end
 * by sorting. About 90 bytes a recording are kept. */
#include "io/guards.h"

#include "core/memory.h"
#include "io/features.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Below one step of 16 bits, as a mean square. */
static const double silent_power = 1.0 / (32768.0 * 32768.0);
/* More than this part of the samples at full scale. */
static const double clipped_part = 1e-4;
/* Of full scale; or, for quiet recordings, this many times what is left without it. */
static const double offset_size = 0.01, offset_ratio = 1.0;
/* A group's usual length is one that at least half of it has; this part of it is still as long. */
static const double length_tolerance = 0.01;
enum { LEAST_GROUP = 3 };

struct watched {
    uint64_t samples[2], features[2]; /* hashes; samples 0, 0: unknown */
    long long row;
    int recording; /* channels of one path have the same number */
    int group;
    double seconds;
    int sample_rate;
};

struct guard_watch {
    struct watched *rows;
    size_t count, capacity;
    char (*groups)[256];
    size_t n_groups, groups_capacity;
    char *last_path; /* of the recording that was added last */
    int n_recordings;
    long long counts[N_GUARDS], first[N_GUARDS]; /* -1: none */
};

enum status guard_watch_open(struct guard_watch **out)
{
    struct guard_watch *watch = *out = memory_new(1, sizeof *watch);
    TRY(memory_check(watch));
    for (int g = 0; g < N_GUARDS; g++) watch->first[g] = -1;
    return OK;
}

void guard_watch_close(struct guard_watch **watch)
{
    if (!*watch) return;
    memory_free((*watch)->rows);
    memory_free((*watch)->groups);
    memory_free((*watch)->last_path);
    memory_free(*watch);
    *watch = NULL;
}

static void count(struct guard_watch *watch, enum guard guard, long long row)
{
    long long *first = &watch->first[guard];
    watch->counts[guard]++;
    if (*first < 0 || row < *first) *first = row;
}

/* ------------------------------------------------------------------------------------------ one by one */

static void look_at_level(struct guard_watch *watch, long long number, const struct feature_recording *row)
{
    const struct level *level = &row->level;
    const double power = pow(10.0, level->rms_dbfs / 10.0), rest = power - level->dc * level->dc;
    const double n = row->samples > 0 ? (double)row->samples : 1.0;
    if (isnan(rest)) return; /* unknown */
    if (rest < silent_power)
        count(watch, GUARD_SILENT, number);
    else if (fabs(level->dc) > offset_size || fabs(level->dc) > offset_ratio * sqrt(rest))
        count(watch, GUARD_OFFSET, number);
    if ((double)level->clipped > clipped_part * n) count(watch, GUARD_CLIPPED, number);
}

static enum status find_group(struct guard_watch *watch, const struct recording *recording, int *group)
{
    char name[256];
    recording_group(recording, name);
    for (size_t i = watch->n_groups; i-- > 0;) {
        *group = (int)i;
        if (strcmp(watch->groups[i], name) == 0) return OK;
    }
    TRY(memory_grow((void **)&watch->groups, &watch->groups_capacity, watch->n_groups,
                    sizeof *watch->groups));
    *group = (int)watch->n_groups;
    memcpy(watch->groups[watch->n_groups++], name, sizeof name);
    return OK;
}

/* Channels of a recording follow each other. */
static enum status number_recording(struct guard_watch *watch, const char *path, int *number)
{
    if (!watch->last_path || strcmp(watch->last_path, path) != 0) {
        memory_free(watch->last_path);
        TRY(memory_check(watch->last_path = memory_text(path)));
        watch->n_recordings++;
    }
    *number = watch->n_recordings;
    return OK;
}

/* 32 hexadecimal digits. */
static void read_hash(const char *text, uint64_t hash[2])
{
    char half[17];
    hash[0] = hash[1] = 0;
    if (!text || strlen(text) != 32) return;
    for (int i = 0; i < 2; i++) {
        snprintf(half, sizeof half, "%.16s", text + (size_t)16 * i);
        hash[i] = strtoull(half, NULL, 16);
    }
}

enum status guard_watch_add(struct guard_watch *watch, long long number, const struct feature_recording *row,
                            const uint64_t features[2])
{
    TRY(memory_grow((void **)&watch->rows, &watch->capacity, watch->count, sizeof *watch->rows));
    struct watched *watched = &watch->rows[watch->count++];
    *watched = (struct watched){ .features = { features[0], features[1] },
                                 .row = number,
                                 .sample_rate = row->sample_rate };
    if (row->sample_rate > 0) watched->seconds = (double)row->samples / row->sample_rate;
    read_hash(row->hash, watched->samples);
    look_at_level(watch, number, row);
    TRY(find_group(watch, &row->of, &watched->group));
    return number_recording(watch, row->of.path, &watched->recording);
}

/* -------------------------------------------------------------------------------------------- together */

static int order_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int order_hashes(const uint64_t a[2], const uint64_t b[2])
{
    const int order = order_numbers(a[0], b[0]);
    return order ? order : order_numbers(a[1], b[1]);
}

static int order_rows(const struct watched *a, const struct watched *b)
{
    return (a->row > b->row) - (a->row < b->row);
}

static int by_samples(const void *a, const void *b)
{
    const struct watched *x = a, *y = b;
    const int order = order_hashes(x->samples, y->samples);
    return order ? order : order_rows(x, y);
}

static int by_features(const void *a, const void *b)
{
    const struct watched *x = a, *y = b;
    const int order = order_hashes(x->features, y->features);
    return order ? order : order_rows(x, y);
}

static int by_length(const void *a, const void *b)
{
    const struct watched *x = a, *y = b;
    int order = (x->group > y->group) - (x->group < y->group);
    if (!order) order = (x->seconds > y->seconds) - (x->seconds < y->seconds);
    return order ? order : order_rows(x, y);
}

static int by_rate(const void *a, const void *b)
{
    const struct watched *x = a, *y = b;
    const int order = (x->sample_rate > y->sample_rate) - (x->sample_rate < y->sample_rate);
    return order ? order : order_rows(x, y);
}

static void sort(struct guard_watch *watch, int (*order)(const void *, const void *))
{
    if (watch->count > 0) qsort(watch->rows, watch->count, sizeof *watch->rows, order);
}

static void find_same_samples(struct guard_watch *watch)
{
    sort(watch, by_samples);
    const struct watched *first = watch->rows;
    for (size_t i = 1; i < watch->count; i++) {
        const struct watched *row = &watch->rows[i];
        if (order_hashes(row->samples, first->samples) != 0)
            first = row;
        else if ((row->samples[0] || row->samples[1]) && row->recording != first->recording)
            count(watch, GUARD_SAME_SAMPLES, row->row);
    }
}

static void find_same_features(struct guard_watch *watch)
{
    sort(watch, by_features);
    const struct watched *first = watch->rows;
    for (size_t i = 1; i < watch->count; i++) {
        const struct watched *row = &watch->rows[i];
        if (order_hashes(row->features, first->features) != 0)
            first = row;
        else if (order_hashes(row->samples, first->samples) != 0)
            count(watch, GUARD_SAME_FEATURES, row->row);
    }
}

/* Rows first … end - 1 are one group, by length. */
static void check_lengths(struct guard_watch *watch, size_t first, size_t end)
{
    size_t longest = 0;
    double usual = 0;
    for (size_t i = first, n; i < end; i += n) {
        for (n = 1; i + n < end && watch->rows[i + n].seconds == watch->rows[i].seconds;) n++;
        if (n <= longest) continue;
        longest = n;
        usual = watch->rows[i].seconds;
    }
    if (end - first < LEAST_GROUP || 2 * longest < end - first) return;
    for (size_t i = first; i < end; i++)
        if (fabs(watch->rows[i].seconds - usual) > length_tolerance * usual)
            count(watch, GUARD_LENGTH, watch->rows[i].row);
}

static void find_lengths(struct guard_watch *watch)
{
    sort(watch, by_length);
    for (size_t first = 0, end; first < watch->count; first = end) {
        for (end = first + 1; end < watch->count && watch->rows[end].group == watch->rows[first].group;)
            end++;
        check_lengths(watch, first, end);
    }
}

static void find_rates(struct guard_watch *watch)
{
    size_t longest = 0;
    int usual = 0;
    sort(watch, by_rate);
    for (size_t i = 0, n; i < watch->count; i += n) {
        for (n = 1; i + n < watch->count && watch->rows[i + n].sample_rate == watch->rows[i].sample_rate;)
            n++;
        if (n <= longest) continue;
        longest = n;
        usual = watch->rows[i].sample_rate;
    }
    for (size_t i = 0; i < watch->count; i++)
        if (watch->rows[i].sample_rate != usual) count(watch, GUARD_RATE, watch->rows[i].row);
}

void guard_watch_finish(struct guard_watch *watch, struct guards *guards)
{
    find_same_samples(watch);
    find_same_features(watch);
    find_lengths(watch);
    find_rates(watch);
    *guards = (struct guards){ .is_known = 1 };
    memcpy(guards->count, watch->counts, sizeof guards->count);
}

void guard_watch_name(const struct guard_watch *watch, long long number, const char *path,
                      struct guards *guards)
{
    for (int g = 0; g < N_GUARDS; g++)
        if (watch->first[g] == number) snprintf(guards->example[g], GUARD_EXAMPLE, "%s", path);
}
