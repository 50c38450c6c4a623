/* The folders in which weights are looked for: EARSHOT_WEIGHTS_DIR, then $XDG_CACHE_HOME/earshot
 * (~/.cache/earshot). */
#ifndef WEIGHTS_CACHE_H
#define WEIGHTS_CACHE_H

#include "core/status.h"
#include "io/weights_manifest.h"

enum { WEIGHTS_PATH = 512, WEIGHTS_MAX_FILES = 6 };

/* Folder number `i`, or 0 where there is none (any more). */
int weights_cache_folder(int i, char folder[WEIGHTS_PATH]);

/* The files that are there for a network, in the order of the search: in each folder NETWORK.safetensors,
 * NETWORK.pth, then the manifest's name. Returns how many. */
int weights_cache_files(const char *network, char files[WEIGHTS_MAX_FILES][WEIGHTS_PATH]);

/* Where a published file belongs: in the first folder, which is made if `make` is set. ERR_OUTPUT: it cannot
 * be, or there is none because neither variable nor HOME is set. */
enum status weights_cache_place(const struct published_weights *published, int make,
                                char path[WEIGHTS_PATH]) MUST_CHECK;

#endif
