/* Preloaded into the program: lets it go without memory. Calls that ask for memory are counted from 1, whoever makes them:
 * earshot, its libraries, the C library; but not HDF5 (1.10.8) and libcrypto (3.0), which crash without memory and are not
 * ours to mend. Nor are those of AddressSanitizer itself.
 * ALLOCATION tells what happens, as words with a space between:
 *
 *      fail N        call number N finds no memory
 *      from N        nor does any call after it
 *      count FILE    writes to FILE when the program ends, a line for each call, a number that stands for who called whom:
 *                    calls on the same way through the program have the same one
 *
 * ALLOCATION_MET names a file that is made when a call failed. Goes together with AddressSanitizer (whose functions are
 * then the next ones), so that leaks on the way out are seen: ASAN_OPTIONS=verify_asan_link_order=0. */
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

/* AddressSanitizer's; NULL without it. */
__attribute__((weak)) void *__interceptor_malloc(size_t);
__attribute__((weak)) void *__interceptor_calloc(size_t, size_t);
__attribute__((weak)) void *__interceptor_realloc(void *, size_t);
__attribute__((weak)) void *__interceptor_memalign(size_t, size_t);

/* Where a library's code lies. */
struct range {
    uintptr_t begin, end;
};
static struct range hdf5, libcrypto, libc, libasan;

static char mode[8], count_file[256], met_file[256];
static long first;
static atomic_long calls;
enum { COUNTED = 1 << 18 };
static uint64_t ways[COUNTED];
static pid_t process;

static int take_range(struct dl_phdr_info *library, size_t size, void *context)
{
    struct range *range = strstr(library->dlpi_name, "libhdf5")     ? &hdf5
                          : strstr(library->dlpi_name, "libcrypto") ? &libcrypto
                          : strstr(library->dlpi_name, "libc.so")   ? &libc
                          : strstr(library->dlpi_name, "libasan")   ? &libasan
                                                                    : NULL;
    (void)size, (void)context;
    for (int i = 0; range && i < library->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &library->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X)) continue;
        range->begin = library->dlpi_addr + part->p_vaddr;
        range->end = range->begin + part->p_memsz;
    }
    return 0;
}

static int is_in(const struct range *range, const void *address)
{
    return (uintptr_t)address >= range->begin && (uintptr_t)address < range->end;
}

/* AddressSanitizer asked the C library, as it does when a thread begins: without memory it gives up. */
static int is_of_sanitizer(void *const *frames, int n, const void *caller)
{
    int i = 0;
    while (i < n && frames[i] != caller) i++;
    while (i < n && is_in(&libc, frames[i])) i++;
    return i < n && is_in(&libasan, frames[i]);
}

/* Its own call, or one that the C library makes for it, as strdup does. */
static int is_spared(const void *caller)
{
    enum { FRAMES = 12 };
    void *frames[FRAMES];
    if (!is_in(&libc, caller)) return is_in(&hdf5, caller) || is_in(&libcrypto, caller);
    const int n = backtrace(frames, FRAMES);
    for (int i = 0; i < n; i++)
        if (is_in(&hdf5, frames[i]) || is_in(&libcrypto, frames[i])) return 1;
    return is_of_sanitizer(frames, n, caller);
}

__attribute__((constructor)) static void read_fault(void)
{
    const char *text = getenv("ALLOCATION"), *met = getenv("ALLOCATION_MET");
    char words[8];
    if (!text) return;
    sscanf(text, "%7s %255s", words, count_file);
    first = strtol(count_file, NULL, 10);
    if (met) strncpy(met_file, met, sizeof met_file - 1);
    process = getpid();
    void *frame;
    (void)backtrace(&frame, 1); /* loads what it needs, with memory of its own */
    dl_iterate_phdr(take_range, NULL);
    memcpy(mode, words, sizeof mode);
}

__attribute__((destructor)) static void write_count(void)
{
    const long n = calls < COUNTED ? calls : COUNTED;
    FILE *file = strcmp(mode, "count") == 0 && getpid() == process ? fopen(count_file, "w") : NULL;
    if (!file) return;
    for (long i = 0; i < n; i++) fprintf(file, "%016llx\n", (unsigned long long)ways[i]);
    if (calls > COUNTED || fclose(file)) abort();
}

/* FNV-1a over the addresses from which the call was reached. */
static uint64_t way_here(void)
{
    enum { FRAMES = 32 };
    void *frames[FRAMES];
    const int n = backtrace(frames, FRAMES);
    uint64_t way = 14695981039346656037u;
    for (int i = 0; i < n; i++) way = (way ^ (uintptr_t)frames[i]) * 1099511628211u;
    return way;
}

/* A breakpoint here shows who goes without. */
__attribute__((noinline)) static void goes_without(void)
{
    const int file = *met_file ? open(met_file, O_WRONLY | O_CREAT, 0666) : -1;
    if (file >= 0) close(file);
    errno = ENOMEM;
}

static int is_refused(const void *caller)
{
    if (!*mode || is_spared(caller)) return 0;
    const long number = ++calls;
    if (mode[0] == 'c' && number <= COUNTED) ways[number - 1] = way_here();
    const int is_hit = mode[1] == 'a' ? number == first : mode[1] == 'r' ? number >= first : 0;
    if (is_hit) goes_without();
    return is_hit;
}

void *malloc(size_t size)
{
    if (is_refused(__builtin_return_address(0))) return NULL;
    return __interceptor_malloc ? __interceptor_malloc(size) : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    if (is_refused(__builtin_return_address(0))) return NULL;
    return __interceptor_calloc ? __interceptor_calloc(count, size) : __libc_calloc(count, size);
}

void *realloc(void *pointer, size_t size)
{
    if (is_refused(__builtin_return_address(0))) return NULL;
    return __interceptor_realloc ? __interceptor_realloc(pointer, size) : __libc_realloc(pointer, size);
}

static void *aligned(size_t alignment, size_t size, const void *caller)
{
    if (is_refused(caller)) return NULL;
    return __interceptor_memalign ? __interceptor_memalign(alignment, size)
                                  : __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size)
{
    return aligned(alignment, size, __builtin_return_address(0));
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return aligned(alignment, size, __builtin_return_address(0));
}

int posix_memalign(void **pointer, size_t alignment, size_t size)
{
    void *found = aligned(alignment, size, __builtin_return_address(0));
    if (!found) return ENOMEM;
    *pointer = found;
    return 0;
}
