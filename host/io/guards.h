/* Signs that something is silently wrong with a data set: nothing fails, and the numbers mean little. They are
 * counted while parts are joined, over the recordings that gave features (each channel for itself), and only
 * ever told; docs/guards.md has the definitions. */
#ifndef GUARDS_H
#define GUARDS_H

#include "io/store.h"

#include <jansson.h>
#include <stdio.h>

struct feature_recording;

enum guard {
    GUARD_SILENT,        /* no sound at all */
    GUARD_CLIPPED,       /* full scale was not enough */
    GUARD_OFFSET,        /* the mean of the samples is far from 0 */
    GUARD_SAME_SAMPLES,  /* another recording has the same ones */
    GUARD_SAME_FEATURES, /* another one has the same ones, from other samples */
    GUARD_CONSTANT,      /* a column has one value in all rows */
    GUARD_LENGTH,        /* not as long as its group's others */
    GUARD_RATE,          /* another sample rate than most */
    N_GUARDS
};

enum { GUARD_EXAMPLE = 512 };

struct guards {
    int is_known; /* 0: nobody counted, as in files of older versions and in parts */
    int columns;  /* of the features */
    long long count[N_GUARDS];
    char example[N_GUARDS][GUARD_EXAMPLE]; /* the first such recording's path; "" where there is none */
};

/* ---- for who joins parts: every usable row of the table in order, then finish, then the examples' names */
struct guard_watch;
enum status guard_watch_open(struct guard_watch **out) MUST_CHECK;
void guard_watch_close(struct guard_watch **watch);
/* `row_number` is that of the final table; `features` hashes the row's features. */
enum status guard_watch_add(struct guard_watch *watch, long long row_number,
                            const struct feature_recording *row, const uint64_t features[2]) MUST_CHECK;
/* Counts all but GUARD_CONSTANT, which is the caller's. */
void guard_watch_finish(struct guard_watch *watch, struct guards *guards);
void guard_watch_name(const struct guard_watch *watch, long long row_number, const char *path,
                      struct guards *guards);

/* ---- /warnings/{name,count,example} of a feature file */
enum status guards_write(struct store *store, const struct guards *guards) MUST_CHECK;
enum status guards_read(struct store *store, struct guards *guards) MUST_CHECK;

/* ---- telling */
/* "silent", "clipped" … */
const char *guard_name(enum guard guard);
/* "3 recordings are silent; the first is a/b.wav"; 0: there is nothing to tell. Networks have columns that are
 * 0 for all pictures of sounds: constant ones are told from half of the columns on. */
int guard_words(const struct guards *guards, enum guard guard, char *words, size_t size);
/* {"silent": {"count": 3, "example": "a/b.wav"}, …}; null where nobody counted. NULL: no memory. */
json_t *guards_json(const struct guards *guards);

#endif
