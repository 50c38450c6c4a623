/* An evaluation as evaluate() would leave it: two groups, one detector, three splits each, a third group left
 * out. The names of machines and files are hostile. */
#ifndef EVALUATION_FIXTURE_H
#define EVALUATION_FIXTURE_H

#include "test.h"

#include "core/memory.h"
#include "eval/report.h"

enum { FIXTURE_SPLITS = 3, FIXTURE_TESTED = 8 };

struct fixture {
    struct feature_recording recordings[3][FIXTURE_TESTED];
    const struct feature_recording *rows[3][FIXTURE_TESTED];
    struct subject subjects[3][FIXTURE_TESTED];
    struct group groups[3];
    struct tested tested[2][FIXTURE_SPLITS][FIXTURE_TESTED];
    struct split_result results[2 * FIXTURE_SPLITS];
    struct left_out left_out;
    struct evaluation evaluation;
    struct summaries summaries;
};

static const struct option fixture_options[] = { { .name = "components",
                                                   .type = OPTION_INTEGER,
                                                   .offset = 0,
                                                   .standard = "80",
                                                   .low = 1,
                                                   .high = 1000,
                                                   .shapes = 1,
                                                   .metavar = "N",
                                                   .help = "" },
                                                 { 0 } };
static const int fixture_settings = 80;
static const struct detector fixture_detector = { .name = "gmm",
                                                  .options = fixture_options,
                                                  .settings_size = sizeof fixture_settings };
static const struct contender fixture_contender = { &fixture_detector, &fixture_settings };

static char *const fixture_machines[3] = { "fan", "a,\"b\"<i>&'", "valve" };
static char *const fixture_paths[FIXTURE_TESTED] = { "n0.wav",    "n1.wav", "<script>alert(1)</script>.wav",
                                                     "n3.wav",    "a0.wav", "a1.wav",
                                                     "a2\n&.wav", "a3.wav" };

static void fixture_group(struct fixture *f, int g)
{
    struct group *group = &f->groups[g];
    for (int i = 0; i < FIXTURE_TESTED; i++) {
        struct feature_recording *row = &f->recordings[g][i];
        row->of = (struct recording){ .path = fixture_paths[i],
                                      .root = "/data",
                                      .machine = fixture_machines[g],
                                      .id = "id_00",
                                      .snr = "-6dB",
                                      .label = i < 4 ? "normal" : "abnormal" };
        row->hash = "";
        f->rows[g][i] = row;
        f->subjects[g][i] = (struct subject){ &f->rows[g][i], 1, i >= 4, 18 };
    }
    group->of = &f->recordings[g][0].of;
    snprintf(group->name, sizeof group->name, "%s/id_00/-6dB", fixture_machines[g]);
    group->subjects = f->subjects[g];
    group->n_subjects = FIXTURE_TESTED;
}

/* Abnormal recordings score higher, but for one of the last splits. */
static void fixture_split(struct fixture *f, int g, int s)
{
    double score[FIXTURE_TESTED];
    int is_abnormal[FIXTURE_TESTED];
    struct split_result *result = &f->results[g * FIXTURE_SPLITS + s];
    *result = (struct split_result){ .group = &f->groups[g], .detector = &fixture_detector, .seed = 3 + s };
    result->counts = (struct split_counts){ .n_train = 10 - s, .n_normal = 4, .n_abnormal = 4 };
    result->tested = f->tested[g][s];
    result->n_tested = FIXTURE_TESTED;
    for (int i = 0; i < FIXTURE_TESTED; i++) {
        score[i] = s == 2 && i == 7 ? -1.0 : i + 0.25 * g;
        is_abnormal[i] = i >= 4;
        result->tested[i] = (struct tested){ &f->subjects[g][i], is_abnormal[i], score[i], NULL };
    }
    assert_ok(roc_auc(score, is_abnormal, FIXTURE_TESTED, &result->auc));
    assert_ok(roc_pauc(score, is_abnormal, FIXTURE_TESTED, PAUC_MAX_FPR, &result->pauc));
    assert_ok(roc_curve_init(&result->curve, score, is_abnormal, FIXTURE_TESTED));
}

static void fixture_init(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    for (int g = 0; g < 3; g++) fixture_group(f, g);
    for (int g = 0; g < 2; g++)
        for (int s = 0; s < FIXTURE_SPLITS; s++) fixture_split(f, g, s);
    f->left_out = (struct left_out){ &f->groups[2], NULL, "1 normal & 1 abnormal <are> too few" };
    f->evaluation.groups = (struct groups){ .items = f->groups, .count = 3 };
    f->evaluation.results = f->results;
    f->evaluation.n_results = 2 * FIXTURE_SPLITS;
    f->evaluation.left_out = &f->left_out;
    f->evaluation.n_left_out = 1;
    assert_ok(summaries_init(&f->summaries, &f->evaluation));
}

static void fixture_release(struct fixture *f)
{
    for (int i = 0; i < 2 * FIXTURE_SPLITS; i++) roc_curve_release(&f->results[i].curve);
    summaries_release(&f->summaries);
}

/* A whole file as text, free() it. */
static char *read_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    const long size = ftell(file);
    rewind(file);
    char *text = calloc((size_t)size + 1, 1);
    assert_int_equal(fread(text, 1, (size_t)size, file), size);
    fclose(file);
    return text;
}

#endif
