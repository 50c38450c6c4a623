#include "eval/split.h"

#include "core/memory.h"
#include "core/rng.h"

#include <stdio.h>

/* Streams of the seed: detectors draw from other ones. */
enum { STREAM_SIDES = 0x73696465, STREAM_LABELS = 0x6c616265 };

static int minimum(int a, int b)
{
    return a < b ? a : b;
}

static enum status permutation(uint64_t seed, uint64_t stream, int n, int **order)
{
    TRY(memory_check(*order = memory_new((size_t)n, sizeof **order)));
    struct rng rng = rng_seeded(seed, stream);
    rng_permutation(&rng, n, *order);
    return OK;
}

/* Recordings in each unit. */
static enum status unit_sizes(const struct split_set *set, int **sizes)
{
    TRY(memory_check(*sizes = memory_new((size_t)set->n_units, sizeof **sizes)));
    for (int i = 0; i < set->n_recordings; i++) (*sizes)[set->unit[i]]++;
    return OK;
}

static int count(const struct split_set *set, const int *sizes, int is_abnormal)
{
    int n = 0;
    for (int u = 0; u < set->n_units; u++)
        if (set->is_abnormal[u] == is_abnormal) n += sizes[u];
    return n;
}

/* Takes units of one label in the order drawn until `n` recordings are reached; returns how many were. */
static int draw(const struct split_set *set, const int *sizes, const int *order, int is_abnormal, int n,
                enum side *unit_side)
{
    int drawn = 0;
    for (int i = 0; i < set->n_units; i++) {
        const int unit = order[i];
        if (set->is_abnormal[unit] != is_abnormal || drawn + sizes[unit] > n) continue;
        unit_side[unit] = SIDE_TEST;
        drawn += sizes[unit];
    }
    return drawn;
}

/* Draws n normal recordings, and as many abnormal ones or all of them. */
static void draw_sides(const struct split_set *set, const int *sizes, const int *order, int n,
                       int takes_all_abnormal, enum side *unit_side, struct split_counts *counts)
{
    for (int u = 0; u < set->n_units; u++) unit_side[u] = set->is_abnormal[u] ? SIDE_NONE : SIDE_TRAIN;
    *counts = (struct split_counts){ .n_normal = draw(set, sizes, order, 0, n, unit_side) };
    const int n_abnormal = takes_all_abnormal ? count(set, sizes, 1) : counts->n_normal;
    counts->n_abnormal = draw(set, sizes, order, 1, n_abnormal, unit_side);
    counts->n_train = count(set, sizes, 0) - counts->n_normal;
}

static int count_units(const struct split_set *set, int is_abnormal)
{
    int n = 0;
    for (int u = 0; u < set->n_units; u++) n += set->is_abnormal[u] == is_abnormal;
    return n;
}

static enum status check(const struct split_set *set, const int *sizes, const struct split_counts *counts)
{
    const int n_normal = count(set, sizes, 0), n_abnormal = count(set, sizes, 1);
    const int normal_units = count_units(set, 0), abnormal_units = count_units(set, 1);
    char different[96] = "";
    if (counts->n_normal > 0 && counts->n_abnormal > 0 && counts->n_train >= SPLIT_LEAST_TRAINING) return OK;
    if (normal_units < n_normal || abnormal_units < n_abnormal)
        snprintf(different, sizeof different, " (%d and %d but for copies, which stay on one side)",
                 normal_units, abnormal_units);
    return fail(ERR_INPUT,
                "%d normal and %d abnormal recordings%s are too few: at least %d normal ones must be left to "
                "train, and 1 of each kind be held out",
                n_normal, n_abnormal, different, SPLIT_LEAST_TRAINING);
}

static enum status split_in_order(const struct split_set *set, const int *sizes, const int *order, int n,
                                  int takes_all_abnormal, enum side *side, struct split_counts *counts)
{
    enum side *unit_side = memory_new((size_t)set->n_units, sizeof *unit_side);
    enum status status;
    TRY_OR_DONE(memory_check(unit_side));
    draw_sides(set, sizes, order, n, takes_all_abnormal, unit_side, counts);
    TRY_OR_DONE(check(set, sizes, counts));
    for (int i = 0; i < set->n_recordings; i++) side[i] = unit_side[set->unit[i]];
done:
    memory_free(unit_side);
    return status;
}

enum status split_paper(const struct split_set *set, int held_out, uint64_t seed, enum side *side,
                        struct split_counts *counts)
{
    int *sizes = NULL, *order = NULL;
    enum status status;
    TRY_OR_DONE(unit_sizes(set, &sizes));
    TRY_OR_DONE(permutation(seed, STREAM_SIDES, set->n_units, &order));
    const int n = minimum(minimum(held_out, count(set, sizes, 1)), count(set, sizes, 0) / 2);
    TRY_OR_DONE(split_in_order(set, sizes, order, n, 0, side, counts));
done:
    memory_free(order);
    memory_free(sizes);
    return status;
}

/* Units by their first recording. */
static enum status order_of_recordings(const struct split_set *set, int **order)
{
    int n = 0;
    char *is_seen = memory_new((size_t)set->n_units, 1);
    enum status status;
    TRY_OR_DONE(memory_check(is_seen));
    TRY_OR_DONE(memory_check(*order = memory_new((size_t)set->n_units, sizeof **order)));
    for (int i = 0; i < set->n_recordings; i++) {
        const int unit = set->unit[i];
        if (!is_seen[unit]) (*order)[n++] = unit;
        is_seen[unit] = 1;
    }
done:
    memory_free(is_seen);
    return status;
}

enum status split_first(const struct split_set *set, enum side *side, struct split_counts *counts)
{
    int *sizes = NULL, *order = NULL;
    enum status status;
    TRY_OR_DONE(unit_sizes(set, &sizes));
    TRY_OR_DONE(order_of_recordings(set, &order));
    TRY_OR_DONE(split_in_order(set, sizes, order, count(set, sizes, 1), 1, side, counts));
done:
    memory_free(order);
    memory_free(sizes);
    return status;
}

enum status split_shuffle_labels(const int *is_abnormal, int n_units, uint64_t seed, int *shuffled)
{
    int *order = NULL;
    const enum status status = permutation(seed, STREAM_LABELS, n_units, &order);
    for (int u = 0; u < n_units && status == OK; u++) shuffled[u] = is_abnormal[order[u]];
    memory_free(order);
    return status;
}
