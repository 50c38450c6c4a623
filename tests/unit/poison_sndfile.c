/* Stands before libsndfile's sf_open_virtual, linked into a test or with LD_PRELOAD, and does at its command
 * what decoders have done at bad recordings. A recording whose first bytes hold "POISON word" is opened so:
 *
 *   hang    never comes back, asleep      crash   SIGSEGV         leak    loses 40 MiB, then opens it
 *   spin    never comes back, busy        abort   SIGABRT         once    SIGABRT unless the file that
 *   grow    takes memory until none is    exit    ends, code 9            POISON_MARK names is there; then
 *           left, then SIGABRT                                            makes it, so that the next is opened */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MIB = 1 << 20 };

/* Volatile, so that no compiler leaves the memory out. */
static void *volatile lost;

static void *lose(size_t size)
{
    char *memory = malloc(size);
    if (memory) memset(memory, 1, size);
    lost = memory;
    return memory;
}

static void grow(void)
{
    while (lose(MIB)) continue;
    abort();
}

static void once(void)
{
    const char *mark = getenv("POISON_MARK");
    if (!mark || open(mark, O_WRONLY | O_CREAT | O_EXCL, 0666) >= 0) abort();
}

static void obey(const char *word)
{
    static const volatile int forever = 1;
    if (strncmp(word, "hang", 4) == 0)
        while (forever) pause();
    if (strncmp(word, "spin", 4) == 0)
        while (forever) continue;
    if (strncmp(word, "crash", 5) == 0) raise(SIGSEGV);
    if (strncmp(word, "abort", 5) == 0) abort();
    if (strncmp(word, "exit", 4) == 0) _exit(9);
    if (strncmp(word, "grow", 4) == 0) grow();
    if (strncmp(word, "leak", 4) == 0) lose(40 * MIB);
    if (strncmp(word, "once", 4) == 0) once();
}

SNDFILE *sf_open_virtual(SF_VIRTUAL_IO *io, int mode, SF_INFO *info, void *context)
{
    typedef SNDFILE *open_virtual(SF_VIRTUAL_IO *, int, SF_INFO *, void *);
    open_virtual *real;
    char start[128] = "";
    io->seek(0, SEEK_SET, context);
    const sf_count_t n = io->read(start, sizeof start, context);
    io->seek(0, SEEK_SET, context);
    const char *word = n > 0 ? memmem(start, (size_t)n, "POISON ", 7) : NULL;
    if (word) obey(word + 7);
    void *found = dlsym(RTLD_NEXT, "sf_open_virtual");
    memcpy(&real, &found, sizeof real);
    return real(io, mode, info, context);
}
