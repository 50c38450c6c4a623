/* Features and scores for many askers at once: networks and fitted models by name, and one engine that computes
 * what several askers want in common batches. `serve`, `listen` and the library all stand on it; it knows nothing
 * of HTTP.
 *
 *   ask ──> decoders (threads; libsndfile in helpers) ──> queue, bounded ──> one computing thread: a batch of
 *           whatever waits for one network, no later than max_delay_ms after its first ──> scores ──> done()
 *
 * What an ask is answered never depends on what shares its batch. Features are the bits that `extract` computes;
 * what stands in its file differs by rounding, for rows are standardised there. Scores are those that `score` gives
 * for these features. Any sample rate is taken, as with --resample. */
#ifndef SERVICE_H
#define SERVICE_H

#include "detect/model.h"
#include "io/decode.h"
#include "pipeline/setup.h"

struct service;

/* ------------------------------------------------------------------------------------- what is served */

enum served_kind { SERVED_NETWORK, SERVED_MODEL };

/* One name under which asks are answered. All texts and pointers belong to the catalog. */
struct served {
    const char *name;
    enum served_kind kind;
    const struct extract_settings *settings; /* how its features are made: front end, network, layer */
    const struct attributes *provenance;     /* all that is recorded of that, weights and device too */
    const struct model *model;               /* SERVED_MODEL; else NULL */
    const char *path;                        /* of the model's file; NULL for a network */
    int columns;                             /* D of its features */
    long long loaded_unix_s;                 /* when it was (re)loaded */
};

/* What is served at one moment. A reload makes a new one; who holds an old one keeps it whole until released. */
struct catalog {
    const struct served *served;
    size_t count;
};
const struct catalog *service_catalog(struct service *service); /* held; never NULL */
void service_catalog_release(struct service *service, const struct catalog *catalog);
/* NULL: nothing of that name. */
const struct served *catalog_find(const struct catalog *catalog, const char *name);

struct service_options {
    const char *const *models; /* [n_models] "NAME=FILE.h5" or "FILE.h5" (its stem is the name) */
    size_t n_models;
    const char *const *networks; /* [n_networks] names ("patch" too), served bare with `settings` */
    size_t n_networks;
    const struct extract_settings *settings; /* front end and precision of bare networks */
    struct compute_options compute;
    /* In recordings of 10 s, or as many shorter ones as have no more patches; 0: what the backend wants; 1: no common
     * batches. */
    int max_batch;
    double max_delay_ms; /* how long a recording may wait for others to share its batch */
    int max_queue;       /* recordings that wait, at most; more are ERR_BUSY; 0: 256 */
    double most_seconds; /* the longest recording that is taken; 0: no limit */
    int decoders;        /* threads; 0: as many as the machine has cores, at most 4 */
    struct decode_limits decode;
};

/* Opens networks, weights, models and the backend. ERR_INPUT, ERR_USAGE, ERR_DEVICE as extract and score say them. */
enum status service_open(struct service **out, const struct service_options *options) MUST_CHECK;
/* Waits for asks that were taken; later ones are ERR_STOPPED. All catalogs must have been released; not from done(). */
void service_close(struct service **service);
/* Reads all model files again, while asks are answered with the old models; those who take the catalog after it has
 * returned find the new ones. Where one cannot be used everything stays as it was: ERR_INPUT. ERR_STOPPED: draining. */
enum status service_reload(struct service *service) MUST_CHECK;
/* From now on new asks are ERR_STOPPED; those that were taken are answered. Returns at once. */
void service_drain(struct service *service);

/* ---------------------------------------------------------------------------------------------- asking */

enum sound_form { SOUND_FILE, SOUND_FLOAT, SOUND_INT16 };

/* One recording of an ask; what it points to is the asker's until done(). */
struct sound {
    enum sound_form form;
    /* A whole file that libsndfile reads, or samples of one channel: float of full scale 1, or int16 of full scale
     * 32768; alignment as the type needs. */
    const void *bytes;
    size_t size;      /* bytes */
    int sample_rate;  /* of samples; where it is not the model's: resampled */
    const char *name; /* stands in sentences where the path would: "wav[2]", "rec.flac" */
};

enum ask_wants { ASK_FEATURES = 1, ASK_SCORES = 2, ASK_SPECTROGRAM = 4 };

/* The answer for one sound. */
struct heard {
    double seconds; /* of sound, as it came */
    int sample_rate, n_patches;
    struct level level;   /* of the loudest channel that was looked at */
    double *start_s;      /* [n_patches] */
    float *features;      /* [n_patches][D], raw; NULL where not asked for */
    double *patch_scores; /* [n_patches]; NULL where not asked for */
    double score;         /* pooled as the model says */
    /* [n_mels][n_frames] log-mel spectrogram, low band first; segments of a long recording one after the other; of
     * several channels the first. NULL where not asked for */
    float *decibel;
    int n_mels, n_frames;
    int decides; /* 1: the next three are there */
    double threshold, percentile;
    int is_abnormal;
};

/* When an ask, or its sounds, were where: what /metrics and logs tell. Seconds. */
struct ask_times {
    double decode_s, queue_s, compute_s, score_s;
    int batch_recordings, batch_patches; /* of the batch that its last sound was in */
};

struct ask {
    /* set by the asker, zeroed where not used */
    const struct served *served; /* of `catalog` */
    /* Held by the asker until service_ask has returned; from then on the service holds it too, until done() has
     * returned. */
    const struct catalog *catalog;
    const char *group;          /* "fan,id_00": of a model with several; NULL: the only one */
    const struct sound *sounds; /* [n_sounds] */
    int n_sounds;
    unsigned wants;
    /* clock_seconds() after which nobody waits; 0: none. A sound that waits then is told at that moment. */
    double deadline;
    /* Asked before a sound is decoded and before it joins a batch, maybe on several threads at once; NULL: always. */
    int (*is_wanted)(void *context);
    /* On a thread of the service, exactly once, must not block long; not called where service_ask did not return OK. */
    void (*done)(struct ask *ask);
    void *context;
    /* the answer, valid in and after done(); release with ask_release */
    enum status status;
    char error[512];
    int failed_sound;    /* which one the sentence is about; -1: none */
    struct heard *heard; /* [n_sounds] */
    struct ask_times times;
};

/* OK: done() will be called. ERR_BUSY: the queue is full, nothing was taken. ERR_STOPPED: draining. ERR_USAGE: the
 * ask itself is wrong (no such group, scores of a bare network, no sounds, more than the queue ever holds).
 * ERR_DEVICE: the backend was lost, nothing will be computed any more.
 * In done(): ERR_INPUT, ERR_POISON: a sound cannot be used; ERR_TIMEOUT: the deadline passed or nobody wanted it any
 * more; ERR_DEVICE, ERR_MEMORY. */
enum status service_ask(struct service *service, struct ask *ask) MUST_CHECK;
/* service_ask, and waits. */
enum status service_ask_and_wait(struct service *service, struct ask *ask) MUST_CHECK;
void ask_release(struct ask *ask);

/* --------------------------------------------------------------------------------------------- figures */

enum { SERVICE_BUCKETS = 16 };

/* Counts of observations ≤ bounds[i] (not cumulative; the last counts the rest), and their sum. */
struct service_histogram {
    double bounds[SERVICE_BUCKETS];
    long long counts[SERVICE_BUCKETS + 1];
    int n_bounds;
    double sum;
};

struct service_figures {
    long long recordings_ok, recordings_failed, recordings_dropped; /* dropped: timed out or unwanted */
    long long patches, batches, poisoned; /* poisoned: decode helpers that were lost */
    double audio_s, starved_s;            /* starved: the computing thread waited */
    int waiting_decode, waiting_compute;  /* recordings, now */
    struct service_histogram decode_s, queue_s, compute_s, score_s, batch_recordings, batch_patches;
};
void service_figures(struct service *service, struct service_figures *figures);
const char *service_device(const struct service *service);  /* "cpu avx512", as `devices` says */
const char *service_backend(const struct service *service); /* "cpu", "cuda" */

#endif
