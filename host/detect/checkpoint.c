#include "detect/checkpoint.h"

#include "core/memory.h"
#include "io/sha256.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CHECKPOINT_FORMAT "earshot-training"
enum { CHECKPOINT_VERSION = 1, DIGITS = 6 };

int checkpoint_is_kept(const struct checkpoint *checkpoint)
{
    return checkpoint && checkpoint->path;
}

int checkpoint_is_there(const struct checkpoint *checkpoint)
{
    return checkpoint_is_kept(checkpoint) && access(checkpoint->path, F_OK) == 0;
}

int checkpoint_is_stopped(const struct checkpoint *checkpoint)
{
    return checkpoint && checkpoint->stop && *checkpoint->stop;
}

/* ------------------------------------------------------------------------------- which training it is of */

static enum status hash_rows(const struct matrix *x, char hex[65])
{
    const size_t size = (size_t)x->rows * (size_t)x->columns * sizeof *x->data;
    struct sha256 *sum = NULL;
    enum status status = sha256_open(&sum);
    if (status == OK) status = sha256_add(sum, x->data, size);
    if (status == OK) status = sha256_finish(sum, hex);
    sha256_close(&sum);
    return status;
}

enum status checkpoint_describe(const struct backend *backend, const struct matrix *x,
                                struct attributes *training)
{
    char hex[65];
    TRY(attributes_set_text(training, "format", CHECKPOINT_FORMAT));
    TRY(attributes_set_integer(training, "format_version", CHECKPOINT_VERSION));
    TRY(attributes_set_text(training, "program_version", EARSHOT_VERSION));
    TRY(attributes_set_text(training, "backend", backend->ops->name));
    TRY(attributes_set_text(training, "device", backend->ops->device(backend)));
    TRY(attributes_set_integer(training, "rows", x->rows));
    TRY(attributes_set_integer(training, "columns", x->columns));
    TRY(hash_rows(x, hex));
    return attributes_set_text(training, "rows_sha256", hex);
}

static int is_same(const struct attribute *a, const struct attribute *b)
{
    if (a->type != b->type) return 0;
    if (a->type == ATTRIBUTE_TEXT) return strcmp(a->text, b->text) == 0;
    return a->type == ATTRIBUTE_INTEGER ? a->integer == b->integer : a->real == b->real;
}

static enum status compare(const char *path, const struct attribute *expected, const struct attribute *found)
{
    char expected_text[128], found_text[128] = "(not told)";
    if (found && is_same(found, expected)) return OK;
    attribute_print(expected, expected_text, sizeof expected_text);
    if (found) attribute_print(found, found_text, sizeof found_text);
    return fail(ERR_INPUT, "%s is of another training: %s %s found, %s expected", path, expected->name,
                found_text, expected_text);
}

static enum status compare_all(struct store *store, const struct attributes *training)
{
    struct attributes found = { 0 };
    enum status status = store_get(store, "/", &found);
    for (size_t i = 0; status == OK && i < training->count; i++) {
        const struct attribute *expected = &training->items[i];
        status = compare(store_path(store), expected, attributes_find(&found, expected->name));
    }
    attributes_release(&found);
    return status;
}

/* ----------------------------------------------------------------------------------------------- files */

enum status checkpoint_create(struct store **out, const char *path, const struct attributes *training)
{
    TRY(store_create(out, path));
    const enum status status = store_set(*out, "/", training);
    if (status != OK) store_close(out);
    return status;
}

enum status checkpoint_open(struct store **out, const char *path, const struct attributes *training)
{
    TRY(store_open_sealed(out, path));
    const enum status status = compare_all(*out, training);
    if (status != OK) store_close(out);
    return status;
}

char *checkpoint_path(const char *folder, int number)
{
    return memory_print("%s/%0*d.h5", folder, DIGITS, number);
}

static int is_checkpoint(const char *name)
{
    const size_t digits = strspn(name, "0123456789");
    return digits >= DIGITS && strncmp(name + digits, ".h5", 3) == 0;
}

void checkpoint_remove_folder(const char *folder)
{
    DIR *directory = opendir(folder);
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        char *path = memory_print("%s/%s", folder, entry->d_name);
        if (path && is_checkpoint(entry->d_name)) unlink(path);
        memory_free(path);
    }
    if (directory) closedir(directory);
    rmdir(folder);
}
