/* All recordings below a folder, whatever its links. */
#ifndef DATASET_WALK_H
#define DATASET_WALK_H

#include "core/status.h"

#include <stddef.h>

/* A list of texts, all owned. */
struct texts {
    char **items;
    size_t count, capacity;
};

struct walk {
    struct texts files;   /* relative to the folder */
    struct texts real;    /* the same files' paths without links: what tells that two are the same */
    struct texts ignored; /* "notes.txt: not a recording's ending" */
};

/* The path without links, owned by the caller (memory_free); `otherwise` where it leads nowhere. */
enum status walk_real_path(const char *path, const char *otherwise, char **out) MUST_CHECK;

/* Takes over `text`; NULL (no memory) is ERR_MEMORY. */
enum status texts_add(struct texts *texts, char *text) MUST_CHECK;
void texts_release(struct texts *texts);

/* Folders are read in byte order, what is behind links to folders after all others; each folder once, so
 * loops end. A link to a file is a recording by its own ending, also a dangling one. Folders below that
 * cannot be read are among the ignored. Release also after a failure. */
enum status walk_init(struct walk *walk, const char *folder) MUST_CHECK;
void walk_release(struct walk *walk);

#endif
