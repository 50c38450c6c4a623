/* Files of one path a line: --list, which becomes a data set, and --train-list, asked for what the first names. The
 * paths are looked up in an empty folder, so that a line cannot name what is on this machine. */
#include "fuzz.h"

#include "detect/train_list.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Lines that begin at the root or climb out of the folder could name whole disks, which would be walked. */
static void keep_inside(char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        const int begins = i == 0 || text[i - 1] == '\n', climbs = text[i] == '.' && text[i + 1] == '.';
        if (climbs || (begins && text[i] == '/')) text[i] = '_';
    }
}

static void ask(struct train_list *list, const struct dataset *dataset)
{
    const char *first;
    int has;
    for (size_t i = 0; i < dataset->count; i++)
        (void)fuzz_ok(train_list_has(list, &dataset->recordings[i], &has));
    (void)train_list_unused(list, &first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int is_inside;
    struct dataset dataset;
    struct train_list list;
    char *text = fuzz_text(data, size);
    if (!is_inside && chdir(fuzz_folder()) != 0) abort();
    is_inside = 1;
    keep_inside(text, size);
    const char *path = fuzz_file(text, size);
    const struct dataset_options options = { path, size & 1 ? "0dB" : NULL, (int)(size % 5) };
    const int is_open = fuzz_ok(dataset_open(&dataset, NULL, 0, &options));
    if (fuzz_ok(train_list_init(&list, path)) && is_open) ask(&list, &dataset);
    train_list_release(&list);
    if (is_open) dataset_release(&dataset);
    return 0;
}
