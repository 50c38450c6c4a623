/* How features of one making come about: a setup, its open line, and the recordings that wait for it. All models
 * that were made alike share one; all extractors share the backend, and equal weights. */
#ifndef EXTRACTOR_H
#define EXTRACTOR_H

#include "pipeline/batch.h"
#include "pipeline/lines.h"
#include "service/cost.h"

struct hearing; /* hearing.h */

struct extractor {
    struct attributes recorded; /* its settings point into it */
    struct setup setup;
    struct attributes provenance; /* setup_provenance */
    struct lines lines;           /* one, for common batches */
    struct batch batch;           /* of the computing thread */
    int most_patches;             /* of a common batch, unless a single recording has more */
    struct extractor *elder;      /* whose weights it uses, held; NULL: they are its own */
    int n_holders;
    struct extractor *next; /* in struct extractors */

    /* Who waits; of the service's lock. */
    struct hearing *first, *last;      /* decoded, the oldest first */
    struct extractor *next_waited_for; /* in struct service */
    int n_waiting;
    long long n_waiting_patches;
    int n_coming;      /* asked for, but not decoded yet */
    struct cost cost;  /* of its batches with features */
    int last_count;    /* recordings of the last batch */
    double last_ended; /* clock_seconds() */
};

/* Who has the backend, and with it the lists and counts below: one thread at a time. */
struct extractors {
    struct backend *backend;
    void (*take)(void *keeper), (*give)(void *keeper); /* the backend: waits until it is free; free again */
    void *keeper;
    const struct compute_options *compute;
    int max_batch;            /* struct service_options */
    struct extractor *first;  /* all that are held */
    struct extractor *unused; /* nobody holds them any more: extractors_sweep closes them */
};

/* Both are called without the backend and take it only for moments: files and weights are read aside, by one thread at
 * a time. */
/* Opens one for a bare network: settings are resolved. As setup_init says it. */
enum status extractors_open(struct extractors *all, const struct extract_settings *settings,
                            struct extractor **out) MUST_CHECK;
/* One that makes what a model recorded: one that is there, or a new one. As setup_like and provenance_compare say. */
enum status extractors_find(struct extractors *all, const struct attributes *recorded,
                            struct extractor **out) MUST_CHECK;

/* These three need the backend. */
struct extractor *extractor_hold(struct extractor *extractor);
/* The last one who lets go makes it unused. */
void extractors_let_go(struct extractors *all, struct extractor *extractor);
/* Closes what is unused. */
void extractors_sweep(struct extractors *all);

#endif
