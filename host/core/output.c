#include "core/output.h"

#include "core/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct output {
    char *path, *temporary;
    FILE *stream;
};

enum status output_open(struct output **out, const char *path)
{
    struct output *output = memory_new(1, sizeof *output);
    *out = output;
    TRY(memory_check(output));
    output->path = memory_text(path);
    output->temporary = memory_print("%s.%ld.tmp", path, (long)getpid());
    if (output->path && output->temporary) output->stream = fopen(output->temporary, "wb");
    if (output->stream) return OK;
    const enum status status = output->path && output->temporary
                                   ? fail(ERR_OUTPUT, "%s cannot be written: %s", path, strerror(errno))
                                   : ERR_MEMORY;
    output_close(out);
    return status;
}

FILE *output_stream(const struct output *output)
{
    return output->stream;
}

/* The rename is safe once the folder's own entry is on the disk. File systems that cannot do that are left
 * alone. */
static void flush_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? memory_print("%.*s", (int)(slash - path + 1), path) : memory_text(".");
    const int descriptor = folder ? open(folder, O_RDONLY | O_DIRECTORY) : -1;
    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
    memory_free(folder);
}

/* Closes the stream in any case; 0 or the first error's number. */
static int flush_and_close(FILE *stream)
{
    int error = fflush(stream) != 0 ? errno : ferror(stream) ? EIO : 0;
    if (!error && fsync(fileno(stream)) != 0) error = errno;
    if (fclose(stream) != 0 && !error) error = errno;
    return error;
}

enum status output_commit(struct output **output)
{
    struct output *o = *output;
    int error = flush_and_close(o->stream);
    o->stream = NULL;
    if (!error && rename(o->temporary, o->path) != 0) error = errno;
    enum status status = OK;
    if (error) status = fail(ERR_OUTPUT, "%s cannot be written: %s", o->path, strerror(error));
    if (!error) flush_folder(o->path);
    output_close(output);
    return status;
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
