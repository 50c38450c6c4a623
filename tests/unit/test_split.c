/* Splits: too few recordings first, then counts, and that nothing of one recording is on both sides. */
#include "test.h"

#include "core/memory.h"
#include "eval/groups.h"

/* A table of recordings, written as the feature file's reader would fill it. */
static struct features_table table;

static void add(const char *machine, const char *path, const char *label, int channel, const char *hash)
{
    assert_ok(memory_grow((void **)&table.rows, &table.capacity, table.count, sizeof *table.rows));
    struct feature_recording *row = &table.rows[table.count];
    char *const texts[] = { memory_text(machine), memory_text(path), memory_text(label),
                            memory_text(hash),    memory_text(""),   memory_text("0dB") };
    *row = (struct feature_recording){ .channel = channel,
                                       .n_patches = 18,
                                       .first_patch = 18 * (long long)table.count };
    row->of = (struct recording){
        .machine = texts[0], .path = texts[1], .label = texts[2], .id = texts[4], .snr = texts[5]
    };
    row->hash = texts[3];
    table.count++;
}

/* n recordings "prefix-000.wav" …, each different from all others. */
static void add_many(const char *machine, const char *label, int n)
{
    for (int i = 0; i < n; i++) {
        char path[64], hash[80];
        snprintf(path, sizeof path, "%s-%03d.wav", label, i);
        snprintf(hash, sizeof hash, "%s-%s", machine, path);
        add(machine, path, label, 0, hash);
    }
}

static int empty_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < table.count; i++) {
        struct feature_recording *row = &table.rows[i];
        char *const texts[] = { row->of.machine, row->of.path, row->of.label,
                                row->of.id,      row->of.snr,  row->hash };
        for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) memory_free(texts[t]);
    }
    memory_free(table.rows);
    table = (struct features_table){ 0 };
    return 0;
}

static enum status split(const struct group *group, int held_out, uint64_t seed, enum side *side,
                         struct split_counts *counts)
{
    const struct split_set set = { group->unit, group->n_subjects, group->is_abnormal, group->n_units };
    return split_paper(&set, held_out, seed, side, counts);
}

/* --------------------------------------------------------------------------------------------- too few */

static void refuses_a_table_without_labels(void **state)
{
    (void)state;
    struct groups groups;
    add("fan", "a.wav", "", 0, "");
    add("fan", "b.wav", "broken", 0, "");
    add("fan", "c.wav", "normal", 0, "");
    table.rows[2].status = RECORDING_FAILED;
    assert_fails(groups_init(&groups, &table), ERR_INPUT, "1 failed, 2 have another label");
    groups_release(&groups);
}

static void knows_when_there_are_too_few(void **state)
{
    (void)state;
    static const struct {
        int n_normal, n_abnormal, is_enough;
    } cases[] = {
        { 1, 1, 0 }, { 2, 1, 0 }, { 3, 1, 1 }, { 3, 0, 0 }, { 0, 3, 0 }, { 12, 12, 1 }, { 4, 2, 1 }
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct groups groups;
        struct split_counts counts;
        enum side side[32];
        print_message("%d + %d\n", cases[i].n_normal, cases[i].n_abnormal);
        add_many("fan", "normal", cases[i].n_normal);
        add_many("fan", "abnormal", cases[i].n_abnormal);
        assert_ok(groups_init(&groups, &table));
        if (cases[i].is_enough)
            assert_ok(split(&groups.items[0], 150, 0, side, &counts));
        else
            assert_fails(split(&groups.items[0], 150, 0, side, &counts), ERR_INPUT, "are too few");
        groups_release(&groups);
        empty_table(NULL);
    }
}

/* Six copies of one recording are one thing to hold out or to train on. */
static void says_where_copies_leave_too_few(void **state)
{
    (void)state;
    struct groups groups;
    struct split_counts counts;
    enum side side[16];
    add_many("fan", "abnormal", 6);
    for (int i = 0; i < 6; i++) {
        char path[16];
        snprintf(path, sizeof path, "copy%d.wav", i);
        add("fan", path, "normal", 0, "the same bytes");
    }
    assert_ok(groups_init(&groups, &table));
    assert_fails(split(&groups.items[0], 150, 0, side, &counts), ERR_INPUT,
                 "6 normal and 6 abnormal recordings (1 and 6 but for copies, which stay on one side)");
    groups_release(&groups);
}

/* ---------------------------------------------------------------------------------------------- counts */

static void holds_out_what_the_paper_does(void **state)
{
    (void)state;
    static const struct {
        int n_normal, n_abnormal, held_out, train, tested;
    } cases[] = { { 12, 12, 4, 8, 4 },          { 12, 12, 150, 6, 6 },        { 13, 40, 150, 7, 6 },
                  { 1011, 407, 150, 861, 150 }, { 1006, 143, 150, 863, 143 }, { 534, 89, 150, 445, 89 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct groups groups;
        struct split_counts counts;
        static enum side side[2000];
        int on_side[3] = { 0 };
        add_many("fan", "normal", cases[i].n_normal);
        add_many("fan", "abnormal", cases[i].n_abnormal);
        assert_ok(groups_init(&groups, &table));
        const struct group *group = &groups.items[0];
        assert_ok(split(group, cases[i].held_out, 3, side, &counts));
        for (int s = 0; s < group->n_subjects; s++) {
            on_side[side[s]]++;
            assert_false(group->subjects[s].is_abnormal && side[s] == SIDE_TRAIN);
            assert_false(!group->subjects[s].is_abnormal && side[s] == SIDE_NONE);
        }
        assert_int_equal(counts.n_train, cases[i].train);
        assert_int_equal(counts.n_normal, cases[i].tested);
        assert_int_equal(counts.n_abnormal, cases[i].tested);
        assert_int_equal(on_side[SIDE_TRAIN], cases[i].train);
        assert_int_equal(on_side[SIDE_TEST], 2 * cases[i].tested);
        groups_release(&groups);
        empty_table(NULL);
    }
}

static void same_seed_same_sides(void **state)
{
    (void)state;
    struct groups groups;
    struct split_counts counts;
    enum side first[60], again[60], other[60];
    add_many("fan", "normal", 40);
    add_many("fan", "abnormal", 20);
    assert_ok(groups_init(&groups, &table));
    assert_ok(split(&groups.items[0], 10, 5, first, &counts));
    assert_ok(split(&groups.items[0], 10, 5, again, &counts));
    assert_ok(split(&groups.items[0], 10, 6, other, &counts));
    assert_memory_equal(first, again, sizeof first);
    assert_memory_not_equal(first, other, sizeof first);
    groups_release(&groups);
}

/* Over many seeds every recording is held out about as often as any other. */
static void every_recording_has_its_turn(void **state)
{
    (void)state;
    enum { SEEDS = 2000 };
    struct groups groups;
    struct split_counts counts;
    enum side side[30];
    int held_out[30] = { 0 };
    add_many("fan", "normal", 20);
    add_many("fan", "abnormal", 10);
    assert_ok(groups_init(&groups, &table));
    for (int seed = 0; seed < SEEDS; seed++) {
        assert_ok(split(&groups.items[0], 5, (uint64_t)seed, side, &counts));
        for (int s = 0; s < 30; s++) held_out[s] += side[s] == SIDE_TEST;
    }
    for (int s = 0; s < 30; s++) {
        const double share = groups.items[0].subjects[s].is_abnormal ? 0.5 : 0.25;
        /* five standard deviations of a binomial share */
        assert_near((double)held_out[s] / SEEDS, share, 5 * sqrt(share * (1 - share) / SEEDS));
    }
    groups_release(&groups);
}

/* --------------------------------------------------------------------------------------------- no leak */

static void channels_are_one_recording(void **state)
{
    (void)state;
    struct groups groups;
    for (int i = 0; i < 12; i++)
        for (int channel = 0; channel < 8; channel++) {
            char path[32], hash[32];
            snprintf(path, sizeof path, "normal-%d.wav", i);
            /* channel 3 is dead in all recordings: that makes no two of them duplicates */
            snprintf(hash, sizeof hash, channel == 3 ? "silence" : "%d-%d", i, channel);
            add("fan", path, "normal", channel, hash);
        }
    add_many("fan", "abnormal", 3);
    assert_ok(groups_init(&groups, &table));
    assert_int_equal(groups.count, 1);
    assert_int_equal(groups.items[0].n_subjects, 15);
    assert_int_equal(groups.items[0].n_units, 15);
    assert_int_equal(groups.items[0].n_patches, (12 * 8 + 3) * 18);
    for (int s = 0; s < 15; s++) {
        const struct subject *subject = &groups.items[0].subjects[s];
        assert_int_equal(subject->n_rows, subject->is_abnormal ? 1 : 8);
        for (int r = 0; r < subject->n_rows; r++)
            assert_string_equal(subject->rows[r]->of.path, subject->rows[0]->of.path);
    }
    groups_release(&groups);
}

/* Recordings 0 and 7, and 2, 3 and 11 hold the same bytes. */
static void duplicates_stay_together(void **state)
{
    (void)state;
    static const char *const bytes[12] = { "A", "b", "C", "C", "e", "f", "g", "A", "i", "j", "", "C" };
    struct groups groups;
    struct split_counts counts;
    enum side side[20];
    for (int i = 0; i < 12; i++) {
        char path[32];
        snprintf(path, sizeof path, "normal-%02d.wav", i);
        add("fan", path, "normal", 0, bytes[i]);
    }
    add("fan", "normal-12.wav", "normal", 0, ""); /* unknown bytes are like no other's */
    add_many("fan", "abnormal", 7);
    assert_ok(groups_init(&groups, &table));
    assert_int_equal(groups.items[0].n_subjects, 20);
    assert_int_equal(groups.items[0].n_units, 17);
    for (int seed = 0; seed < 200; seed++) {
        assert_ok(split(&groups.items[0], 4, (uint64_t)seed, side, &counts));
        /* abnormal recordings come first, by their path */
        const enum side *normal = side + 7;
        assert_int_equal(normal[0], normal[7]);
        assert_int_equal(normal[2], normal[3]);
        assert_int_equal(normal[2], normal[11]);
        assert_int_equal(counts.n_train + counts.n_normal, 13);
        assert_int_equal(counts.n_normal, 4);
        assert_int_equal(counts.n_abnormal, 4);
    }
    groups_release(&groups);
}

static void same_bytes_under_both_labels_are_left_out(void **state)
{
    (void)state;
    struct groups groups;
    add_many("fan", "normal", 5);
    add_many("fan", "abnormal", 5);
    add("fan", "x.wav", "normal", 0, "both");
    add("fan", "y.wav", "abnormal", 0, "both");
    add("fan", "z.wav", "normal", 0, "both");
    assert_ok(groups_init(&groups, &table));
    assert_int_equal(groups.left_out.n_both, 3);
    assert_int_equal(groups.items[0].n_subjects, 10);
    for (int s = 0; s < 10; s++)
        assert_null(strstr("xyz", (char[]){ groups.items[0].subjects[s].rows[0]->of.path[0], 0 }));
    groups_release(&groups);
}

static void groups_are_sorted_apart(void **state)
{
    (void)state;
    struct groups groups;
    add_many("valve", "normal", 3);
    add_many("fan", "abnormal", 2);
    add_many("valve", "abnormal", 2);
    add_many("fan", "normal", 3);
    add("fan", "failed.wav", "normal", 0, "q");
    table.rows[table.count - 1].status = RECORDING_FAILED;
    assert_ok(groups_init(&groups, &table));
    assert_int_equal(groups.count, 2);
    assert_string_equal(groups.items[0].name, "fan/0dB");
    assert_string_equal(groups.items[1].name, "valve/0dB");
    assert_int_equal(groups.items[0].n_subjects, 5);
    assert_int_equal(groups.left_out.n_failed, 1);
    groups_release(&groups);
}

static void shuffling_keeps_how_many(void **state)
{
    (void)state;
    int labels[50] = { 0 }, shuffled[50], again[50], n_abnormal = 0, n_moved = 0;
    for (int i = 0; i < 20; i++) labels[i] = 1;
    assert_ok(split_shuffle_labels(labels, 50, 1, shuffled));
    assert_ok(split_shuffle_labels(labels, 50, 1, again));
    assert_memory_equal(shuffled, again, sizeof shuffled);
    for (int i = 0; i < 50; i++) {
        n_abnormal += shuffled[i];
        n_moved += shuffled[i] != labels[i];
    }
    assert_int_equal(n_abnormal, 20);
    assert_true(n_moved > 10);
}

static void finds_the_file_again(void **state)
{
    (void)state;
    static const char *const cases[][3] = { { "a/b.wav", "/data", "/data/a/b.wav" },
                                            { "a/b.wav", "", "a/b.wav" },
                                            { "/x/b.wav", "/data", "/x/b.wav" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[16], root[16];
        snprintf(path, sizeof path, "%s", cases[i][0]);
        snprintf(root, sizeof root, "%s", cases[i][1]);
        char *file = recording_file(&(struct recording){ .path = path, .root = root });
        assert_string_equal(file, cases[i][2]);
        memory_free(file);
    }
}

#define WITH_TABLE(test) cmocka_unit_test_teardown(test, empty_table)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TABLE(refuses_a_table_without_labels),
        WITH_TABLE(knows_when_there_are_too_few),
        WITH_TABLE(says_where_copies_leave_too_few),
        WITH_TABLE(holds_out_what_the_paper_does),
        WITH_TABLE(same_seed_same_sides),
        WITH_TABLE(every_recording_has_its_turn),
        WITH_TABLE(channels_are_one_recording),
        WITH_TABLE(duplicates_stay_together),
        WITH_TABLE(same_bytes_under_both_labels_are_left_out),
        WITH_TABLE(groups_are_sorted_apart),
        cmocka_unit_test(shuffling_keeps_how_many),
        cmocka_unit_test(finds_the_file_again),
    };
    return cmocka_run_group_tests_name("split", tests, NULL, NULL);
}
