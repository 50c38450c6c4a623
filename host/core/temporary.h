/* A file that is being written has a name of its own beside the one that it will get:
 *
 *      PATH.HOST-PROCESS-PLACE-RANDOM.tmp
 *
 * so any number of processes on any number of machines may write the same file, without locks: each renames its own,
 * and equal work replaces itself by the same bytes. PLACE stands for this start of this kernel and for the container
 * (process numbers mean nothing elsewhere), so that what a killed process left can be told from what another one
 * still writes. */
#ifndef TEMPORARY_H
#define TEMPORARY_H

/* Makes such a file, empty, open for writing. The descriptor, and its name in *name, owned by the caller; or -1 with
 * errno and *name = NULL. */
int temporary_create(const char *path, char **name);

/* Gives the file its name and flushes the folder: 0, or the error's number. Flush the file itself before. */
int temporary_rename(const char *name, const char *path);

/* The same, but who comes first stays: EEXIST where `path` is there already. */
int temporary_rename_first(const char *name, const char *path);

/* Removes what processes of this place that are gone left of files whose name begins with `beginning`: the path of
 * one file, or a folder's with a slash for all in it. Never fails. */
void temporary_remove_left(const char *beginning);
/* The same for all in a folder and in those below it; links are not followed. */
void temporary_remove_left_below(const char *folder);

#endif
