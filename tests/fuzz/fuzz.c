#include "fuzz.h"

#include "core/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void give_up(const char *words)
{
    fprintf(stderr, "fuzz: %s: %s\n", words, status_sentence());
    abort();
}

int fuzz_ok(enum status status)
{
    switch (status) {
    case OK:
        return 1;
    case ERR_USAGE:
    case ERR_PARTIAL:
    case ERR_INPUT:
    case ERR_POISON:
    case ERR_VERIFY:
        if (!*status_sentence()) give_up("refused without a sentence");
        return 0;
    default:
        give_up("an answer that no input may lead to");
        return 0;
    }
}

const char *fuzz_file(const void *bytes, size_t size)
{
    static char path[64];
    static int file = -1;
    if (file < 0) {
        file = memfd_create("input", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    if (file < 0 || ftruncate(file, 0) != 0 || pwrite(file, bytes, size, 0) != (ssize_t)size)
        give_up("no file in memory can be made");
    return path;
}

/* --------------------------------------------------------------------------------------------- folder */

static char folder[64];
static pid_t owner;

static void remove_folder(void)
{
    if (getpid() == owner) output_remove_folder(folder);
}

const char *fuzz_folder(void)
{
    if (*folder) return folder;
    snprintf(folder, sizeof folder, "%s/earshot-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(folder)) give_up("no folder can be made");
    owner = getpid();
    atexit(remove_folder);
    return folder;
}

/* ---------------------------------------------------------------------------------------------- bytes */

char *fuzz_text(const void *bytes, size_t size)
{
    static char *text;
    free(text);
    text = malloc(size + 1);
    if (!text) give_up("no memory for a text");
    if (size) memcpy(text, bytes, size);
    text[size] = '\0';
    return text;
}

unsigned fuzz_byte(struct fuzz_bytes *bytes)
{
    return bytes->at < bytes->end ? *bytes->at++ : 0;
}

unsigned fuzz_two_bytes(struct fuzz_bytes *bytes)
{
    const unsigned low = fuzz_byte(bytes);
    return low | fuzz_byte(bytes) << 8;
}
