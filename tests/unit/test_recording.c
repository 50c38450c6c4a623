/* What paths say about recordings, layout by layout. */
#include "test.h"

#include "io/dataset.h"

struct expected {
    const char *path, *machine, *id, *snr, *section, *domain, *split, *label, *attributes;
};

static void assert_parsed(const struct expected *e)
{
    struct recording r = { 0 };
    assert_ok(recording_parse(&r, e->path));
    const char *const found[] = {
        r.machine, r.id, r.snr, r.section, r.domain, r.split, r.label, r.attributes
    };
    const char *const expected[] = { e->machine, e->id,    e->snr,   e->section,
                                     e->domain,  e->split, e->label, e->attributes };
    for (int i = 0; i < 8; i++)
        if (strcmp(found[i], expected[i]) != 0)
            fail_msg("%s: field %d is \"%s\", expected \"%s\"", e->path, i, found[i], expected[i]);
    recording_release(&r);
}

static void test_mimii(void **state)
{
    (void)state;
    static const struct expected cases[] = {
        { "/d/0dB/fan/id_00/normal/00000000.wav", "fan", "id_00", "0dB", "", "", "", "normal", "" },
        { "/d/min6dB/pump/id_02/abnormal/00000001.wav", "pump", "id_02", "-6dB", "", "", "", "abnormal", "" },
        { "/d/6dB/valve/ID_06/Normal/1.WAV", "valve", "id_06", "6dB", "", "", "", "normal", "" },
        { "/d/fan/id_00/normal/00000000.wav", "fan", "id_00", "", "", "", "", "normal", "" },
        { "/d/fan/id_00/1.wav", "fan", "id_00", "", "", "", "", "", "" },
        { "/d/gearbox/id_00/anomaly/1.wav", "gearbox", "id_00", "", "", "", "", "abnormal", "" },
        { "/d/fan/0dB/id_00/normal/1.wav", "fan", "id_00", "0dB", "", "", "", "normal", "" },
        { "/-6dB/far/above/fan/id_00/normal/1.wav", "fan", "id_00", "-6dB", "", "", "", "normal", "" },
        { "/6dB/d/-6dB/fan/id_00/normal/1.wav", "fan", "id_00", "-6dB", "", "", "", "normal", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) assert_parsed(&cases[i]);
}

static void test_snr_spellings(void **state)
{
    (void)state;
    static const struct {
        const char *folder, *snr;
    } cases[] = {
        { "-6dB", "-6dB" },
        { "-6_dB_fan", "-6dB" },
        { "fan_minus6dB", "-6dB" },
        { "min6dB", "-6dB" },
        { "fan_-6dB", "-6dB" },
        { "-6 dB", "-6dB" },
        { "minus_6_dB", "-6dB" },
        { "MIN6DB", "-6dB" },
        { "fan-6dB", "-6dB" },
        { "neg6dB", "-6dB" },
        { "fan_min6db", "-6dB" },
        { "0dB", "0dB" },
        { "0_dB_fan", "0dB" },
        { "fan_0dB", "0dB" },
        { "fan-0dB", "0dB" },
        { "mimii_0db_data", "0dB" },
        { "6dB", "6dB" },
        { "6_dB_fan", "6dB" },
        { "fan_6dB", "6dB" },
        { "+6dB", "6dB" },
        { "admin_6dB", "6dB" },
        { "10dB", "" },
        { "16dB", "" },
        { "6dBm", "" },
        { "dB", "" },
        { "db_6", "" },
        { "3.6dB", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[128];
        struct expected e = { path, "fan", "id_00", cases[i].snr, "", "", "", "normal", "" };
        snprintf(path, sizeof path, "/d/%s/fan/id_00/normal/1.wav", cases[i].folder);
        assert_parsed(&e);
    }
}

/* The folder of the SNR also names the machine where no other does. */
static void test_machine_in_snr_folder(void **state)
{
    (void)state;
    static const struct expected cases[] = {
        { "/d/fan_minus6dB/id_00/normal/1.wav", "fan", "id_00", "-6dB", "", "", "", "normal", "" },
        { "/d/slider_0dB/id_02/abnormal/1.wav", "slider", "id_02", "0dB", "", "", "", "abnormal", "" },
        { "/d/0_dB_pump/pump/id_00/normal/1.wav", "pump", "id_00", "0dB", "", "", "", "normal", "" },
        { "/d/6_dB_valve/normal/1.wav", "valve", "", "6dB", "", "", "", "normal", "" },
        { "/d/0_dB_pump/1.wav", "pump", "", "0dB", "", "", "", "", "" },
        { "/d/-6dB/id_00/normal/1.wav", "", "id_00", "-6dB", "", "", "", "normal", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) assert_parsed(&cases[i]);
}

static void test_dcase_2020(void **state)
{
    (void)state;
    static const struct expected cases[] = {
        { "/dev_data/ToyCar/train/normal_id_01_00000000.wav", "toycar", "id_01", "", "", "", "train",
          "normal", "" },
        { "/dev_data/fan/test/anomaly_id_01_00000003.wav", "fan", "id_01", "", "", "", "test", "abnormal",
          "" },
        { "/eval_data/fan/test/id_05_00000000.wav", "fan", "id_05", "", "", "", "test", "", "" },
        { "/d/slider/normal_id_00_00000000.wav", "slider", "id_00", "", "", "", "", "normal", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) assert_parsed(&cases[i]);
}

static void test_dcase_2021_on(void **state)
{
    (void)state;
    static const struct expected cases[] = {
        { "/dev_data/gearbox/train/section_00_source_train_normal_0000_volt_1.5_wt_100.wav", "gearbox",
          "section_00", "", "00", "source", "train", "normal", "volt_1.5_wt_100" },
        { "/dev_data/raw/ToyTrain/test/section_02_target_test_anomaly_0012_noAttribute.wav", "toytrain",
          "section_02", "", "02", "target", "test", "abnormal", "noAttribute" },
        { "/dev_data/fan/train/section_01_source_train_normal_0007.wav", "fan", "section_01", "", "01",
          "source", "train", "normal", "" },
        { "/eval_data/Vacuum/test/section_00_0003.wav", "vacuum", "section_00", "", "00", "", "test", "",
          "" },
        { "/dev_data/fan/source_test/section_00_source_test_normal_0001_strength_1.wav", "fan", "section_00",
          "", "00", "source", "test", "normal", "strength_1" },
        { "/eval_data/fan/target_test/section_05_0000.wav", "fan", "section_05", "", "05", "target", "test",
          "", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) assert_parsed(&cases[i]);
}

static void test_plain_folders(void **state)
{
    (void)state;
    static const struct expected cases[] = {
        { "/home/me/sounds/Worn bearing/a.wav", "", "", "", "", "", "", "Worn bearing", "" },
        { "/home/me/sounds/normal/a.wav", "", "", "", "", "", "", "normal", "" },
        { "/home/me/sounds/anomaly/a.wav", "", "", "", "", "", "", "abnormal", "" },
        { "/home/me/Fan/normal/a.wav", "fan", "", "", "", "", "", "normal", "" },
        { "/home/me/fans/normal/a.wav", "", "", "", "", "", "", "normal", "" },
        { "/d/ok/section_a.wav", "", "", "", "", "", "", "ok", "" },
        { "/d/ok/id_a.wav", "", "", "", "", "", "", "ok", "" },
        { "/a.wav", "", "", "", "", "", "", "", "" },
        { "/d/ok/noending", "", "", "", "", "", "", "ok", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) assert_parsed(&cases[i]);
}

static void test_group(void **state)
{
    (void)state;
    char group[256], longest[300];
    struct recording r = { .machine = "fan", .id = "id_00", .snr = "0dB" };
    recording_group(&r, group);
    assert_string_equal(group, "fan/id_00/0dB");
    r.id = "";
    recording_group(&r, group);
    assert_string_equal(group, "fan/0dB");
    r = (struct recording){ .machine = "", .id = "", .snr = "" };
    recording_group(&r, group);
    assert_string_equal(group, "all");
    memset(longest, 'm', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    r.machine = r.id = longest;
    recording_group(&r, group);
    assert_int_equal(strlen(group), 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mimii),
        cmocka_unit_test(test_snr_spellings),
        cmocka_unit_test(test_machine_in_snr_folder),
        cmocka_unit_test(test_dcase_2020),
        cmocka_unit_test(test_dcase_2021_on),
        cmocka_unit_test(test_plain_folders),
        cmocka_unit_test(test_group),
    };
    return cmocka_run_group_tests_name("recording", tests, NULL, NULL);
}
