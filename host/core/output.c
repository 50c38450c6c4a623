#include "core/output.h"

#include "core/memory.h"
#include "core/temporary.h"

#include <errno.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct output {
    char *path, *temporary;
    FILE *stream;
};

/* 0 or the error's number. */
static int open_stream(struct output *output)
{
    const int descriptor = temporary_create(output->path, &output->temporary);
    if (descriptor < 0) return errno;
    output->stream = fdopen(descriptor, "wb");
    if (output->stream) return 0;
    const int error = errno;
    close(descriptor);
    return error;
}

enum status output_open(struct output **out, const char *path)
{
    struct output *output = memory_new(1, sizeof *output);
    *out = output;
    TRY(memory_check(output));
    output->path = memory_text(path);
    const int error = output->path ? open_stream(output) : ENOMEM;
    if (!error) return OK;
    output_close(out);
    return fail(ERR_OUTPUT, "%s cannot be written: %s", path, strerror(error));
}

FILE *output_stream(const struct output *output)
{
    return output->stream;
}

/* Closes the stream in any case; 0 or the first error's number. */
static int flush_and_close(FILE *stream)
{
    int error = fflush(stream) != 0 ? errno : ferror(stream) ? EIO : 0;
    if (!error && fsync(fileno(stream)) != 0) error = errno;
    if (fclose(stream) != 0 && !error) error = errno;
    return error;
}

/* Closes the output, whatever came of it. */
static enum status end(struct output **output, int error)
{
    enum status status = OK;
    if (error) status = fail(ERR_OUTPUT, "%s cannot be written: %s", (*output)->path, strerror(error));
    output_close(output);
    return status;
}

static int flush(struct output *output)
{
    const int error = flush_and_close(output->stream);
    output->stream = NULL;
    return error;
}

enum status output_commit(struct output **output)
{
    const struct output *o = *output;
    int error = flush(*output);
    if (!error) error = temporary_rename(o->temporary, o->path);
    return end(output, error);
}

enum status output_commit_first(struct output **output)
{
    const struct output *o = *output;
    int error = flush(*output);
    if (!error) error = temporary_rename_first(o->temporary, o->path);
    return end(output, error == EEXIST ? 0 : error);
}

void output_close(struct output **output)
{
    struct output *o = *output;
    if (!o) return;
    if (o->stream) fclose(o->stream);
    if (o->temporary) unlink(o->temporary); /* after a commit it is gone already */
    memory_free(o->temporary);
    memory_free(o->path);
    memory_free(o);
    *output = NULL;
}

static int make_folder(const char *path)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST ? 0 : errno;
}

enum status output_folder(const char *path)
{
    char *parent = memory_text(path);
    TRY(memory_check(parent));
    int error = 0;
    for (char *slash = *parent ? strchr(parent + 1, '/') : NULL; slash && !error;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        error = make_folder(parent);
        *slash = '/';
    }
    memory_free(parent);
    if (!error) error = make_folder(path);
    struct stat found;
    if (!error && (stat(path, &found) != 0 || !S_ISDIR(found.st_mode))) error = ENOTDIR;
    REQUIRE(!error, ERR_OUTPUT, "folder %s cannot be made: %s", path, strerror(error));
    return OK;
}

enum status output_folder_of(const char *path)
{
    char *folder = memory_text(path);
    TRY(memory_check(folder));
    *strrchr(folder, '/') = '\0';
    const enum status status = output_folder(folder);
    memory_free(folder);
    return status;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    return remove(path);
}

void output_remove_folder(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
