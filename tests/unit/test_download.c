/* Over file: URLs; what http servers do differently is in how they refuse to go on in the middle. */
#include "test.h"

#include "io/download.h"

#include <fcntl.h>
#include <sys/file.h>

static char source[128], target[128], url[512];

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void target_holds(const char *expected)
{
    char text[64] = "";
    FILE *file = fopen(target, "rb");
    assert_non_null(file);
    assert_int_equal(fread(text, 1, sizeof text - 1, file), strlen(expected));
    fclose(file);
    assert_string_equal(text, expected);
}

static int make_files(void **state)
{
    const char *folder = test_folder();
    char here[256];
    (void)state;
    if (!folder || !getcwd(here, sizeof here)) return 1;
    snprintf(source, sizeof source, "%s/source", folder);
    snprintf(target, sizeof target, "%s/target", folder);
    snprintf(url, sizeof url, "file://%s/%s", here, source);
    write_file(source, "0123456789");
    return 0;
}

static void what_cannot_be_fetched_is_an_error(void **state)
{
    char missing[600];
    (void)state;
    snprintf(missing, sizeof missing, "%s.none", url);
    assert_fails(download_file(missing, target, 0), ERR_INPUT, "source.none cannot be fetched: ");
    assert_fails(download_file("gopher://localhost/x", target, 0), ERR_INPUT, "cannot be fetched: Protocol");
    assert_fails(download_file(url, "no/such/folder", 0), ERR_OUTPUT,
                 "no/such/folder cannot be written: No such");
    assert_fails(download_file(url, "/dev/full", 0), ERR_OUTPUT,
                 "/dev/full cannot be written: No space left");
}

static void two_at_once_are_refused(void **state)
{
    const int other = open(target, O_WRONLY | O_CREAT, 0666);
    (void)state;
    assert_int_equal(flock(other, LOCK_EX), 0);
    assert_fails(download_file(url, target, 0), ERR_OUTPUT, "another process is fetching it");
    close(other);
}

static void files_are_fetched_from_wherever_they_stopped(void **state)
{
    static const char *const before[] = { "", "0", "01234", "0123456789", "0123456789 and more" };
    (void)state;
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        write_file(target, before[i]);
        assert_ok(download_file(url, target, 0));
        target_holds("0123456789");
    }
    write_file(target, "abc"); /* it is the checksum's task to find out */
    assert_ok(download_file(url, target, 0));
    target_holds("abc3456789");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_fetched_is_an_error),
        cmocka_unit_test(two_at_once_are_refused),
        cmocka_unit_test(files_are_fetched_from_wherever_they_stopped),
    };
    return cmocka_run_group_tests_name("download", tests, make_files, NULL);
}
