#include "eval/reused.h"

#include "core/memory.h"

#include <string.h>

/* Stored alike, or the same file: paths are relative to the PATH that was given then. */
static enum status compare_recording(const struct recording *kept, const struct recording *wanted,
                                     int *is_same)
{
    char *file = recording_file(kept);
    TRY(memory_check(file));
    *is_same = strcmp(kept->path, wanted->path) == 0 || strcmp(file, wanted->file) == 0;
    memory_free(file);
    return OK;
}

/* The recordings that the file has rows of, in order, against those that are wanted. */
enum status reused_check(const struct features *features, const char *path, const struct dataset *wanted)
{
    const struct features_table *table = features_recordings(features);
    const struct recording *last = NULL;
    size_t n = 0;
    int is_same = 1;
    for (size_t i = 0; i < table->count && is_same; i++) {
        const struct recording *of = &table->rows[i].of;
        if (last && strcmp(last->path, of->path) == 0) continue;
        last = of;
        is_same = n < wanted->count;
        if (is_same) TRY(compare_recording(of, &wanted->recordings[n++], &is_same));
    }
    REQUIRE(is_same && n == wanted->count, ERR_USAGE,
            "%s: made of other recordings than now are asked for: %s is %s; --overwrite makes it anew", path,
            is_same ? wanted->recordings[n].path : last->path, is_same ? "not among them" : "one of them");
    return OK;
}
