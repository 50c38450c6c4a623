/* The recordings' table: an array of rows in memory, columns below /recordings in the file. */
#include "io/features_internal.h"

#include <stddef.h>
#include <string.h>

#define COLUMN(name, type, field)                                               \
    {                                                                           \
        "/recordings/" name, type, offsetof(struct feature_recording, field), 0 \
    }

/* Every column, in the file's order. */
static const struct column {
    const char *name;
    enum store_type type;
    size_t offset; /* of the field in struct feature_recording */
    int is_status; /* an enum in memory, a word in the file */
} columns[] = {
    COLUMN("path", STORE_TEXT, of.path),
    COLUMN("root", STORE_TEXT, of.root),
    COLUMN("machine", STORE_TEXT, of.machine),
    COLUMN("id", STORE_TEXT, of.id),
    COLUMN("snr", STORE_TEXT, of.snr),
    COLUMN("section", STORE_TEXT, of.section),
    COLUMN("domain", STORE_TEXT, of.domain),
    COLUMN("split", STORE_TEXT, of.split),
    COLUMN("label", STORE_TEXT, of.label),
    COLUMN("attributes", STORE_TEXT, of.attributes),
    COLUMN("channel", STORE_INT32, channel),
    COLUMN("sample_rate", STORE_INT32, sample_rate),
    COLUMN("samples", STORE_INT64, samples),
    COLUMN("level_dbfs", STORE_DOUBLE, level.rms_dbfs),
    COLUMN("peak", STORE_DOUBLE, level.peak),
    COLUMN("dc", STORE_DOUBLE, level.dc),
    COLUMN("clipped", STORE_INT64, level.clipped),
    COLUMN("first_patch", STORE_INT64, first_patch),
    COLUMN("n_patches", STORE_INT32, n_patches),
    { "/recordings/status", STORE_TEXT, offsetof(struct feature_recording, status), 1 },
    COLUMN("error", STORE_TEXT, error),
    COLUMN("hash", STORE_TEXT, hash),
};
enum { N_COLUMNS = sizeof columns / sizeof *columns, LARGEST_CELL = 8 };

static const char *const status_words[] = { [RECORDING_OK] = "ok", [RECORDING_FAILED] = "failed" };

static size_t cell_size(enum store_type type)
{
    return type == STORE_TEXT ? sizeof(char *) : type == STORE_INT32 ? sizeof(int32_t) : LARGEST_CELL;
}

static void *field(const struct column *column, const struct feature_recording *row)
{
    return (char *)row + column->offset;
}

/* --------------------------------------------------------------------------------------------- writing */

enum status features_table_new(struct store *store, size_t count)
{
    for (int c = 0; c < N_COLUMNS; c++) TRY(store_new(store, columns[c].name, columns[c].type, count, 0, 0));
    return OK;
}

static const char *text_cell(const struct column *column, const struct feature_recording *row)
{
    if (column->is_status) return status_words[row->status];
    const char *text = *(char **)field(column, row);
    return text ? text : "";
}

static void gather(const struct column *column, const struct features_table *table, char *cells)
{
    const size_t size = cell_size(column->type);
    for (size_t i = 0; i < table->count; i++) {
        const struct feature_recording *row = &table->rows[i];
        const char *text = column->type == STORE_TEXT ? text_cell(column, row) : NULL;
        memcpy(cells + i * size, text ? (const void *)&text : field(column, row), size);
    }
}

enum status features_table_write(struct store *store, size_t first_row, const struct features_table *table)
{
    char *cells = memory_new(table->count, LARGEST_CELL);
    enum status status = memory_check(cells);
    for (int c = 0; status == OK && c < N_COLUMNS; c++) {
        gather(&columns[c], table, cells);
        status = store_write(store, columns[c].name, first_row, table->count, cells);
    }
    memory_free(cells);
    return status;
}

/* --------------------------------------------------------------------------------------------- reading */

static enum status set_status(const char *word, struct feature_recording *row)
{
    for (int s = RECORDING_OK; s <= RECORDING_FAILED; s++)
        if (strcmp(word, status_words[s]) == 0) {
            row->status = (enum recording_status)s;
            return OK;
        }
    return fail(ERR_INPUT, "/recordings/status is \"%s\", expected ok or failed", word);
}

/* Words become enums, and are released here. */
static enum status scatter_status(char **words, struct features_table *table)
{
    enum status status = OK;
    for (size_t i = 0; i < table->count; i++) {
        if (status == OK) status = set_status(words[i], &table->rows[i]);
        memory_free(words[i]);
    }
    return status;
}

/* Texts move into the rows, which own them from now on. */
static void scatter(const struct column *column, const char *cells, struct features_table *table)
{
    const size_t size = cell_size(column->type);
    for (size_t i = 0; i < table->count; i++) memcpy(field(column, &table->rows[i]), cells + i * size, size);
}

static enum status read_column(struct store *store, const struct column *column, struct features_table *table,
                               char *cells)
{
    size_t rows, n_columns;
    TRY(store_shape(store, column->name, &rows, &n_columns));
    REQUIRE(rows == table->count && n_columns == 0, ERR_INPUT,
            "%s: %s has %zu rows, /recordings/path has %zu", store_path(store), column->name, rows,
            table->count);
    TRY(store_read_column(store, column->name, column->type, 0, rows, cells));
    if (!column->is_status) {
        scatter(column, cells, table);
        return OK;
    }
    if (scatter_status((char **)(void *)cells, table) == OK) return OK;
    return fail_within(ERR_INPUT, "%s", store_path(store));
}

enum status features_table_read(struct store *store, struct features_table *table)
{
    size_t rows, n_columns;
    TRY(store_shape(store, columns[0].name, &rows, &n_columns));
    char *cells = memory_new(rows, LARGEST_CELL);
    table->rows = memory_new(rows, sizeof *table->rows);
    enum status status = cells && table->rows ? OK : ERR_MEMORY;
    if (status == OK) table->count = table->capacity = rows;
    for (int c = 0; status == OK && c < N_COLUMNS; c++)
        status = read_column(store, &columns[c], table, cells);
    memory_free(cells);
    return status;
}

/* ------------------------------------------------------------------------------------------- releasing */

void feature_recording_release(struct feature_recording *row)
{
    recording_release(&row->of);
    memory_free(row->error);
    memory_free(row->hash);
    *row = (struct feature_recording){ 0 };
}

void features_table_release(struct features_table *table)
{
    for (size_t i = 0; i < table->count; i++) feature_recording_release(&table->rows[i]);
    memory_free(table->rows);
    *table = (struct features_table){ 0 };
}
