/* Official files: names that clash and folders that cannot be written first, then tables of data sets whose
 * files are read by tests/official.py as the public evaluators read them. */
#include "test.h"

#include "core/memory.h"
#include "core/output.h"
#include "core/rng.h"
#include "eval/official.h"
#include "eval/official_table.h"

#include <math.h>
#include <sys/wait.h>

static char folder[64];

/* --------------------------------------------------------------------------------------- a data set */

enum { MOST_SECTIONS = 6, MOST_RECORDINGS = 60 };

struct data_set {
    struct official_section sections[MOST_SECTIONS];
    struct official_recording recordings[MOST_SECTIONS][MOST_RECORDINGS];
    char files[MOST_SECTIONS][MOST_RECORDINGS][64];
    int n;
    struct rng rng;
};

static struct official_section *add_section(struct data_set *set, const char *machine, const char *id)
{
    struct official_section *section = &set->sections[set->n];
    *section = (struct official_section){ machine, id, "", set->recordings[set->n], 0 };
    set->n++;
    return section;
}

/* n recordings more; `name` has their label and domain as the data sets do, and their score grows by `shift`
 * where they are abnormal. */
static void add(struct data_set *set, const char *test_folder, const char *name, int n, double shift)
{
    struct official_section *section = &set->sections[set->n - 1];
    const int is_abnormal = strstr(name, "anomaly") ? 1 : strstr(name, "normal") ? 0 : -1;
    for (int i = 0; i < n; i++) {
        char *file = set->files[set->n - 1][section->n];
        snprintf(file, sizeof set->files[0][0], "%s_%08d.wav", name, 97 * section->n % 61);
        const double score = rng_normal(&set->rng) + shift * (is_abnormal != 0);
        set->recordings[set->n - 1][section->n++] = (struct official_recording){
            .file = file,
            .folder = test_folder,
            .domain = strstr(name, "source")   ? "source"
                      : strstr(name, "target") ? "target"
                                               : "",
            .is_abnormal = is_abnormal,
            .score = i % 4 ? score : round(score), /* some of them tied */
            .is_called = score > 1,
        };
    }
}

/* LIST of tests/official.py. */
static void write_list(const struct data_set *set, const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int s = 0; s < set->n; s++) {
        const struct official_section *section = &set->sections[s];
        fprintf(file, "data/%s/train/%s_source_train_normal_9999.wav\n", section->machine, section->id);
        for (int i = 0; i < section->n; i++)
            fprintf(file, "data/%s/%s/%s\n", section->machine, section->recordings[i].folder,
                    section->recordings[i].file);
    }
    fclose(file);
}

typedef enum status writer(const char *folder, const struct official_section *sections, int n);

/* Writes into a folder of its own, and has the evaluators' reader look at it. */
static void check(const char *name, const char *kind, writer *write, const struct data_set *set)
{
    char path[128], list[160], command[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    snprintf(list, sizeof list, "%s.list", path);
    snprintf(command, sizeof command, "/usr/bin/python3 %s/tests/official.py %s %s %s", TEST_SOURCE, kind,
             path, list);
    assert_ok(output_folder(path));
    assert_ok(write(path, set->sections, set->n));
    write_list(set, list);
    const int exit_code = system(command);
    if (!WIFEXITED(exit_code) || WEXITSTATUS(exit_code) != 0) fail_msg("%s", command);
}

static int has_file(const char *name, const char *file)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s/%s", folder, name, file);
    return access(path, F_OK) == 0;
}

/* --------------------------------------------------------------------------------------------- faults */

static void refuses_names_that_clash(void **state)
{
    (void)state;
    struct data_set set = { .rng = rng_seeded(1, 0) };
    struct official_section *section = add_section(&set, "ToyCar", "id_01");
    add(&set, "test", "normal_id_01", 3, 0);
    set.recordings[0][2].file = set.recordings[0][0].file;
    assert_fails(official_write_dcase2020(folder, set.sections, 1), ERR_INPUT,
                 "two recordings of ToyCar, id_01 are called normal_id_01");
    set.recordings[0][2].file = "c.wav";
    assert_fails(official_write_dcase2020("no/such/folder", section, 1), ERR_OUTPUT, "no/such/folder");
    assert_fails(official_write_mimii("no/such/folder", section, 1), ERR_OUTPUT, "no/such/folder");
    assert_fails(official_write_dcase("no/such/folder", section, 1), ERR_OUTPUT, "no/such/folder");
}

static void refuses_years_that_do_not_go_together(void **state)
{
    (void)state;
    struct data_set set = { .rng = rng_seeded(1, 0) };
    add_section(&set, "fan", "section_00");
    add(&set, "source_test", "section_00_source_test_normal", 2, 0);
    add_section(&set, "gearbox", "section_00");
    add(&set, "test", "section_00_source_test_normal", 2, 0);
    assert_fails(official_write_dcase(folder, set.sections, 2), ERR_INPUT, "belong into different files");
}

static void refuses_scores_that_cannot_be_ranked(void **state)
{
    (void)state;
    struct data_set set = { .rng = rng_seeded(1, 0) };
    add_section(&set, "fan", "id_01");
    add(&set, "test", "normal_id_01", 2, 0);
    add(&set, "test", "anomaly_id_01", 2, 0);
    set.recordings[0][1].score = (double)NAN;
    assert_fails(official_write_dcase2020(folder, set.sections, 1), ERR_INPUT, "score 2 of 4 is nan");
}

/* ---------------------------------------------------------------------------------------------- words */

static void prints_numbers_as_python_does(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        { (double)NAN, "" },
        { 0, "0.0" },
        { 1, "1.0" },
        { 0.1, "0.1" },
        { -2.5, "-2.5" },
        { 1.0 / 3, "0.3333333333333333" },
        { 100, "100.0" },
        { 1e-7, "1.0e-07" },
        { 2.5e-7, "2.5e-07" },
        { 123456.75, "123456.75" },
        { 0.1 + 0.2, "0.30000000000000004" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64] = "";
        FILE *stream = fmemopen(text, sizeof text, "w");
        official_put_number(stream, cases[i].value);
        fclose(stream);
        assert_string_equal(text, cases[i].text);
    }
}

static void spells_machines_as_the_path_does(void **state)
{
    (void)state;
    static const struct {
        const char *path, *root, *machine, *spelled, *test_folder;
    } cases[] = {
        { "dev_data/ToyCar/test/normal_id_01_0.wav", "/data", "toycar", "ToyCar", "test" },
        { "normal_id_01_0.wav", "/data/ToyCar/test", "toycar", "ToyCar", "test" },
        { "normal_id_01_0.wav", "/data/toycar2/test", "toycar", "toycar", "test" },
        { "toycar/3DPrinter/test/section_00_0000.wav", "", "3dprinter", "3DPrinter", "test" },
        { "6_dB_fan/id_00/normal/0.wav", "", "fan", "fan", "test" },
        { "FAN/Fan/source_test/a.wav", "", "fan", "Fan", "source_test" },
        { "a.wav", "/data/fan/target_test", "fan", "fan", "target_test" },
        { "source_test.wav", "/", "", "", "test" },
        { "fan", "", "fan", "fan", "test" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[64], root[64], machine[64], spelled[256];
        snprintf(path, sizeof path, "%s", cases[i].path);
        snprintf(root, sizeof root, "%s", cases[i].root);
        snprintf(machine, sizeof machine, "%s", cases[i].machine);
        const struct recording of = { .path = path, .root = root, .machine = machine };
        official_machine(&of, spelled);
        assert_string_equal(spelled, cases[i].spelled);
        assert_string_equal(official_folder(&of), cases[i].test_folder);
    }
}

/* ------------------------------------------------------------------------------------------ data sets */

static void writes_mimii(void **state)
{
    (void)state;
    static const char *const snrs[] = { "-6dB", "6dB", "0dB", "" };
    struct data_set set = { .rng = rng_seeded(3, 0) };
    for (int i = 0; i < 4; i++) {
        add_section(&set, i < 3 ? "fan" : "slider", "id_00")->snr = snrs[i];
        add(&set, "test", "normal_id_00", 12, 0);
        add(&set, "test", "anomaly_id_00", 12, i);
    }
    for (int i = 0; i < set.sections[1].n; i++)
        set.recordings[1][i].score = set.recordings[1][i].is_abnormal; /* an AUC of 1 */
    check("mimii", "mimii", official_write_mimii, &set);
}

static void writes_dcase2020(void **state)
{
    (void)state;
    struct data_set set = { .rng = rng_seeded(4, 0) };
    for (int i = 0; i < 3; i++) {
        add_section(&set, i < 2 ? "fan" : "ToyCar", i % 2 ? "id_02" : "id_00");
        add(&set, "test", i % 2 ? "normal_id_02" : "normal_id_00", 20, 0);
        add(&set, "test", i % 2 ? "anomaly_id_02" : "anomaly_id_00", 23, 1);
    }
    check("2020", "dcase2020", official_write_dcase2020, &set);
    assert_true(has_file("2020", "anomaly_score_ToyCar_id_00.csv"));
    assert_true(has_file("2020", "anomaly_score_fan_id_02.csv"));
    /* an evaluation set beside it: scored, not judged */
    add_section(&set, "fan", "id_05");
    add(&set, "test", "id_05", 9, 0);
    check("2020both", "dcase2020", official_write_dcase2020, &set);
}

static void writes_evaluation_sets(void **state)
{
    (void)state;
    struct data_set of_2020 = { .rng = rng_seeded(5, 0) }, later = { .rng = rng_seeded(6, 0) };
    add_section(&of_2020, "ToyCar", "id_05");
    add(&of_2020, "test", "id_05", 11, 0);
    check("2020eval", "dcase2020", official_write_dcase2020, &of_2020);
    assert_false(has_file("2020eval", "result.csv"));
    add_section(&later, "ToyDrone", "section_00");
    add(&later, "test", "section_00", 11, 0);
    check("2023eval", "dcase", official_write_dcase, &later);
    assert_true(has_file("2023eval", "anomaly_score_ToyDrone_section_00_test.csv"));
    assert_true(has_file("2023eval", "decision_result_ToyDrone_section_00_test.csv"));
    assert_false(has_file("2023eval", "result.csv"));
}

/* What a section of DCASE 2022 and later holds: normal and abnormal recordings of both domains. */
static const struct {
    const char *name;
    int source[2], target[2];
} domain_cases[] = {
    { "both", { 12, 9 }, { 12, 9 } },
    { "uneven", { 20, 3 }, { 2, 19 } },
    { "no_target", { 12, 9 }, { 0, 0 } },
    { "no_source", { 0, 0 }, { 12, 9 } },
    { "target_normal_only", { 12, 9 }, { 12, 0 } },
    { "target_abnormal_only", { 12, 9 }, { 0, 9 } },
    { "no_abnormal", { 12, 0 }, { 12, 0 } },
    { "no_normal", { 0, 7 }, { 0, 7 } },
};

static void writes_dcase(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof domain_cases / sizeof *domain_cases; i++) {
        struct data_set set = { .rng = rng_seeded(7, i) };
        char name[64];
        for (int s = 0; s < 3; s++) {
            add_section(&set, s < 2 ? "fan" : "ToyTrain", s == 1 ? "section_01" : "section_00");
            const int is_whole = s != 1; /* only the second section is the odd one */
            const char *const id = set.sections[s].id;
            for (int k = 0; k < 4; k++) {
                const int n = is_whole ? 9 : (k < 2 ? domain_cases[i].source : domain_cases[i].target)[k % 2];
                snprintf(name, sizeof name, "%s_%s_test_%s", id, k < 2 ? "source" : "target",
                         k % 2 ? "anomaly" : "normal");
                add(&set, "test", name, n, 1);
            }
        }
        check(domain_cases[i].name, "dcase", official_write_dcase, &set);
    }
}

static void writes_dcase2021(void **state)
{
    (void)state;
    for (int n_target = 0; n_target <= 11; n_target += 11) {
        struct data_set set = { .rng = rng_seeded(8, (uint64_t)n_target) };
        for (int s = 0; s < 3; s++) {
            add_section(&set, s < 2 ? "fan" : "ToyTrain", s == 1 ? "section_01" : "section_00");
            const int is_first = s != 1;
            add(&set, "source_test",
                is_first ? "section_00_source_test_normal" : "section_01_source_test_normal", 10, 0);
            add(&set, "source_test",
                is_first ? "section_00_source_test_anomaly" : "section_01_source_test_anomaly", 12, 1);
            add(&set, "target_test",
                is_first ? "section_00_target_test_normal" : "section_01_target_test_normal", n_target, 0);
            add(&set, "target_test",
                is_first ? "section_00_target_test_anomaly" : "section_01_target_test_anomaly", n_target, 1);
        }
        check(n_target ? "2021" : "2021source", "dcase", official_write_dcase, &set);
    }
    assert_true(has_file("2021", "anomaly_score_ToyTrain_section_00_target_test.csv"));
    assert_true(has_file("2021", "decision_result_fan_section_01_source_test.csv"));
    assert_false(has_file("2021source", "anomaly_score_fan_section_00_target_test.csv"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_names_that_clash),
        cmocka_unit_test(refuses_years_that_do_not_go_together),
        cmocka_unit_test(refuses_scores_that_cannot_be_ranked),
        cmocka_unit_test(prints_numbers_as_python_does),
        cmocka_unit_test(spells_machines_as_the_path_does),
        cmocka_unit_test(writes_mimii),
        cmocka_unit_test(writes_dcase2020),
        cmocka_unit_test(writes_evaluation_sets),
        cmocka_unit_test(writes_dcase),
        cmocka_unit_test(writes_dcase2021),
    };
    snprintf(folder, sizeof folder, "%s", test_folder());
    return cmocka_run_group_tests_name("official", tests, NULL, NULL);
}
