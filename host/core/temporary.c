#include "core/temporary.h"

#include "core/clock.h"
#include "core/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENDING ".tmp"

enum { MOST_TRIES = 100, BOOT_LENGTH = 36 };

/* --------------------------------------------------------------------------------------------- the name */

/* FNV-1a, as good as any for telling places apart. */
static uint32_t mix(uint32_t hash, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) hash = (hash ^ ((const unsigned char *)bytes)[i]) * 16777619u;
    return hash;
}

/* This start of the kernel, and the numbering of processes that we see. */
static uint32_t place(void)
{
    char boot[BOOT_LENGTH] = "";
    struct stat numbering = { 0 };
    const int descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (descriptor >= 0) {
        if (read(descriptor, boot, sizeof boot) < 0) boot[0] = '\0';
        close(descriptor);
    }
    if (stat("/proc/self/ns/pid", &numbering) != 0) numbering.st_ino = 0;
    return mix(mix(2166136261u, boot, sizeof boot), &numbering.st_ino, sizeof numbering.st_ino);
}

static uint32_t random_number(void)
{
    static uint32_t turn;
    uint32_t number;
    if (getrandom(&number, sizeof number, GRND_NONBLOCK) == (ssize_t)sizeof number) return number;
    const double now = clock_seconds();
    return mix(2166136261u + turn++, &now, sizeof now);
}

static char *new_name(const char *path)
{
    char host[33] = "";
    gethostname(host, sizeof host - 1);
    return memory_print("%s.%s-%ld-%08x-%08x" ENDING, path, host, (long)getpid(), place(), random_number());
}

int temporary_create(const char *path, char **name)
{
    errno = ENOMEM;
    for (int i = 0; i < MOST_TRIES && (*name = new_name(path)); i++) {
        const int descriptor = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor >= 0) return descriptor;
        const int error = errno;
        memory_free(*name);
        *name = NULL;
        errno = error;
        if (error != EEXIST) break;
    }
    return -1;
}

/* -------------------------------------------------------------------------------------------- renaming */

/* A new name is on the disk once its folder is. File systems that cannot flush folders say EINVAL. */
static int flush_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? memory_print("%.*s", (int)(slash - path + 1), path) : memory_text(".");
    if (!folder) return ENOMEM;
    const int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    memory_free(folder);
    if (descriptor < 0) return errno == EACCES ? 0 : errno; /* a folder one may write to but not list */
    const int error = fsync(descriptor) != 0 && errno != EINVAL ? errno : 0;
    close(descriptor);
    return error;
}

int temporary_rename(const char *name, const char *path)
{
    return rename(name, path) == 0 ? flush_folder(path) : errno;
}

/* Not every file system has links; there, looking first must do. */
int temporary_rename_first(const char *name, const char *path)
{
    if (link(name, path) == 0) {
        unlink(name);
        return flush_folder(path);
    }
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS && errno != EMLINK) return errno;
    return access(path, F_OK) == 0 ? EEXIST : temporary_rename(name, path);
}

/* ------------------------------------------------------------------------------------ what others left */

/* Whether the name is one of this place's whose process is gone. From the end, since hosts and paths may hold
 * anything. */
static int is_left(const char *name)
{
    const size_t length = strlen(name);
    unsigned where, number;
    long process;
    int end = 0;
    const char *dash = name + length;
    for (int i = 0; i < 3; i++) {
        do
            if (dash-- == name) return 0;
        while (*dash != '-');
    }
    const int found = sscanf(dash, "-%ld-%8x-%8x" ENDING "%n", &process, &where, &number, &end);
    if (found != 3 || dash + end != name + length || process <= 0) return 0;
    return where == place() && kill((pid_t)process, 0) != 0 && errno == ESRCH;
}

static void remove_if_left(const char *folder, const char *name)
{
    char *path = is_left(name) ? memory_print("%s%s", folder, name) : NULL;
    if (path) unlink(path);
    memory_free(path);
}

void temporary_remove_left(const char *beginning)
{
    const char *slash = strrchr(beginning, '/'), *stem = slash ? slash + 1 : beginning;
    char *folder = memory_print("%.*s", (int)(stem - beginning), beginning);
    DIR *listing = folder ? opendir(*folder ? folder : ".") : NULL;
    for (const struct dirent *entry; listing && (entry = readdir(listing));)
        if (strncmp(entry->d_name, stem, strlen(stem)) == 0) remove_if_left(folder, entry->d_name);
    if (listing) closedir(listing);
    memory_free(folder);
}

static int visit(const char *path, const struct stat *file, int kind, struct FTW *at)
{
    (void)file;
    if (kind == FTW_F && is_left(path + at->base)) unlink(path);
    return 0;
}

void temporary_remove_left_below(const char *folder)
{
    enum { MOST_OPEN_FOLDERS = 16 };
    nftw(folder, visit, MOST_OPEN_FOLDERS, FTW_PHYS);
}
