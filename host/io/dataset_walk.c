#include "io/dataset_walk.h"

#include "core/log.h"
#include "core/memory.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* One folder in work. */
struct place {
    char *relative; /* "" for the folder that the walk began with */
    char *path;     /* how it is opened */
    char *real;     /* without links */
};

struct walker {
    struct walk *walk;
    const char *root;
    struct texts links; /* links to folders, relative to root: they wait until the end */
    struct seen {
        dev_t device;
        ino_t number;
    } * seen; /* folders that were read */
    size_t n_seen, seen_capacity;
};

static enum status read_folder(struct walker *walker, const struct place *place);

/* ----------------------------------------------------------------------------------------------- texts */

enum status texts_add(struct texts *texts, char *text)
{
    if (!text) return ERR_MEMORY;
    const enum status status =
        memory_grow((void **)&texts->items, &texts->capacity, texts->count, sizeof *texts->items);
    if (status != OK) {
        memory_free(text);
        return status;
    }
    texts->items[texts->count++] = text;
    return OK;
}

void texts_release(struct texts *texts)
{
    for (size_t i = 0; i < texts->count; i++) memory_free(texts->items[i]);
    memory_free(texts->items);
    *texts = (struct texts){ 0 };
}

static char *join(const char *folder, const char *name)
{
    return folder[0] ? memory_print("%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name)
                     : memory_text(name);
}

/* --------------------------------------------------------------------------------------------- entries */

static int has_recordings_ending(const char *name)
{
    static const char *const endings[] = { "wav", "flac", "ogg", "aif", "aiff", "au", "w64", "caf", "mp3" };
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(dot + 1, endings[i]) == 0) return 1;
    return 0;
}

/* They lie beside DCASE's recordings and are read for them (attribute_table.h). */
static int is_attribute_table(const char *name)
{
    return strncmp(name, "attributes_", 11) == 0 && strcasecmp(name + strlen(name) - 4, ".csv") == 0;
}

enum status walk_real_path(const char *path, const char *otherwise, char **out)
{
    char *real = realpath(path, NULL);
    REQUIRE(real || errno != ENOMEM, ERR_MEMORY, "%s: out of memory", path);
    *out = memory_text(real ? real : otherwise);
    free(real);
    return memory_check(*out);
}

static enum status ignore(struct walker *walker, const char *relative, const char *reason)
{
    return texts_add(&walker->walk->ignored, memory_print("%s: %s", relative, reason));
}

static enum status add_file(struct walker *walker, const struct place *file, int is_link)
{
    if (is_attribute_table(strrchr(file->path, '/') + 1)) return OK;
    if (!has_recordings_ending(file->path)) return ignore(walker, file->relative, "not a recording's ending");
    char *real = NULL;
    if (is_link)
        TRY(walk_real_path(file->path, file->real, &real)); /* file->real for a dangling one */
    else
        real = memory_text(file->real);
    TRY(texts_add(&walker->walk->real, real));
    return texts_add(&walker->walk->files, memory_text(file->relative));
}

static enum status read_place(struct walker *walker, const struct place *place, unsigned char type)
{
    struct stat found = { .st_mode = S_IFREG };
    const int is_link = type == DT_LNK;
    if (type == DT_REG) return add_file(walker, place, 0);
    if (stat(place->path, &found) != 0 && !is_link) return ignore(walker, place->relative, strerror(errno));
    if (S_ISDIR(found.st_mode) && is_link) return texts_add(&walker->links, memory_text(place->relative));
    if (S_ISDIR(found.st_mode)) return read_folder(walker, place);
    if (S_ISREG(found.st_mode)) return add_file(walker, place, is_link);
    return ignore(walker, place->relative, "not a regular file");
}

/* Not every file system tells the type with the name. */
static unsigned char type_of(const char *path, unsigned char told)
{
    struct stat found;
    if (told != DT_UNKNOWN || lstat(path, &found) != 0) return told;
    return S_ISREG(found.st_mode) ? DT_REG : S_ISLNK(found.st_mode) ? DT_LNK : DT_UNKNOWN;
}

static void place_release(struct place *place)
{
    memory_free(place->relative);
    memory_free(place->path);
    memory_free(place->real);
}

static enum status read_entry(struct walker *walker, const struct place *folder, const struct dirent *entry)
{
    enum status status;
    struct place place = { join(folder->relative, entry->d_name), join(folder->path, entry->d_name),
                           join(folder->real, entry->d_name) };
    TRY_OR_DONE(memory_check(place.relative));
    TRY_OR_DONE(memory_check(place.path));
    TRY_OR_DONE(memory_check(place.real));
    if (entry->d_name[0] == '.')
        TRY_OR_DONE(ignore(walker, place.relative, "hidden"));
    else
        TRY_OR_DONE(read_place(walker, &place, type_of(place.path, entry->d_type)));
done:
    place_release(&place);
    return status;
}

/* --------------------------------------------------------------------------------------------- folders */

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_entry(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* Whether the folder was read before; notes it if not. */
static enum status is_seen(struct walker *walker, const char *path, int *answer)
{
    struct stat found;
    *answer = 0;
    if (stat(path, &found) != 0) return OK; /* reading it says why */
    for (size_t i = 0; i < walker->n_seen && !*answer; i++)
        *answer = walker->seen[i].number == found.st_ino && walker->seen[i].device == found.st_dev;
    if (*answer) return OK;
    TRY(memory_grow((void **)&walker->seen, &walker->seen_capacity, walker->n_seen, sizeof *walker->seen));
    walker->seen[walker->n_seen++] = (struct seen){ found.st_dev, found.st_ino };
    return OK;
}

static enum status read_folder(struct walker *walker, const struct place *place)
{
    int seen;
    TRY(is_seen(walker, place->path, &seen));
    if (seen) return ignore(walker, place->relative, "a folder that was read already, by another way");
    struct dirent **entries;
    const int count = scandir(place->path, &entries, is_entry, by_bytes);
    REQUIRE(count >= 0 || errno != ENOMEM, ERR_MEMORY, "%s: out of memory", place->path);
    if (count < 0) {
        log_warning("%s: the folder cannot be read: %s", place->path, strerror(errno));
        return ignore(walker, place->relative, "the folder cannot be read");
    }
    enum status status = OK;
    for (int i = 0; i < count; i++) {
        if (status == OK) status = read_entry(walker, place, entries[i]);
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* The folder at `relative` below root, or root itself for "". */
static enum status read_from(struct walker *walker, const char *relative)
{
    enum status status;
    struct place place = { memory_text(relative),
                           relative[0] ? join(walker->root, relative) : memory_text(walker->root), NULL };
    TRY_OR_DONE(memory_check(place.relative));
    TRY_OR_DONE(memory_check(place.path));
    TRY_OR_DONE(walk_real_path(place.path, place.path, &place.real));
    TRY_OR_DONE(read_folder(walker, &place));
done:
    place_release(&place);
    return status;
}

enum status walk_init(struct walk *walk, const char *folder)
{
    struct walker walker = { .walk = walk, .root = folder };
    *walk = (struct walk){ 0 };
    enum status status = read_from(&walker, "");
    for (size_t i = 0; i < walker.links.count && status == OK; i++) /* reading one may add more */
        status = read_from(&walker, walker.links.items[i]);
    texts_release(&walker.links);
    memory_free(walker.seen);
    return status;
}

void walk_release(struct walk *walk)
{
    texts_release(&walk->files);
    texts_release(&walk->real);
    texts_release(&walk->ignored);
}
