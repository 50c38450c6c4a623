/* Preloaded into the program: makes what it asks of the file system fail, or kills it there. Calls that change files
 * are counted from 1; FAULT tells what happens, as words with a space between:
 *
 *      fail CALL N ERROR    call number N of that name (fsync, rename, …) returns the error of that number
 *      from any N ERROR     every call from number N on, whatever its name: a file system that goes read-only
 *      kill any N           SIGKILL before call number N
 *      count FILE           writes how many calls there were to FILE when the program ends
 *
 * FAULT_MET names a file that is made when a call was let fail, so that a fault that nobody noticed can be told from
 * one that no call met.
 *
 * Writing to streams that are no files is left alone. glibc's own streams do not come by here, but what opens,
 * flushes and renames them does. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fault {
    char mode[8], name[128];
    long at;
    int error;
} fault;
static atomic_long calls;
static pid_t process;

__attribute__((constructor)) static void read_fault(void)
{
    const char *text = getenv("FAULT");
    if (!text) return;
    sscanf(text, "%7s %127s %ld %d", fault.mode, fault.name, &fault.at, &fault.error);
    process = getpid();
}

__attribute__((destructor)) static void write_count(void)
{
    FILE *file = strcmp(fault.mode, "count") == 0 && getpid() == process ? fopen(fault.name, "w") : NULL;
    if (!file) return;
    fprintf(file, "%ld\n", calls);
    fclose(file);
}

static void note_hit(void)
{
    const char *path = getenv("FAULT_MET");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (file) fclose(file);
}

/* 0: go on; else the call fails with this error. */
static int meets(const char *name)
{
    const int is_any = strcmp(fault.name, "any") == 0 || strcmp(fault.mode, "count") == 0;
    if (!*fault.mode || (!is_any && strcmp(fault.name, name) != 0)) return 0;
    const long number = ++calls;
    if (strcmp(fault.mode, "kill") == 0 && number == fault.at) raise(SIGKILL);
    const int is_hit = (strcmp(fault.mode, "fail") == 0 && number == fault.at) ||
                       (strcmp(fault.mode, "from") == 0 && number >= fault.at);
    if (!is_hit) return 0;
    note_hit();
    return fault.error;
}

static int is_file(int descriptor)
{
    struct stat there;
    return fstat(descriptor, &there) == 0 && (S_ISREG(there.st_mode) || S_ISDIR(there.st_mode));
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* name(parameters) is passed on unless it meets its fault. */
#define PASS_ON(type, name, condition, parameters, arguments) \
    type name parameters                                      \
    {                                                         \
        const int error = (condition) ? meets(#name) : 0;     \
        if (error) {                                          \
            errno = error;                                    \
            return -1;                                        \
        }                                                     \
        return NEXT(name) arguments;                          \
    }

PASS_ON(ssize_t, write, is_file(file), (int file, const void *bytes, size_t n), (file, bytes, n))
PASS_ON(ssize_t, pwrite, is_file(file), (int file, const void *bytes, size_t n, off_t at),
        (file, bytes, n, at))
PASS_ON(int, ftruncate, 1, (int file, off_t length), (file, length))
PASS_ON(int, fsync, 1, (int file), (file))
PASS_ON(int, rename, 1, (const char *from, const char *to), (from, to))
PASS_ON(int, link, 1, (const char *from, const char *to), (from, to))
PASS_ON(int, unlink, 1, (const char *path), (path))
PASS_ON(int, mkdir, 1, (const char *path, mode_t mode), (path, mode))
PASS_ON(int, rmdir, 1, (const char *path), (path))

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list rest;
    va_start(rest, flags);
    if (flags & O_CREAT) mode = va_arg(rest, mode_t);
    va_end(rest);
    const int error = (flags & O_ACCMODE) != O_RDONLY ? meets("open") : 0;
    if (error) {
        errno = error;
        return -1;
    }
    return NEXT(open)(path, flags, mode);
}
