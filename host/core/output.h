/* A text or binary file that appears complete or not at all: written under a temporary name beside `path`
 * (temporary.h), flushed to the disk, renamed. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "core/status.h"

#include <stdio.h>

struct output;

/* ERR_OUTPUT with the system's reason: folder missing, not writable. */
enum status output_open(struct output **out, const char *path) MUST_CHECK;

/* Writing to it needs no checks: output_commit finds every failure. */
FILE *output_stream(const struct output *output);

enum status output_commit(struct output **output) MUST_CHECK; /* closes it, whatever comes of it */
/* The same, but a file that is there already, or comes first, stays. */
enum status output_commit_first(struct output **output) MUST_CHECK;
void output_close(struct output **output); /* without commit: removes it; NULL is fine */

/* The folder `path`, made with those above it where they are missing. */
enum status output_folder(const char *path) MUST_CHECK;
/* The folder that the file `path` is to lie in; the path names one. */
enum status output_folder_of(const char *path) MUST_CHECK;
/* Removes a folder and all in it; links are not followed. Never fails. */
void output_remove_folder(const char *path);

#endif
