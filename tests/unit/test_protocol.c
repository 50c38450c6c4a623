/* Protocols: groups that cannot be shared out first, then who lies on which side, and what DCASE's recordings
 * without labels do. The paper's draws are in unit.split. */
#include "test.h"

#include "core/memory.h"
#include "eval/protocol.h"

static struct features_table table;

/* A recording as the feature file's reader would fill it, known by its path alone. */
static void add_hashed(const char *path, const char *hash)
{
    char absolute[256];
    assert_ok(memory_grow((void **)&table.rows, &table.capacity, table.count, sizeof *table.rows));
    struct feature_recording *row = &table.rows[table.count++];
    *row = (struct feature_recording){ .n_patches = 3 };
    snprintf(absolute, sizeof absolute, "/data/%s", path);
    assert_ok(recording_parse(&row->of, absolute));
    row->of.path = memory_text(path);
    row->of.root = memory_text("/data");
    row->of.file = memory_text("");
    row->hash = memory_text(hash);
    row->error = memory_text("");
}

static void add(const char *path)
{
    add_hashed(path, "");
}

/* n recordings "<folder>/<first>.wav" … */
static void add_many(const char *folder, int first, int n)
{
    for (int i = first; i < first + n; i++) {
        char path[200];
        snprintf(path, sizeof path, "%s%08d.wav", folder, i);
        add(path);
    }
}

static int empty_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < table.count; i++) feature_recording_release(&table.rows[i]);
    memory_free(table.rows);
    table = (struct features_table){ 0 };
    return 0;
}

static const struct protocol *protocol_named(const char *name)
{
    for (int i = 0; protocol_number(i); i++)
        if (strcmp(protocol_number(i)->name, name) == 0) return protocol_number(i);
    fail_msg("no protocol is called %s", name);
    return NULL;
}

enum { MOST = 64 };

struct shared_out {
    struct groups groups;
    enum side side[MOST];
    struct split_counts counts;
};

/* Shares the first group out. */
static enum status share(const char *name, struct shared_out *out)
{
    const struct protocol *protocol = protocol_named(name);
    TRY(protocol->is_official ? groups_init_official(&out->groups, &table)
                              : groups_init(&out->groups, &table));
    const struct group *group = &out->groups.items[0];
    assert_true(group->n_subjects <= MOST);
    const struct split_request request = { group->is_abnormal, 150, 0 };
    return protocol->split(group, &request, out->side, &out->counts);
}

/* The side of the recording whose path ends so. */
static enum side side_of(const struct shared_out *out, const char *ending)
{
    const struct group *group = &out->groups.items[0];
    for (int s = 0; s < group->n_subjects; s++) {
        const char *path = group->subjects[s].rows[0]->of.path;
        const size_t length = strlen(path), n = strlen(ending);
        if (length >= n && strcmp(path + length - n, ending) == 0) return out->side[s];
    }
    fail_msg("no recording ends in %s", ending);
    return SIDE_NONE;
}

/* --------------------------------------------------------------------------------------------- too few */

static void refuses_groups_that_cannot_be_shared_out(void **state)
{
    (void)state;
    static const struct {
        const char *protocol, *folders[3];
        int n[3];
        const char *words;
    } cases[] = {
        { "mimii-baseline",
          { "0dB/fan/id_00/normal/", "0dB/fan/id_00/abnormal/" },
          { 4, 4 },
          "at least 2 normal ones must be left" },
        { "mimii-baseline", { "0dB/fan/id_00/normal/" }, { 4 }, "4 normal and 0 abnormal" },
        { "dcase2020",
          { "fan/train/normal_id_00_" },
          { 5 },
          "5 normal recordings lie in a train folder and 0" },
        { "dcase2020",
          { "fan/train/normal_id_00_", "fan/test/anomaly_id_00_" },
          { 1, 5 },
          "1 normal recordings lie in a train folder and 5" },
        { "dcase2020",
          { "0dB/fan/id_00/normal/", "0dB/fan/id_00/abnormal/" },
          { 9, 9 },
          "0 normal recordings lie in a train folder and 0" },
        { "dcase", { "fan/test/section_00_" }, { 3 }, "0 normal recordings lie in a train folder and 3" },
        { "dcase",
          { "fan/train/section_00_source_train_anomaly_", "fan/test/section_00_" },
          { 3, 3 },
          "0 normal recordings lie in a train folder and 3" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct shared_out out = { 0 };
        for (int f = 0; f < 3 && cases[i].folders[f]; f++) add_many(cases[i].folders[f], 0, cases[i].n[f]);
        assert_fails(share(cases[i].protocol, &out), ERR_INPUT, cases[i].words);
        groups_release(&out.groups);
        empty_table(NULL);
    }
}

/* ---------------------------------------------------------------------------------------------- mimii */

static void first_normal_ones_are_tested(void **state)
{
    (void)state;
    struct shared_out out = { 0 };
    add_many("0dB/fan/id_00/abnormal/", 0, 3);
    add_many("0dB/fan/id_00/normal/", 0, 9);
    assert_ok(share("mimii-baseline", &out));
    assert_int_equal(out.counts.n_train, 6);
    assert_int_equal(out.counts.n_normal, 3);
    assert_int_equal(out.counts.n_abnormal, 3);
    for (int i = 0; i < 9; i++) {
        char ending[64];
        snprintf(ending, sizeof ending, "/normal/%08d.wav", i);
        assert_int_equal(side_of(&out, ending), i < 3 ? SIDE_TEST : SIDE_TRAIN);
        snprintf(ending, sizeof ending, "/abnormal/%08d.wav", i);
        if (i < 3) assert_int_equal(side_of(&out, ending), SIDE_TEST);
    }
    groups_release(&out.groups);
}

/* Recordings 0 and 5 are the same bytes, so both are tested, and one less of the others; 1, 3 and 4 are too
 * many for what is left. */
static void duplicates_lie_where_the_first_does(void **state)
{
    (void)state;
    static const char *const bytes[] = { "A", "B", "c", "B", "B", "A", "g", "h" };
    struct shared_out out = { 0 };
    add_many("0dB/fan/id_00/abnormal/", 0, 4);
    for (int i = 0; i < 8; i++) {
        char path[64];
        snprintf(path, sizeof path, "0dB/fan/id_00/normal/%08d.wav", i);
        add_hashed(path, bytes[i]);
    }
    assert_ok(share("mimii-baseline", &out));
    static const enum side expected[] = { SIDE_TEST,  SIDE_TRAIN, SIDE_TEST, SIDE_TRAIN,
                                          SIDE_TRAIN, SIDE_TEST,  SIDE_TEST, SIDE_TRAIN };
    for (int i = 0; i < 8; i++) {
        char ending[64];
        snprintf(ending, sizeof ending, "/normal/%08d.wav", i);
        assert_int_equal(side_of(&out, ending), expected[i]);
    }
    assert_int_equal(out.counts.n_normal, 4);
    assert_int_equal(out.counts.n_abnormal, 4);
    groups_release(&out.groups);
}

/* ---------------------------------------------------------------------------------------------- DCASE */

static void folders_say_the_side(void **state)
{
    (void)state;
    static const struct {
        const char *protocol, *path;
        enum side side;
    } cases[] = {
        { "dcase2020", "dev_data/ToyCar/train/normal_id_01_00000007.wav", SIDE_TRAIN },
        { "dcase2020", "dev_data/ToyCar/test/normal_id_01_00000008.wav", SIDE_TEST },
        { "dcase2020", "dev_data/ToyCar/test/anomaly_id_01_00000009.wav", SIDE_TEST },
        { "dcase2020", "eval_data/ToyCar/test/id_01_00000010.wav", SIDE_TEST },
        { "dcase", "dev_data/fan/train/section_00_source_train_normal_0000_m-n_W.wav", SIDE_TRAIN },
        { "dcase", "dev_data/fan/train/section_00_target_train_normal_0001_m-n_W.wav", SIDE_TRAIN },
        { "dcase", "dev_data/fan/test/section_00_source_test_normal_0002_m-n_W.wav", SIDE_TEST },
        { "dcase", "dev_data/fan/test/section_00_target_test_anomaly_0003_m-n_W.wav", SIDE_TEST },
        { "dcase", "dev_data/fan/source_test/section_00_source_test_normal_0004.wav", SIDE_TEST },
        { "dcase", "dev_data/fan/target_test/section_00_target_test_anomaly_0005.wav", SIDE_TEST },
        { "dcase", "eval_data/fan/test/section_00_0006.wav", SIDE_TEST },
        { "dcase", "dev_data/fan/supplemental/section_00_source_supplemental_normal_0007.wav", SIDE_NONE },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int is_2020 = strcmp(cases[i].protocol, "dcase2020") == 0;
        struct shared_out out = { 0 };
        add_many(is_2020 ? "dev_data/ToyCar/train/normal_id_01_9"
                         : "dev_data/fan/train/section_00_source_train_normal_9",
                 0, 2);
        add_many(is_2020 ? "dev_data/ToyCar/test/normal_id_01_9" : "dev_data/fan/test/section_00_9", 0, 1);
        add(cases[i].path);
        assert_ok(share(cases[i].protocol, &out));
        print_message("%s\n", cases[i].path);
        assert_int_equal(out.groups.count, 1);
        assert_int_equal(side_of(&out, cases[i].path), cases[i].side);
        assert_int_equal(out.counts.n_train, 2 + (cases[i].side == SIDE_TRAIN));
        groups_release(&out.groups);
        empty_table(NULL);
    }
}

/* They take part where a challenge says so, and nowhere else. */
static void unlabelled_recordings_are_tested_not_judged(void **state)
{
    (void)state;
    struct shared_out out = { 0 };
    struct groups labelled;
    add_many("eval_data/fan/train/normal_id_01_", 0, 5);
    add_many("eval_data/fan/test/id_01_", 0, 4);
    assert_ok(groups_init(&labelled, &table));
    assert_int_equal(labelled.items[0].n_subjects, 5);
    assert_int_equal(labelled.left_out.n_unlabeled, 4);
    groups_release(&labelled);
    assert_ok(share("dcase2020", &out));
    assert_int_equal(out.groups.left_out.n_unlabeled, 0);
    assert_int_equal(out.counts.n_train, 5);
    assert_int_equal(out.counts.n_normal + out.counts.n_abnormal, 0);
    assert_int_equal(out.counts.n_unlabeled, 4);
    for (int s = 0; s < 9; s++)
        assert_int_equal(out.groups.items[0].subjects[s].is_abnormal,
                         out.side[s] == SIDE_TEST ? LABEL_UNKNOWN : 0);
    groups_release(&out.groups);
}

/* A submission must have a line for each of them. */
static void official_recordings_stay_whatever_their_bytes(void **state)
{
    (void)state;
    struct shared_out out = { 0 };
    add_hashed("fan/train/normal_id_01_00000000.wav", "same");
    add_hashed("fan/train/normal_id_01_00000001.wav", "other");
    add_hashed("fan/test/normal_id_01_00000002.wav", "same");
    add_hashed("fan/test/anomaly_id_01_00000003.wav", "same");
    add_hashed("fan/test/id_01_00000004.wav", "same");
    assert_ok(share("dcase2020", &out));
    assert_int_equal(out.groups.left_out.n_both, 0);
    assert_int_equal(out.groups.items[0].n_units, 5);
    assert_int_equal(out.counts.n_train, 2);
    assert_int_equal(out.counts.n_normal, 1);
    assert_int_equal(out.counts.n_abnormal, 1);
    assert_int_equal(out.counts.n_unlabeled, 1);
    groups_release(&out.groups);
}

/* ----------------------------------------------------------------------------------------------- list */

static void the_list_is_consistent(void **state)
{
    (void)state;
    assert_null(protocol_number(-1));
    assert_ptr_equal(protocol_number(0), &protocol_paper);
    assert_true(protocol_paper.is_random && !protocol_paper.write);
    int n = 0;
    for (; protocol_number(n); n++) {
        const struct protocol *protocol = protocol_number(n);
        assert_non_null(protocol->split);
        assert_true(protocol->is_random || protocol->write);
        assert_true(!protocol->decides || protocol->is_official);
    }
    assert_int_equal(n, 4);
    char names[128] = "";
    for (int i = 0; i < n; i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? "|" : "",
                 protocol_number(i)->name);
    assert_string_equal(names, PROTOCOL_CHOICES);
}

#define WITH_TABLE(test) cmocka_unit_test_teardown(test, empty_table)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TABLE(refuses_groups_that_cannot_be_shared_out),
        WITH_TABLE(first_normal_ones_are_tested),
        WITH_TABLE(duplicates_lie_where_the_first_does),
        WITH_TABLE(folders_say_the_side),
        WITH_TABLE(unlabelled_recordings_are_tested_not_judged),
        WITH_TABLE(official_recordings_stay_whatever_their_bytes),
        cmocka_unit_test(the_list_is_consistent),
    };
    return cmocka_run_group_tests_name("protocol", tests, NULL, NULL);
}
