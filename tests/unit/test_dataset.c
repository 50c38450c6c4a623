/* From folders and lists that are really there to a table of recordings. */
#include "test.h"

#include "core/log.h"
#include "core/output.h"
#include "io/dataset.h"

#include <sys/stat.h>

static char start[1024]; /* the working folder */

/* Each test works in a folder of its own. */
static int enter(void **state)
{
    (void)state;
    return chdir(start) || chdir(test_folder());
}

static void touch_with(const char *path, const char *words)
{
    char folder[256];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash) {
        *slash = '\0';
        assert_ok(output_folder(folder));
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(words, file);
    fclose(file);
}

static void touch(const char *path)
{
    touch_with(path, "");
}

static enum status open_paths(struct dataset *dataset, const char *a, const char *b,
                              struct dataset_options options)
{
    const char *const paths[] = { a, b };
    return dataset_open(dataset, paths, !!a + !!b, &options);
}
static const struct dataset_options standard = { 0 };

/* The stored paths, in order, joined by spaces. */
static const char *stored(const struct dataset *dataset)
{
    static char all[4096];
    size_t length = 0;
    all[0] = '\0';
    for (size_t i = 0; i < dataset->count && length < sizeof all; i++)
        length += (size_t)snprintf(all + length, sizeof all - length, "%s%s", i ? " " : "",
                                   dataset->recordings[i].path);
    return all;
}

static void assert_stored(const char *a, const char *b, struct dataset_options options, const char *expected)
{
    struct dataset dataset;
    assert_ok(open_paths(&dataset, a, b, options));
    assert_string_equal(stored(&dataset), expected);
    for (size_t i = 0; i < dataset.count; i++) assert_int_equal(dataset.recordings[i].file[0], '/');
    dataset_release(&dataset);
}

static void assert_ignored(const struct dataset *dataset, const char *expected)
{
    for (size_t i = 0; i < dataset->n_ignored; i++)
        if (strcmp(dataset->ignored[i], expected) == 0) return;
    fail_msg("\"%s\" is not among the %zu ignored", expected, dataset->n_ignored);
}

static void test_no_recordings(void **state)
{
    (void)state;
    struct dataset dataset;
    assert_fails(open_paths(&dataset, "missing", NULL, standard), ERR_INPUT, "missing: No such file");
    assert_fails(open_paths(&dataset, NULL, NULL, standard), ERR_INPUT, "no recording was named");
    touch("words/notes.txt");
    assert_fails(open_paths(&dataset, "words", NULL, standard), ERR_INPUT,
                 "words: the folder holds no recording");
    touch("good/a.wav");
    assert_fails(open_paths(&dataset, "good", "words", standard), ERR_INPUT, "words: the folder holds");
    assert_fails(open_paths(&dataset, "good", "missing.wav", standard), ERR_INPUT, "missing.wav: No such");
    assert_fails(open_paths(&dataset, "good", NULL, (struct dataset_options){ .list = "no.txt" }), ERR_INPUT,
                 "no.txt: the list cannot be read");
    touch("empty.txt");
    assert_fails(open_paths(&dataset, NULL, NULL, (struct dataset_options){ .list = "empty.txt" }), ERR_INPUT,
                 "empty.txt: no recording");
    assert_fails(open_paths(&dataset, "good", NULL, (struct dataset_options){ .snr = "loud" }), ERR_USAGE,
                 "--snr loud: -6dB, 0dB or 6dB is expected");
    assert_int_equal(dataset.count, 0);
    dataset_release(&dataset);
}

static void test_endings(void **state)
{
    (void)state;
    struct dataset dataset;
    static const char *const names[] = { "a.wav", "b.WAV", "c.flac", "d.ogg", "e.aif",  "f.aiff", "g.au",
                                         "h.w64", "i.caf", "j.mp3",  "k.txt", ".l.wav", "m",      "wav" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[32];
        snprintf(path, sizeof path, "d/%s", names[i]);
        touch(path);
    }
    touch("d/.hidden/n.wav");
    assert_int_equal(mkfifo("d/o.wav", 0666), 0);
    assert_ok(open_paths(&dataset, "d", NULL, standard));
    assert_string_equal(stored(&dataset), "a.wav b.WAV c.flac d.ogg e.aif f.aiff g.au h.w64 i.caf j.mp3");
    assert_int_equal(dataset.n_ignored, 6);
    assert_ignored(&dataset, "k.txt: not a recording's ending");
    assert_ignored(&dataset, ".l.wav: hidden");
    assert_ignored(&dataset, ".hidden: hidden");
    assert_ignored(&dataset, "o.wav: not a regular file");
    dataset_release(&dataset);
}

static void test_order(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "d/0dB/fan/id_02/normal/1.wav",   "d/0dB/fan/id_00/normal/2.wav",  "d/0dB/fan/id_00/normal/10.wav",
        "d/0dB/fan/id_00/abnormal/1.wav", "d/-6dB/fan/id_00/normal/1.wav", "d/0dB/Zange/id_00/normal/1.wav",
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) touch(paths[i]);
    assert_stored("d", NULL, standard,
                  "-6dB/fan/id_00/normal/1.wav 0dB/fan/id_00/abnormal/1.wav 0dB/fan/id_00/normal/10.wav "
                  "0dB/fan/id_00/normal/2.wav 0dB/fan/id_02/normal/1.wav 0dB/Zange/id_00/normal/1.wav");
    assert_stored("d", NULL, (struct dataset_options){ .limit = 1 },
                  "-6dB/fan/id_00/normal/1.wav 0dB/fan/id_00/abnormal/1.wav 0dB/fan/id_00/normal/10.wav "
                  "0dB/fan/id_02/normal/1.wav 0dB/Zange/id_00/normal/1.wav");
}

static void test_facts_above_the_folder(void **state)
{
    (void)state;
    struct dataset dataset;
    touch("-6_dB_fan/fan/id_04/normal/1.wav");
    assert_int_equal(chdir("-6_dB_fan/fan/id_04"), 0);
    const char *const ways[] = { ".", "normal", "./normal//", "../id_04", "normal/1.wav" };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        assert_ok(open_paths(&dataset, ways[i], NULL, (struct dataset_options){ .snr = "6dB" }));
        const struct recording *r = &dataset.recordings[0];
        assert_int_equal(dataset.count, 1);
        assert_string_equal(r->machine, "fan");
        assert_string_equal(r->id, "id_04");
        assert_string_equal(r->snr, "-6dB");
        assert_string_equal(r->label, "normal");
        dataset_release(&dataset);
    }
}

static void test_snr_option(void **state)
{
    (void)state;
    struct dataset dataset;
    touch("fan/id_00/normal/1.wav");
    assert_ok(open_paths(&dataset, "fan", NULL, (struct dataset_options){ .snr = "min6dB" }));
    assert_string_equal(dataset.recordings[0].snr, "-6dB");
    dataset_release(&dataset);
}

static void test_storage(void **state)
{
    (void)state;
    char absolute[2048], here[1024];
    touch("a/x/1.wav");
    touch("b/x/1.wav");
    touch("b/x/2.wav");
    touch("odd.name");
    assert_stored("a", NULL, standard, "x/1.wav");
    assert_stored("b/x/2.wav", "./odd.name", standard, "./odd.name b/x/2.wav");
    assert_stored("a/x", "b/x/2.wav", standard, "1.wav b/x/2.wav");
    /* x/1.wav twice: all absolute */
    snprintf(absolute, sizeof absolute, "%1$s/a/x/1.wav %1$s/b/x/1.wav %1$s/b/x/2.wav",
             getcwd(here, sizeof here));
    assert_stored("a", "b", standard, absolute);

    struct dataset dataset;
    assert_ok(open_paths(&dataset, "b/x/", "odd.name", standard));
    snprintf(absolute, sizeof absolute, "%s/b/x", here);
    assert_string_equal(dataset.recordings[0].root,
                        ""); /* odd.name has the plain label of its folder: test-… */
    assert_string_equal(dataset.recordings[1].root, absolute);
    dataset_release(&dataset);
}

static void test_doubles(void **state)
{
    (void)state;
    struct dataset dataset;
    touch("d/x/1.wav");
    assert_stored("d", "d/x/1.wav", standard, "x/1.wav");
    assert_stored("d/x/1.wav", "d", standard, "d/x/1.wav");
    assert_stored("d", "./d/", standard, "x/1.wav");
    assert_int_equal(symlink("1.wav", "d/x/2.wav"), 0);
    assert_ok(open_paths(&dataset, "d", NULL, standard));
    assert_string_equal(stored(&dataset), "x/1.wav");
    assert_ignored(&dataset, "x/2.wav: the same file as x/1.wav");
    dataset_release(&dataset);
}

static void test_links(void **state)
{
    (void)state;
    struct dataset dataset;
    touch("elsewhere/9.wav");
    touch("d/x/1.wav");
    touch("more/7.wav");
    assert_int_equal(symlink("../../elsewhere/9.wav", "d/x/linked.wav"), 0);
    assert_int_equal(symlink("nowhere", "d/x/dangling.wav"), 0);
    assert_int_equal(symlink("nowhere", "d/x/dangling.txt"), 0);
    assert_int_equal(symlink(".", "d/loop"), 0);
    assert_int_equal(symlink("..", "d/x/up"), 0);
    assert_int_equal(symlink("self", "d/self"), 0);
    assert_int_equal(symlink("../more", "d/a folder"), 0);
    assert_ok(open_paths(&dataset, "d", NULL, standard));
    assert_string_equal(stored(&dataset), "a folder/7.wav x/1.wav x/dangling.wav x/linked.wav");
    assert_ignored(&dataset, "loop: a folder that was read already, by another way");
    assert_ignored(&dataset, "x/up: a folder that was read already, by another way");
    dataset_release(&dataset);
    assert_stored("d/x/dangling.wav", NULL, standard, "d/x/dangling.wav");
    assert_stored("d/loop/loop/x", NULL, standard, "up/a folder/7.wav 1.wav dangling.wav linked.wav");
}

/* n folders that all link to each other have n! ways through them. */
static void test_many_loops(void **state)
{
    (void)state;
    enum { N = 12 };
    for (int i = 0; i < N; i++) {
        char path[64], target[64];
        snprintf(path, sizeof path, "d/f%02d/1.wav", i);
        touch(path);
        for (int j = 0; j < N; j++) {
            snprintf(path, sizeof path, "d/f%02d/to%02d", i, j);
            snprintf(target, sizeof target, "../f%02d", j);
            assert_int_equal(symlink(target, path), 0);
        }
    }
    struct dataset dataset;
    assert_ok(open_paths(&dataset, "d", NULL, standard));
    assert_int_equal(dataset.count, N);
    assert_int_equal(dataset.n_ignored, N * N);
    dataset_release(&dataset);
}

static void test_list(void **state)
{
    (void)state;
    touch("d/x/1.wav");
    touch("d/x/2.odd");
    touch_with("list.txt", "d/x/2.odd\r\n\nd/x/1.wav\n./d/x/1.wav\nmissing.wav");
    const struct dataset_options options = { .list = "list.txt" };
    struct dataset dataset;
    assert_ok(open_paths(&dataset, NULL, NULL, options));
    assert_int_equal(dataset.count, 3);
    dataset_release(&dataset);
    touch_with("list.txt", "d/x/2.odd\nd\n");
    assert_stored(NULL, NULL, options, "d/x/2.odd x/1.wav");
}

static void test_attribute_files(void **state)
{
    (void)state;
    static const char machine[] = "fan";
    struct dataset dataset;
    touch("fan/test/section_00_0000.wav");
    touch("fan/test/section_00_0001.wav");
    touch("fan/test/section_01_0000.wav");
    touch("fan/train/section_00_source_train_normal_0000_m-n_Y.wav");
    touch_with("fan/attributes_00.csv", "file_name,d1p,d1v,d2p,d2v\n"
                                        "fan/test/xsection_00_0000.wav,m-n,Q\n"
                                        "fan/test/section_00_0000.wav,m-n,W,,\n"
                                        "fan/test/section_00_0001.wav,m-n,W,car,A1\r\n"
                                        "section_00_source_train_normal_0000_m-n_Y.wav,m-n,Z\n"
                                        "broken\n");
    assert_ok(open_paths(&dataset, machine, NULL, standard));
    static const char *const expected[] = { "m-n_W", "m-n_W_car_A1", "m-n_Y", "" };
    assert_int_equal(dataset.count, 4);
    for (int i = 0; i < 4; i++) assert_string_equal(dataset.recordings[i].attributes, expected[i]);
    assert_int_equal(dataset.n_ignored, 0);
    dataset_release(&dataset);
}

static void test_unreadable_folder(void **state)
{
    (void)state;
    if (geteuid() == 0) test_skip("root may read every folder");
    struct dataset dataset;
    touch("d/1.wav");
    touch("d/closed/2.wav");
    chmod("d/closed", 0);
    log_set_level(LOG_ERROR);
    assert_ok(open_paths(&dataset, "d", NULL, standard));
    chmod("d/closed", 0777);
    assert_string_equal(stored(&dataset), "1.wav");
    assert_ignored(&dataset, "closed: the folder cannot be read");
    dataset_release(&dataset);
}

/* The real recordings beside the checkout. */
static void test_shared(void **state)
{
    (void)state;
    if (access(TEST_SHARED "/data/mimii", R_OK) != 0) test_skip(TEST_SHARED "/data is not there");
    struct dataset dataset;
    assert_ok(open_paths(&dataset, TEST_SHARED "/data/mimii", TEST_SHARED "/data/dcase2020", standard));
    int fans = 0, sliders = 0;
    for (size_t i = 0; i < dataset.count; i++) {
        char group[256];
        recording_group(&dataset.recordings[i], group);
        fans += strcmp(group, "fan/id_00/0dB") == 0;
        sliders += strcmp(group, "slider/id_00") == 0;
    }
    assert_int_equal(fans, 24);
    assert_int_equal(sliders, 48);
    dataset_release(&dataset);
}

int main(void)
{
    if (!getcwd(start, sizeof start)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_no_recordings, enter),
        cmocka_unit_test_setup(test_endings, enter),
        cmocka_unit_test_setup(test_order, enter),
        cmocka_unit_test_setup(test_facts_above_the_folder, enter),
        cmocka_unit_test_setup(test_snr_option, enter),
        cmocka_unit_test_setup(test_storage, enter),
        cmocka_unit_test_setup(test_doubles, enter),
        cmocka_unit_test_setup(test_links, enter),
        cmocka_unit_test_setup(test_many_loops, enter),
        cmocka_unit_test_setup(test_list, enter),
        cmocka_unit_test_setup(test_attribute_files, enter),
        cmocka_unit_test_setup(test_unreadable_folder, enter),
        cmocka_unit_test(test_shared),
    };
    return cmocka_run_group_tests_name("dataset", tests, NULL, NULL);
}
