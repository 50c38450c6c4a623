/* Stands in for libFuzzer where there is no clang: TARGET [-changes=N] FILE-OR-FOLDER... gives each file of the corpus
 * to the target, and N copies of it with some bytes changed, the same ones every time. Without libFuzzer nobody sees
 * which changes reach new code; the corpus has those that did. */
#include "fuzz.h"

#include "core/rng.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_BYTES = 1 << 20 };

static long n_inputs, n_changes;

__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    return 0;
}

/* An exact copy, so that AddressSanitizer sees who reads behind the end. */
static void give(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy) exit(1);
    memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    n_inputs++;
}

/* One to four bytes get other values, or the end is cut off. */
static void give_changed(const uint8_t *bytes, size_t size, struct rng *rng)
{
    static uint8_t changed[MOST_BYTES];
    static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff, '\n', '/', ',' };
    const int n = 1 + (int)(rng_bits(rng) % 4);
    memcpy(changed, bytes, size);
    for (int i = 0; i < n && size > 0; i++) {
        const uint64_t bits = rng_bits(rng);
        uint8_t *byte = &changed[(bits >> 16) % size];
        *byte = (uint8_t)(bits & 1 ? values[bits >> 1 & 7] : *byte ^ (1u << (bits >> 4 & 7)));
    }
    if (size > 1 && rng_bits(rng) % 8 == 0) size = (size_t)(rng_bits(rng) % size);
    give(changed, size);
}

static void replay_file(const char *path)
{
    static uint8_t bytes[MOST_BYTES];
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    struct rng rng = rng_seeded(1, size);
    give(bytes, size);
    for (long i = 0; i < n_changes; i++) give_changed(bytes, size, &rng);
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void replay_folder(const char *path)
{
    struct dirent **names;
    const int n = scandir(path, &names, is_shown, alphasort);
    for (int i = 0; i < n; i++) {
        char file[4096];
        snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
        replay_file(file);
        free(names[i]);
    }
    if (n >= 0) free(names);
}

int main(int argc, char **argv)
{
    struct stat about;
    LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "-changes=", 9) == 0)
            n_changes = strtol(argv[i] + 9, NULL, 10);
        else if (stat(argv[i], &about) == 0 && S_ISDIR(about.st_mode))
            replay_folder(argv[i]);
        else
            replay_file(argv[i]);
    printf("%ld inputs\n", n_inputs);
    if (n_inputs == 0) fprintf(stderr, "no input was found\n");
    return n_inputs == 0;
}
