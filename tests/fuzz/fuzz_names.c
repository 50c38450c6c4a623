/* A recording's path, from which machine, id, SNR, label and the rest are read; and, behind the first line, the table
 * of attributes that may lie beside it. */
#include "fuzz.h"

#include "core/memory.h"
#include "io/attribute_table.h"
#include "io/dataset.h"

#include <string.h>

static void look_up(const char *table_text, const char *name)
{
    struct attribute_table table;
    char *found = NULL;
    if (fuzz_ok(attribute_table_init(&table, fuzz_file(table_text, strlen(table_text)))))
        (void)fuzz_ok(attribute_table_find(&table, name, &found));
    memory_free(found);
    attribute_table_release(&table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct recording recording = { 0 };
    char group[256], *path = fuzz_text(data, size), *newline = strchr(path, '\n');
    if (newline) *newline++ = '\0';
    recording.path = memory_text(path);
    recording.root = memory_text(size & 1 ? "/data" : "");
    if (fuzz_ok(recording_parse(&recording, path))) {
        recording_group(&recording, group);
        memory_free(recording_file(&recording));
    }
    recording_release(&recording);
    const char *slash = strrchr(path, '/');
    if (newline) look_up(newline, slash ? slash + 1 : path);
    return 0;
}
