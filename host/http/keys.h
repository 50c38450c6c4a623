/* Who may ask: keys of a file, one a line. Only their hashes are kept, and comparing takes as long for a wrong key as
 * for a right one. */
#ifndef KEYS_H
#define KEYS_H

#include "core/status.h"

struct keys;

/* Empty lines and those that begin with # mean nothing. ERR_INPUT: no such file, no key in it, a key of fewer than 16
 * letters. */
enum status keys_open(struct keys **out, const char *path) MUST_CHECK;
void keys_close(struct keys **keys);
/* Reads the file again; where it cannot be used, the old keys stay. */
enum status keys_reload(struct keys *keys) MUST_CHECK;

/* "Bearer KEY" or "KEY"; NULL: the header is not there. */
int keys_allow(struct keys *keys, const char *authorization, const char *api_key);

#endif
