/* A handle and a result from the inside. What is opaque outside may change here. */
#ifndef LIBRARY_INTERNAL_H
#define LIBRARY_INTERNAL_H

#include "earshot.h"

#include "service/service.h"

#include <pthread.h>

/* This library's own options, beside those of the pipeline. */
struct library_settings {
    int max_batch, ahead, decoders, decode, decode_memory_mib;
    double max_delay_ms, max_seconds, decode_seconds;
    const char *helper; /* NULL: looked for */
};
enum library_decode { DECODE_APART, DECODE_HERE };
extern const struct option library_options[];

struct earshot_result {
    struct earshot_result *next; /* of those that were pushed and not pulled */
    struct earshot *of;          /* not looked at after it was pulled */
    struct ask ask;
    struct sound sound;
    void *bytes; /* owned: what `sound` points to; gone once it was pulled */
    char *name;  /* owned */
    long long number;
    int columns, is_done;
};

struct earshot {
    struct options options; /* texts of the settings */
    struct option_set sets[5];
    struct extract_settings settings; /* of a bare network */
    struct compute_options compute;
    struct library_settings own;
    char helper[4096]; /* the program that decodes; "": there is none */
    struct service *service;
    const struct catalog *catalog; /* held */
    const struct served *served;   /* of it: the one thing that this handle is for */
    pthread_mutex_t lock;          /* of all below */
    pthread_cond_t changed;
    struct earshot_result *first, *last; /* pushed and not pulled, in that order */
    int n_waiting;                       /* of them, and of those that are being pushed */
    long long n_pushed;
    int is_closing;
};

/* A status of ours as the header has it. */
enum earshot_status library_status(enum status status);

/* The first time, in a program that only loads us, and so has not asked to be told how things go: only errors and warnings are
 * told. */
void library_be_quiet(void);

/* The program that decodes for a library: `named`, or beside the library, in ../bin or in ../../bin from there; "" where it is
 * nowhere; where this code is in the program, that one. */
void library_find_helper(const char *named, char *path, size_t size);

/* The group that is meant, NULL for a network; ERR_USAGE. path: of a recording that may tell it, or NULL. */
enum status library_group(const struct earshot *ear, const char *words, const char *path,
                          const struct model_group **out) MUST_CHECK;

void library_free_result(struct earshot_result *result);

#endif
