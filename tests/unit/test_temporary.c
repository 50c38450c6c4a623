/* Names of files that are being written: own ones, who comes first, and what killed processes left. */
#include "test.h"

#include "core/memory.h"
#include "core/temporary.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char folder[64], path[96];

static int is_there(const char *name)
{
    return access(name, F_OK) == 0;
}

static char *create(const char *of)
{
    char *name;
    const int descriptor = temporary_create(of, &name);
    assert_true(descriptor >= 0);
    close(descriptor);
    return name;
}

static void every_writer_has_its_own(void **state)
{
    (void)state;
    char *first = create(path), *second = create(path), *none;
    assert_string_not_equal(first, second);
    assert_int_equal(strncmp(first, path, strlen(path)), 0);
    assert_int_equal(temporary_rename(first, path), 0);
    assert_int_equal(temporary_rename(second, path), 0);
    assert_int_equal(temporary_rename(second, path), ENOENT);
    assert_true(is_there(path));
    unlink(path);
    memory_free(first);
    memory_free(second);
    assert_int_equal(temporary_create("nowhere/file", &none), -1);
    assert_int_equal(errno, ENOENT);
    assert_null(none);
}

static void who_comes_first_stays(void **state)
{
    (void)state;
    struct stat first_file, found;
    char *first = create(path), *second = create(path);
    assert_int_equal(stat(first, &first_file), 0);
    assert_int_equal(temporary_rename_first(first, path), 0);
    assert_int_equal(temporary_rename_first(second, path), EEXIST);
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_ino, first_file.st_ino);
    assert_false(is_there(first));
    unlink(second);
    unlink(path);
    memory_free(first);
    memory_free(second);
}

/* Makes a file of `of` in a process that ends without removing it. */
static void leave(const char *of)
{
    const pid_t child = fork();
    if (child == 0) {
        char *name;
        _exit(temporary_create(of, &name) < 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static int count_files(void)
{
    char command[128];
    snprintf(command, sizeof command, "exit $(ls -A %s | wc -l)", folder);
    return WEXITSTATUS(system(command));
}

static void only_what_is_left_is_removed(void **state)
{
    (void)state;
    char other[112], foreign[160], inside[80];
    char *living = create(path);
    snprintf(other, sizeof other, "%s/other", folder);
    snprintf(foreign, sizeof foreign, "%s.far-away-1-00000000-00000000.tmp", path);
    fclose(fopen(foreign, "w")); /* a process number that may be anybody's, of another place */
    leave(path);
    leave(path);
    leave(other);
    assert_int_equal(count_files(), 5);
    temporary_remove_left(path);
    assert_int_equal(count_files(), 3);
    assert_true(is_there(living));
    assert_true(is_there(foreign));
    snprintf(inside, sizeof inside, "%s/", folder);
    temporary_remove_left(inside);
    assert_int_equal(count_files(), 2);
    temporary_remove_left("nowhere/at all");
    unlink(living);
    unlink(foreign);
    memory_free(living);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_writer_has_its_own),
        cmocka_unit_test(who_comes_first_stays),
        cmocka_unit_test(only_what_is_left_is_removed),
    };
    snprintf(folder, sizeof folder, "%s", test_folder());
    snprintf(path, sizeof path, "%s/file.txt", folder);
    return cmocka_run_group_tests_name("temporary", tests, NULL, NULL);
}
