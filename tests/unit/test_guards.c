/* Signs of silent wrongness: what is counted, what is not, and which recording is named. */
#include "test.h"

#include "io/features.h"
#include "io/guards.h"

/* What matters of a row; zeros are as usual. */
struct case_row {
    const char *path, *machine, *hash;
    int channel, sample_rate;
    long long samples;
    struct level level;
    uint64_t features;
};

enum { SECOND = 16000 };

/* What a case does not tell is a usual recording's. */
static struct case_row complete(struct case_row row)
{
    if (!row.machine) row.machine = "fan";
    if (row.sample_rate == 0) row.sample_rate = SECOND;
    if (row.samples == 0) row.samples = 10 * SECOND;
    if (row.level.rms_dbfs == 0) row.level = (struct level){ .rms_dbfs = -30, .peak = 0.2, .dc = 0.001 };
    return row;
}

/* 32 digits that end with this one. */
#define HASH(digit) "0123456789abcdef0123456789abcde" digit

static struct guards count(const struct case_row *cases, int n)
{
    struct guard_watch *watch;
    struct guards guards;
    assert_ok(guard_watch_open(&watch));
    for (int i = 0; i < n; i++) {
        const struct case_row all = complete(cases[i]), *c = &all;
        const struct feature_recording row = { .of = { .path = (char *)c->path,
                                                       .machine = (char *)c->machine },
                                               .channel = c->channel,
                                               .sample_rate = c->sample_rate,
                                               .samples = c->samples,
                                               .level = c->level,
                                               .hash = (char *)c->hash };
        assert_ok(guard_watch_add(watch, i, &row, (const uint64_t[]){ c->features, 1 }));
    }
    guard_watch_finish(watch, &guards);
    for (int i = 0; i < n; i++) guard_watch_name(watch, i, cases[i].path, &guards);
    guard_watch_close(&watch);
    assert_int_equal(guards.is_known, 1);
    return guards;
}

/* That guard found so many, the first of them there; the others nothing. */
static void assert_only(const struct guards *guards, enum guard guard, int n, const char *example)
{
    for (int g = 0; g < N_GUARDS; g++) {
        const int is_it = g == (int)guard;
        if (guards->count[g] != (is_it ? n : 0))
            fail_msg("%s: %lld found, expected %d", guard_name((enum guard)g), guards->count[g],
                     is_it ? n : 0);
        assert_string_equal(guards->example[g], is_it ? example : "");
    }
}

static void test_nothing_to_tell(void **state)
{
    (void)state;
    static const struct case_row rows[] = {
        { .path = "a", .hash = HASH("1"), .features = 1 },
        { .path = "b", .hash = HASH("2"), .features = 2 },
        { .path = "c", .hash = HASH("3"), .features = 3, .samples = 10 * SECOND + 100 },
        { .path = "d", .hash = "", .features = 4 },
        { .path = "e", .hash = "", .features = 5 },
        { .path = "f",
          .hash = HASH("6"),
          .features = 6,
          .level = { .rms_dbfs = (double)NAN, .peak = (double)NAN, .dc = (double)NAN } },
    };
    struct guards guards = count(rows, 6);
    char words[700];
    assert_only(&guards, N_GUARDS, 0, "");
    for (int g = 0; g < N_GUARDS; g++)
        assert_int_equal(guard_words(&guards, (enum guard)g, words, sizeof words), 0);
    guards = count(rows, 0);
    assert_only(&guards, N_GUARDS, 0, "");
}

/* A sound, one step of a limit to either side. */
static void test_levels(void **state)
{
    (void)state;
    static const struct {
        struct level level;
        enum guard guard; /* N_GUARDS: none */
    } cases[] = {
        { { .rms_dbfs = -INFINITY, .peak = 0, .dc = 0 }, GUARD_SILENT },
        { { .rms_dbfs = -90.4, .peak = 1e-4, .dc = 0 }, GUARD_SILENT },
        { { .rms_dbfs = -90.2, .peak = 1e-4, .dc = 0 }, N_GUARDS },
        { { .rms_dbfs = -20, .peak = 0.1, .dc = 0.1 }, GUARD_SILENT }, /* nothing but the offset */
        { { .rms_dbfs = -20, .peak = 0.5, .dc = 0.0099 }, N_GUARDS },
        { { .rms_dbfs = -20, .peak = 0.5, .dc = -0.0101 }, GUARD_OFFSET },
        { { .rms_dbfs = -60, .peak = 0.01, .dc = 0.0008 }, GUARD_OFFSET }, /* of 0.001, 0.0006 are sound */
        { { .rms_dbfs = -60, .peak = 0.01, .dc = 0.0006 }, N_GUARDS },
        { { .rms_dbfs = -3, .peak = 1, .dc = 0, .clipped = 16 }, N_GUARDS },
        { { .rms_dbfs = -3, .peak = 1, .dc = 0, .clipped = 17 }, GUARD_CLIPPED },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct case_row row = { .path = "x/y.wav", .hash = HASH("1"), .features = 1 };
        row.level = cases[i].level;
        const struct guards guards = count(&row, 1);
        assert_only(&guards, cases[i].guard, 1, "x/y.wav");
    }
}

static void test_same_samples(void **state)
{
    (void)state;
    static const struct case_row rows[] = {
        { .path = "a", .hash = HASH("1"), .features = 1 },
        { .path = "a", .hash = HASH("1"), .features = 1, .channel = 1 }, /* of the same recording */
        { .path = "b", .hash = HASH("2"), .features = 2 },
        { .path = "c", .hash = HASH("1"), .features = 1 },
        { .path = "d", .hash = HASH("2"), .features = 2 },
        { .path = "e", .hash = HASH("2"), .features = 2 },
    };
    const struct guards guards = count(rows, 6);
    char words[700];
    assert_only(&guards, GUARD_SAME_SAMPLES, 3, "c");
    assert_int_equal(guard_words(&guards, GUARD_SAME_SAMPLES, words, sizeof words), 1);
    assert_string_equal(words, "3 recordings have the samples of one before them; the first is c");
}

static void test_same_features(void **state)
{
    (void)state;
    static const struct case_row rows[] = {
        { .path = "a", .hash = HASH("1"), .features = 7 },
        { .path = "b", .hash = HASH("2"), .features = 2 },
        { .path = "c", .hash = HASH("3"), .features = 7 },
    };
    const struct guards guards = count(rows, 3);
    char words[700];
    assert_only(&guards, GUARD_SAME_FEATURES, 1, "c");
    assert_int_equal(guard_words(&guards, GUARD_SAME_FEATURES, words, sizeof words), 1);
    assert_string_equal(words, "1 recording has the features of one before it, from other samples: c");
}

static void test_lengths(void **state)
{
    (void)state;
    struct case_row rows[] = {
        { .path = "a", .hash = HASH("1"), .features = 1 },
        { .path = "b", .hash = HASH("2"), .features = 2, .samples = 9 * SECOND },
        { .path = "c", .hash = HASH("3"), .features = 3 },
        { .path = "d", .hash = HASH("4"), .features = 4, .samples = 12 * SECOND },
        { .path = "e", .hash = HASH("5"), .features = 5, .machine = "pump", .samples = 5 * SECOND },
        { .path = "f", .hash = HASH("6"), .features = 6, .machine = "pump", .samples = 6 * SECOND },
    };
    struct guards guards = count(rows, 6);
    assert_only(&guards, GUARD_LENGTH, 2, "b");
    rows[2].samples = 8 * SECOND; /* no length is usual any more */
    guards = count(rows, 6);
    assert_only(&guards, N_GUARDS, 0, "");
}

static void test_rates(void **state)
{
    (void)state;
    static const struct case_row rows[] = {
        { .path = "a", .hash = HASH("1"), .features = 1, .sample_rate = 48000, .samples = 480000 },
        { .path = "b", .hash = HASH("2"), .features = 2 },
        { .path = "c", .hash = HASH("3"), .features = 3 },
        { .path = "d", .hash = HASH("4"), .features = 4, .sample_rate = 8000, .samples = 80000 },
        { .path = "e", .hash = HASH("5"), .features = 5 },
    };
    const struct guards guards = count(rows, 5);
    assert_only(&guards, GUARD_RATE, 2, "a");
}

static void test_telling(void **state)
{
    (void)state;
    struct guards guards = { .is_known = 1, .count = { [GUARD_CONSTANT] = 4 }, .example = { "a\"b" } };
    json_t *json = guards_json(&guards);
    assert_int_equal(json_object_size(json), N_GUARDS);
    const json_t *constant = json_object_get(json, "constant_columns"),
                 *silent = json_object_get(json, "silent");
    assert_int_equal(json_integer_value(json_object_get(constant, "count")), 4);
    assert_string_equal(json_string_value(json_object_get(silent, "example")), "a\"b");
    json_decref(json);
    char words[700];
    guards.columns = 9;
    assert_int_equal(guard_words(&guards, GUARD_CONSTANT, words, sizeof words), 0);
    guards.columns = 8;
    assert_int_equal(guard_words(&guards, GUARD_CONSTANT, words, sizeof words), 1);
    assert_string_equal(words, "4 columns of the features have the same value in all rows");
    guards.is_known = 0;
    json = guards_json(&guards);
    assert_true(json_is_null(json));
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_to_tell), cmocka_unit_test(test_levels),
        cmocka_unit_test(test_same_samples),    cmocka_unit_test(test_same_features),
        cmocka_unit_test(test_lengths),         cmocka_unit_test(test_rates),
        cmocka_unit_test(test_telling),
    };
    return cmocka_run_group_tests_name("guards", tests, NULL, NULL);
}
