/* What a feature file keeps of the guards, and how they are told. */
#include "io/guards.h"

#include "core/memory.h"
#include "io/json_text.h"

#include <string.h>

static const struct {
    const char *name, *one, *many;
} guards_table[N_GUARDS] = {
    [GUARD_SILENT] = { "silent", "recording is silent", "recordings are silent" },
    [GUARD_CLIPPED] = { "clipped", "recording is clipped", "recordings are clipped" },
    [GUARD_OFFSET] = { "dc_offset", "recording has a DC offset", "recordings have a DC offset" },
    [GUARD_SAME_SAMPLES] = { "same_samples", "recording has the samples of one before it",
                             "recordings have the samples of one before them" },
    [GUARD_SAME_FEATURES] = { "same_features",
                              "recording has the features of one before it, from other samples",
                              "recordings have the features of one before them, from other samples" },
    [GUARD_CONSTANT] = { "constant_columns", "column of the features has the same value in all rows",
                         "columns of the features have the same value in all rows" },
    [GUARD_LENGTH] = { "other_length", "recording is not as long as the others of its group",
                       "recordings are not as long as the others of their group" },
    [GUARD_RATE] = { "other_sample_rate", "recording has another sample rate than most",
                     "recordings have another sample rate than most" },
};

const char *guard_name(enum guard guard)
{
    return guards_table[guard].name;
}

int guard_words(const struct guards *guards, enum guard guard, char *words, size_t size)
{
    const long long count = guards->count[guard];
    const char *example = guards->example[guard];
    if (!guards->is_known || count == 0) return 0;
    if (guard == GUARD_CONSTANT && 2 * count < guards->columns) return 0;
    snprintf(words, size, "%lld %s%s%s", count,
             count == 1 ? guards_table[guard].one : guards_table[guard].many,
             !*example    ? ""
             : count == 1 ? ": "
                          : "; the first is ",
             example);
    return 1;
}

json_t *guards_json(const struct guards *guards)
{
    if (!guards->is_known) return json_null();
    json_t *object = json_object();
    for (int g = 0; g < N_GUARDS; g++)
        json_object_set_new(object, guards_table[g].name,
                            json_pack("{s:I, s:o}", "count", (json_int_t)guards->count[g], "example",
                                      json_text(guards->example[g])));
    return object;
}

/* ------------------------------------------------------------------------------------------------ file */

enum status guards_write(struct store *store, const struct guards *guards)
{
    const char *names[N_GUARDS], *examples[N_GUARDS];
    int64_t counts[N_GUARDS];
    for (int g = 0; g < N_GUARDS; g++) {
        names[g] = guards_table[g].name;
        examples[g] = guards->example[g];
        counts[g] = guards->count[g];
    }
    TRY(store_new(store, "/warnings/name", STORE_TEXT, N_GUARDS, 0, 0));
    TRY(store_new(store, "/warnings/count", STORE_INT64, N_GUARDS, 0, 0));
    TRY(store_new(store, "/warnings/example", STORE_TEXT, N_GUARDS, 0, 0));
    TRY(store_write(store, "/warnings/name", 0, N_GUARDS, names));
    TRY(store_write(store, "/warnings/count", 0, N_GUARDS, counts));
    return store_write(store, "/warnings/example", 0, N_GUARDS, examples);
}

static enum status read_names(struct store *store)
{
    char *names[N_GUARDS];
    int n_others = 0;
    TRY(store_read_column(store, "/warnings/name", STORE_TEXT, 0, N_GUARDS, names));
    for (int g = 0; g < N_GUARDS; g++) {
        n_others += strcmp(names[g], guards_table[g].name) != 0;
        memory_free(names[g]);
    }
    REQUIRE(n_others == 0, ERR_INPUT, "%s: /warnings/name holds other names than expected",
            store_path(store));
    return OK;
}

static enum status read_examples(struct store *store, struct guards *guards)
{
    char *examples[N_GUARDS];
    TRY(store_read_column(store, "/warnings/example", STORE_TEXT, 0, N_GUARDS, examples));
    for (int g = 0; g < N_GUARDS; g++) {
        snprintf(guards->example[g], GUARD_EXAMPLE, "%s", examples[g]);
        memory_free(examples[g]);
    }
    return OK;
}

enum status guards_read(struct store *store, struct guards *guards)
{
    static const char *const members[] = { "/warnings/name", "/warnings/count", "/warnings/example" };
    int64_t counts[N_GUARDS];
    *guards = (struct guards){ 0 };
    if (!store_has(store, "/warnings")) return OK;
    for (int i = 0; i < 3; i++) {
        size_t rows, columns;
        TRY(store_shape(store, members[i], &rows, &columns));
        REQUIRE(rows == N_GUARDS && columns == 0, ERR_INPUT, "%s: %s has %zu rows, expected %d",
                store_path(store), members[i], rows, N_GUARDS);
    }
    TRY(read_names(store));
    TRY(store_read_column(store, "/warnings/count", STORE_INT64, 0, N_GUARDS, counts));
    for (int g = 0; g < N_GUARDS; g++) guards->count[g] = counts[g];
    TRY(read_examples(store, guards));
    guards->is_known = 1;
    return OK;
}
