#include "eval/groups.h"

#include "core/memory.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int compare_group(const struct recording *a, const struct recording *b)
{
    int order = strcmp(a->machine, b->machine);
    if (!order) order = strcmp(a->id, b->id);
    return order ? order : strcmp(a->snr, b->snr);
}

/* By group, then by path; the channels and segments of a path stay in the table's order. */
static int compare_rows(const void *a, const void *b)
{
    const struct feature_recording *left = *(const struct feature_recording *const *)a;
    const struct feature_recording *right = *(const struct feature_recording *const *)b;
    int order = compare_group(&left->of, &right->of);
    if (!order) order = strcmp(left->of.path, right->of.path);
    return order ? order : (left > right) - (left < right);
}

static int is_labeled(const struct feature_recording *row)
{
    return strcmp(row->of.label, "normal") == 0 || strcmp(row->of.label, "abnormal") == 0;
}

/* The usable rows of the table, sorted; returns how many. */
static size_t select_rows(struct groups *groups, const struct features_table *table)
{
    size_t n = 0;
    for (size_t i = 0; i < table->count; i++) {
        const struct feature_recording *row = &table->rows[i];
        if (row->status != RECORDING_OK || row->n_patches < 1)
            groups->left_out.n_failed++;
        else if (is_labeled(row))
            groups->rows[n++] = row;
        else
            groups->left_out.n_unlabeled++;
    }
    qsort(groups->rows, n, sizeof *groups->rows, compare_rows);
    return n;
}

/* -------------------------------------------------------------------------------------------- subjects */

static int same_group(const struct feature_recording *a, const struct feature_recording *b)
{
    return compare_group(&a->of, &b->of) == 0;
}

static int same_path(const struct feature_recording *a, const struct feature_recording *b)
{
    return same_group(a, b) && strcmp(a->of.path, b->of.path) == 0;
}

/* Rows from `first` on that are `same` as it. */
static size_t run_length(const struct feature_recording *const *rows, size_t n,
                         int (*same)(const struct feature_recording *, const struct feature_recording *))
{
    size_t length = 1;
    while (length < n && same(rows[0], rows[length])) length++;
    return length;
}

static enum status subject_fill(struct subject *subject, const struct feature_recording *const *rows,
                                size_t n)
{
    long long n_patches = 0;
    for (size_t i = 0; i < n; i++) n_patches += rows[i]->n_patches;
    REQUIRE(n <= INT_MAX && n_patches <= INT_MAX, ERR_INPUT, "%s: %lld patches found, at most %d expected",
            rows[0]->of.path, n_patches, INT_MAX);
    *subject = (struct subject){ .rows = rows, .n_rows = (int)n, .n_patches = (int)n_patches };
    subject->is_abnormal = strcmp(rows[0]->of.label, "abnormal") == 0;
    return OK;
}

static enum status find_subjects(struct group *group, const struct feature_recording *const *rows, size_t n)
{
    REQUIRE(n <= INT_MAX, ERR_INPUT, "%s: %zu recordings found, at most %d expected", group->name, n,
            INT_MAX);
    TRY(memory_check(group->subjects = memory_new(n, sizeof *group->subjects)));
    for (size_t i = 0; i < n;) {
        const size_t length = run_length(rows + i, n - i, same_path);
        TRY(subject_fill(&group->subjects[group->n_subjects++], rows + i, length));
        i += length;
    }
    return OK;
}

/* ------------------------------------------------------------------------------------------ duplicates */

/* By the bytes of all their rows; a row whose hash is unknown is like no other. */
static int compare_bytes(const struct subject *a, const struct subject *b)
{
    if (a->n_rows != b->n_rows) return a->n_rows < b->n_rows ? -1 : 1;
    for (int r = 0; r < a->n_rows; r++) {
        const int order = strcmp(a->rows[r]->hash, b->rows[r]->hash);
        if (order) return order;
    }
    return 0;
}

static int is_known(const struct subject *subject)
{
    for (int r = 0; r < subject->n_rows; r++)
        if (!subject->rows[r]->hash[0]) return 0;
    return 1;
}

static int compare_subjects(const void *a, const void *b)
{
    const struct subject *left = *(const struct subject *const *)a,
                         *right = *(const struct subject *const *)b;
    const int order = compare_bytes(left, right);
    return order ? order : (left > right) - (left < right);
}

/* first[i]: the first subject with the bytes of subject i. */
static enum status find_first_alike(const struct group *group, int *first)
{
    const int n = group->n_subjects;
    const struct subject **sorted = memory_new((size_t)n, sizeof *sorted);
    TRY(memory_check(sorted));
    for (int i = 0; i < n; i++) sorted[i] = &group->subjects[i];
    qsort(sorted, (size_t)n, sizeof *sorted, compare_subjects);
    for (int i = 0, run = 0; i < n; i++) {
        if (compare_bytes(sorted[run], sorted[i]) != 0 || !is_known(sorted[i])) run = i;
        first[sorted[i] - group->subjects] = (int)(sorted[run] - group->subjects);
    }
    memory_free(sorted);
    return OK;
}

/* Numbers the units and drops the subjects whose bytes have both labels: they are wrong on either side. */
static void number_units(struct group *group, const int *first, const int *has_both, int *unit_of)
{
    int kept = 0;
    for (int i = 0; i < group->n_subjects; i++) {
        if (has_both[first[i]]) continue;
        if (first[i] == i) {
            unit_of[i] = group->n_units;
            group->is_abnormal[group->n_units++] = group->subjects[i].is_abnormal;
        }
        group->subjects[kept] = group->subjects[i];
        group->unit[kept++] = unit_of[first[i]];
    }
    group->n_subjects = kept;
}

static enum status find_units(struct group *group, struct groups_left_out *left_out)
{
    const size_t n = (size_t)group->n_subjects;
    int *first = memory_new(n, sizeof *first), *has_both = memory_new(n, sizeof *has_both);
    int *unit_of = memory_new(n, sizeof *unit_of);
    group->unit = memory_new(n, sizeof *group->unit);
    group->is_abnormal = memory_new(n, sizeof *group->is_abnormal);
    enum status status = first && has_both && unit_of && group->unit && group->is_abnormal ? OK : ERR_MEMORY;
    if (status == OK) status = find_first_alike(group, first);
    if (status == OK) {
        for (size_t i = 0; i < n; i++)
            if (group->subjects[i].is_abnormal != group->subjects[first[i]].is_abnormal)
                has_both[first[i]] = 1;
        number_units(group, first, has_both, unit_of);
        left_out->n_both += (int)n - group->n_subjects;
    }
    memory_free(unit_of);
    memory_free(has_both);
    memory_free(first);
    return status;
}

/* ---------------------------------------------------------------------------------------------- groups */

static enum status group_init(struct group *group, const struct feature_recording *const *rows, size_t n,
                              struct groups_left_out *left_out)
{
    group->of = &rows[0]->of;
    recording_group(group->of, group->name);
    TRY(find_subjects(group, rows, n));
    TRY(find_units(group, left_out));
    for (int i = 0; i < group->n_subjects; i++) group->n_patches += group->subjects[i].n_patches;
    return OK;
}

static enum status find_groups(struct groups *groups, size_t n)
{
    const struct feature_recording *const *rows = groups->rows;
    TRY(memory_check(groups->items = memory_new(n, sizeof *groups->items)));
    for (size_t i = 0; i < n;) {
        const size_t length = run_length(rows + i, n - i, same_group);
        TRY(group_init(&groups->items[groups->count++], rows + i, length, &groups->left_out));
        i += length;
    }
    return OK;
}

enum status groups_init(struct groups *groups, const struct features_table *table)
{
    *groups = (struct groups){ 0 };
    TRY(memory_check(groups->rows = memory_new(table->count, sizeof *groups->rows)));
    const size_t n = select_rows(groups, table);
    REQUIRE(n > 0, ERR_INPUT,
            "no recording is labelled normal or abnormal and has features: %d failed, %d have another label "
            "or none",
            groups->left_out.n_failed, groups->left_out.n_unlabeled);
    return find_groups(groups, n);
}

void group_release(struct group *group)
{
    memory_free(group->subjects);
    memory_free(group->unit);
    memory_free(group->is_abnormal);
}

void groups_release(struct groups *groups)
{
    for (int i = 0; i < groups->count; i++) group_release(&groups->items[i]);
    memory_free(groups->items);
    memory_free(groups->rows);
    *groups = (struct groups){ 0 };
}
