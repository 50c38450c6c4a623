/* Files that appear complete or not at all, and folders. */
#include "test.h"

#include "core/output.h"

#include <dirent.h>

static char folder[64], path[96];

static int count_files(void)
{
    int n = 0;
    DIR *listing = opendir(folder);
    for (const struct dirent *entry; (entry = readdir(listing));) n += entry->d_name[0] != '.';
    closedir(listing);
    return n;
}

static void says_why_it_cannot_write(void **state)
{
    (void)state;
    struct output *output = NULL;
    assert_fails(output_open(&output, "nowhere/file"), ERR_OUTPUT,
                 "nowhere/file cannot be written: No such file");
    assert_null(output);
    output_close(&output);
    assert_fails(output_open(&output, "nowhere/"), ERR_OUTPUT, "nowhere/");
    assert_fails(output_folder(""), ERR_OUTPUT, "No such file");
}

static void a_full_disk_is_found(void **state)
{
    (void)state;
    struct output *output = NULL;
    if (access("/dev/full", W_OK) != 0) test_skip("there is no /dev/full");
    assert_ok(output_open(&output, path));
    assert_non_null(freopen("/dev/full", "wb", output_stream(output)));
    for (int i = 0; i < 10000; i++) fputs("words that find no room\n", output_stream(output));
    assert_fails(output_commit(&output), ERR_OUTPUT, "cannot be written: ");
    assert_null(output);
    assert_int_equal(count_files(), 0);
}

static void nothing_stays_without_commit(void **state)
{
    (void)state;
    struct output *output = NULL;
    assert_ok(output_open(&output, path));
    fputs("half", output_stream(output));
    assert_int_equal(access(path, F_OK), -1);
    output_close(&output);
    assert_null(output);
    assert_int_equal(count_files(), 0);
}

static void commit_replaces_at_once(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct output *output = NULL;
        char text[16] = "";
        assert_ok(output_open(&output, path));
        fprintf(output_stream(output), "take %d", i);
        assert_ok(output_commit(&output));
        assert_null(output);
        FILE *file = fopen(path, "r");
        assert_non_null(fgets(text, sizeof text, file));
        fclose(file);
        assert_string_equal(text, i ? "take 1" : "take 0");
        assert_int_equal(count_files(), 1);
    }
}

static void folders_are_made_with_those_above(void **state)
{
    (void)state;
    char deep[128];
    snprintf(deep, sizeof deep, "%s/a/b//c/", folder);
    assert_ok(output_folder(deep));
    assert_ok(output_folder(deep));
    assert_int_equal(access(deep, W_OK), 0);
    assert_fails(output_folder(path), ERR_OUTPUT, "Not a directory");
    snprintf(deep, sizeof deep, "%s/below", path);
    assert_fails(output_folder(deep), ERR_OUTPUT, "Not a directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_why_it_cannot_write),          cmocka_unit_test(a_full_disk_is_found),
        cmocka_unit_test(nothing_stays_without_commit),      cmocka_unit_test(commit_replaces_at_once),
        cmocka_unit_test(folders_are_made_with_those_above),
    };
    snprintf(folder, sizeof folder, "%s", test_folder());
    snprintf(path, sizeof path, "%s/file.txt", folder);
    return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
