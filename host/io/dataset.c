#include "io/dataset.h"

#include "core/memory.h"
#include "io/attribute_table.h"
#include "io/dataset_walk.h"
#include "io/snr.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A recording while the table is being made. */
struct found {
    struct recording recording;
    char *real;  /* its path without links */
    size_t turn; /* in the order in which they were found */
};

struct collection {
    struct found *items;
    size_t count, capacity;
    struct texts ignored;
};

/* ----------------------------------------------------------------------------------------------- paths */

static int is_below_dots(const char *path)
{
    const size_t length = strlen(path);
    return strstr(path, "/../") || strncmp(path, "../", 3) == 0 || strcmp(path, "..") == 0 ||
           (length > 2 && strcmp(path + length - 3, "/..") == 0);
}

/* Takes out empty parts and single dots, in place; `path` is absolute. */
static void tidy(char *path)
{
    char *out = path;
    for (const char *in = path; *in;) {
        const size_t length = strcspn(in + 1, "/");
        if (length > 0 && !(length == 1 && in[1] == '.')) {
            memmove(out, in, length + 1);
            out += length + 1;
        }
        in += length + 1;
    }
    if (out == path) *out++ = '/';
    *out = '\0';
}

/* The whole path as the user sees it: links stay, because their names may tell the machine; only where `..`
 * is in it they are followed, because it means another folder behind a link. The caller owns *out. */
static enum status make_absolute(const char *path, char **out)
{
    char *folder = path[0] == '/' ? NULL : getcwd(NULL, 0);
    REQUIRE(path[0] == '/' || folder || errno != ENOMEM, ERR_MEMORY, "%s: out of memory", path);
    char *joined = folder ? memory_print("%s/%s", folder, path) : memory_text(path);
    enum status status = memory_check(joined);
    free(folder);
    *out = joined;
    if (status == OK && is_below_dots(path)) {
        *out = NULL;
        status = walk_real_path(path, joined, out);
        memory_free(joined);
    }
    TRY(status);
    if ((*out)[0] == '/') tidy(*out);
    return OK;
}

/* ------------------------------------------------------------------------------------------ collecting */

/* Takes over path, root, file and real; any of them may be NULL (no memory). */
static enum status add(struct collection *all, char *path, char *root, char *file, char *real)
{
    struct found added = { .recording = { .path = path, .root = root, .file = file }, .real = real };
    enum status status;
    TRY_OR_DONE(memory_check(path && root && file && real ? path : NULL));
    TRY_OR_DONE(memory_grow((void **)&all->items, &all->capacity, all->count, sizeof *all->items));
    TRY_OR_DONE(recording_parse(&added.recording, file));
    added.turn = all->count;
    all->items[all->count++] = added;
    return OK;
done:
    recording_release(&added.recording);
    memory_free(real);
    return status;
}

static enum status add_named(struct collection *all, const char *path)
{
    char *file = NULL, *real = NULL;
    TRY(make_absolute(path, &file));
    /* a dangling link, or a list's line without a file, leads nowhere */
    const enum status status = walk_real_path(path, file, &real);
    if (status != OK) memory_free(file);
    TRY(status);
    return add(all, memory_text(path), memory_text(""), file, real);
}

static enum status add_walked(struct collection *all, const struct walk *walk, const char *root)
{
    for (size_t i = 0; i < walk->files.count; i++)
        TRY(add(all, memory_text(walk->files.items[i]), memory_text(root),
                memory_print("%s/%s", strcmp(root, "/") == 0 ? "" : root, walk->files.items[i]),
                memory_text(walk->real.items[i])));
    for (size_t i = 0; i < walk->ignored.count; i++)
        TRY(texts_add(&all->ignored, memory_text(walk->ignored.items[i])));
    return OK;
}

static enum status add_folder(struct collection *all, const char *path)
{
    enum status status;
    struct walk walk = { 0 };
    char *root = NULL;
    TRY_OR_DONE(make_absolute(path, &root));
    TRY_OR_DONE(walk_init(&walk, root));
    if (walk.files.count == 0) {
        status = fail(ERR_INPUT, "%s: the folder holds no recording (%zu files of other kinds)", path,
                      walk.ignored.count);
        goto done;
    }
    TRY_OR_DONE(add_walked(all, &walk, root));
done:
    walk_release(&walk);
    memory_free(root);
    return status;
}

static int is_folder(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

static enum status add_path(struct collection *all, const char *path)
{
    struct stat found;
    REQUIRE(lstat(path, &found) == 0, ERR_INPUT, "%s: %s", path, strerror(errno));
    return is_folder(path) ? add_folder(all, path) : add_named(all, path);
}

static enum status add_list(struct collection *all, const char *list)
{
    FILE *file = fopen(list, "re");
    REQUIRE(file, ERR_INPUT, "%s: the list cannot be read: %s", list, strerror(errno));
    enum status status = OK;
    char *line = NULL;
    size_t size = 0;
    errno = 0;
    while (status == OK && getline(&line, &size, file) > 0) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0]) status = is_folder(line) ? add_folder(all, line) : add_named(all, line);
    }
    if (status == OK && ferror(file))
        status = fail(ERR_INPUT, "%s: the list cannot be read: %s", list, strerror(errno));
    free(line);
    fclose(file);
    return status;
}

/* -------------------------------------------------------------------------------------------- one each */

static int by_real_path(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    const int order = strcmp(x->real, y->real);
    return order ? order : (x->turn > y->turn) - (x->turn < y->turn);
}

static void found_release(struct found *found)
{
    recording_release(&found->recording);
    memory_free(found->real);
}

/* Keeps the first of those that are one file. */
static enum status drop_doubles(struct collection *all)
{
    enum status status = OK;
    size_t kept = 0;
    if (all->count == 0) return OK;
    qsort(all->items, all->count, sizeof *all->items, by_real_path);
    for (size_t i = 1; i < all->count; i++) {
        struct found *last = &all->items[kept], *next = &all->items[i];
        if (strcmp(last->real, next->real) != 0) {
            all->items[++kept] = *next;
            continue;
        }
        if (status == OK && strcmp(last->recording.file, next->recording.file) != 0)
            status = texts_add(&all->ignored, memory_print("%s: the same file as %s", next->recording.path,
                                                           last->recording.path));
        found_release(next);
    }
    all->count = kept + 1;
    return status;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct found *)a)->recording.path, ((const struct found *)b)->recording.path);
}

/* If two would be stored alike, all are stored absolute. */
static enum status store_apart(struct collection *all)
{
    int are_apart = 1;
    if (all->count == 0) return OK;
    qsort(all->items, all->count, sizeof *all->items, by_path);
    for (size_t i = 1; i < all->count && are_apart; i++)
        are_apart = by_path(&all->items[i - 1], &all->items[i]) != 0;
    for (size_t i = 0; i < all->count && !are_apart; i++) {
        struct recording *recording = &all->items[i].recording;
        memory_free(recording->path);
        TRY(memory_check(recording->path = memory_text(recording->file)));
    }
    return OK;
}

/* ------------------------------------------------------------------------------------------- the table */

static enum status set_missing_snr(struct collection *all, const char *option)
{
    if (!option || !option[0]) return OK;
    const char *snr = snr_of(option);
    REQUIRE(snr, ERR_USAGE, "--snr %s: -6dB, 0dB or 6dB is expected", option);
    for (size_t i = 0; i < all->count; i++)
        if (!all->items[i].recording.snr[0]) TRY(memory_replace(&all->items[i].recording.snr, snr));
    return OK;
}

static int by_group(const struct recording *x, const struct recording *y)
{
    int order = strcmp(x->machine, y->machine);
    if (!order) order = strcmp(x->id, y->id);
    if (!order) order = strcmp(x->snr, y->snr);
    return order ? order : strcmp(x->label, y->label);
}

static int by_table_order(const void *a, const void *b)
{
    const struct recording *x = a, *y = b;
    const int order = by_group(x, y);
    return order ? order : strcmp(x->path, y->path);
}

static void keep_first(struct dataset *dataset, int limit)
{
    size_t kept = 0;
    int in_group = 0;
    for (size_t i = 0; i < dataset->count; i++) {
        struct recording next = dataset->recordings[i];
        const int is_new = kept == 0 || by_group(&dataset->recordings[kept - 1], &next) != 0;
        in_group = is_new ? 1 : in_group + 1;
        if (in_group <= limit)
            dataset->recordings[kept++] = next;
        else
            recording_release(&next);
    }
    dataset->count = kept;
}

/* Moves what was collected into `dataset`. */
static enum status make_table(struct dataset *dataset, struct collection *all)
{
    dataset->ignored = all->ignored.items;
    dataset->n_ignored = all->ignored.count;
    dataset->ignored_capacity = all->ignored.capacity;
    all->ignored = (struct texts){ 0 };
    TRY(memory_check(dataset->recordings = memory_new(all->count, sizeof *dataset->recordings)));
    dataset->capacity = all->count;
    for (size_t i = 0; i < all->count; i++) {
        dataset->recordings[i] = all->items[i].recording;
        all->items[i].recording = (struct recording){ 0 };
    }
    dataset->count = all->count;
    qsort(dataset->recordings, dataset->count, sizeof *dataset->recordings, by_table_order);
    return OK;
}

/* ------------------------------------------------------------------------------------------ attributes */

/* Where a recording's attributes_NN.csv would lie: beside it (`levels` = 0) or a folder higher. */
static char *table_path(const struct recording *recording, int levels)
{
    int length = (int)strlen(recording->file);
    for (int i = 0; i <= levels && length > 0; i++)
        while (length > 0 && recording->file[--length] != '/')
            ;
    return memory_print("%.*s/attributes_%s.csv", length, recording->file, recording->section);
}

/* Neighbours in the table share a file, so the last one that was read is kept. */
struct last_table {
    char *path;
    struct attribute_table table;
};

static enum status read_attributes(struct recording *recording, int levels, struct last_table *last)
{
    char *found = NULL, *path = table_path(recording, levels);
    if (!path) return ERR_MEMORY;
    if (last->path && strcmp(last->path, path) == 0) {
        memory_free(path);
    } else {
        memory_free(last->path);
        last->path = path;
        attribute_table_release(&last->table);
        TRY(attribute_table_init(&last->table, path));
    }
    TRY(attribute_table_find(&last->table, strrchr(recording->file, '/') + 1, &found));
    if (!found) return OK;
    memory_free(recording->attributes);
    recording->attributes = found;
    return OK;
}

static enum status fill_attributes(struct dataset *dataset)
{
    enum status status = OK;
    for (int levels = 0; levels < 2 && status == OK; levels++) {
        struct last_table last = { 0 };
        for (size_t i = 0; i < dataset->count && status == OK; i++) {
            struct recording *recording = &dataset->recordings[i];
            if (recording->section[0] && !recording->attributes[0])
                status = read_attributes(recording, levels, &last);
        }
        memory_free(last.path);
        attribute_table_release(&last.table);
    }
    return status;
}

/* ---------------------------------------------------------------------------------------------- public */

static enum status collect(struct collection *all, const char *const *paths, size_t n_paths, const char *list)
{
    for (size_t i = 0; i < n_paths; i++) TRY(add_path(all, paths[i]));
    if (list) TRY(add_list(all, list));
    REQUIRE(all->count > 0, ERR_INPUT, "%s: no recording was named", list ? list : "no PATH and no --list");
    return OK;
}

static void collection_release(struct collection *all)
{
    for (size_t i = 0; i < all->count; i++) found_release(&all->items[i]);
    memory_free(all->items);
    texts_release(&all->ignored);
}

enum status dataset_open(struct dataset *dataset, const char *const *paths, size_t n_paths,
                         const struct dataset_options *options)
{
    enum status status;
    struct collection all = { 0 };
    *dataset = (struct dataset){ 0 };
    TRY_OR_DONE(collect(&all, paths, n_paths, options->list));
    TRY_OR_DONE(drop_doubles(&all));
    TRY_OR_DONE(store_apart(&all));
    TRY_OR_DONE(set_missing_snr(&all, options->snr));
    TRY_OR_DONE(make_table(dataset, &all));
    TRY_OR_DONE(fill_attributes(dataset));
    if (options->limit > 0) keep_first(dataset, options->limit);
done:
    collection_release(&all);
    if (status != OK) dataset_release(dataset);
    return status;
}

void dataset_release(struct dataset *dataset)
{
    for (size_t i = 0; i < dataset->count; i++) recording_release(&dataset->recordings[i]);
    memory_free(dataset->recordings);
    for (size_t i = 0; i < dataset->n_ignored; i++) memory_free(dataset->ignored[i]);
    memory_free(dataset->ignored);
    *dataset = (struct dataset){ 0 };
}
