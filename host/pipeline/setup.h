/* All that one extraction needs before its first recording: settings, tables, network, weights, an open
 * backend, and the spec that its lines are opened with. */
#ifndef SETUP_H
#define SETUP_H

#include "backend/backend.h"
#include "pipeline/tables.h"

/* Where to compute. */
struct place {
    const char *backend; /* "auto", "cpu", "ref", "cuda" */
    int device, threads;
    int conv;                /* enum conv_choice */
    const char *device_then; /* no option: the device that an output was begun with; NULL: free to choose */
};
extern const struct option place_options[];
enum status place_open(struct backend **out, const struct place *place) MUST_CHECK; /* backend_open */

/* Where, and with which weights: neither is recorded as it is typed. */
struct compute_options {
    const char *weights; /* "auto", "seeded:N" or a path (io/weights.h) */
    struct place place;
};
extern const struct option weights_options[]; /* of struct compute_options */

struct setup {
    struct extract_settings settings; /* resolved; texts are borrowed from whoever gave them */
    struct tables tables;
    const struct net *net; /* NULL: the patch itself */
    int layer;
    struct weights *weights;
    struct backend *backend;
    struct line_spec spec; /* for batches of one clip of --segment seconds, and the chunk that the backend
                            * wants; points into this struct */
    int columns;           /* D */
    int segment_samples;   /* the longest clip */
    int borrows_backend, borrows_weights; /* 1: another setup's, which outlives it */
};

/* settings: resolved. The struct must stay where it is while lines are open. */
enum status setup_init(struct setup *setup, const struct extract_settings *settings,
                       const struct compute_options *compute) MUST_CHECK;
/* The same for the settings that a file recorded; where its weights are not found, the sentence says which
 * they were. */
enum status setup_like(struct setup *setup, const struct extract_settings *settings,
                       const struct compute_options *compute, const struct attributes *recorded) MUST_CHECK;
/* The same beside another setup of the same compute options, whose backend it uses, and whose weights where they
 * are those that it needs. `elder` must outlive it. */
enum status setup_beside(struct setup *setup, const struct extract_settings *settings,
                         const struct compute_options *compute, const struct setup *elder) MUST_CHECK;
/* The same with what is there already; NULL: its own. The backend, and the setup whose weights are used where its
 * network is the same and its layer not before, must outlive it; they are those that `compute` would open.
 * recorded, where not NULL: as setup_like. */
struct setup_shares {
    struct backend *backend;
    const struct setup *weights;
};
enum status setup_sharing(struct setup *setup, const struct extract_settings *settings,
                          const struct compute_options *compute, const struct attributes *recorded,
                          struct setup_shares shares) MUST_CHECK;
void setup_release(struct setup *setup);

/* Whether both take the same samples from a recording, so that it need be decoded only once. */
int setup_hears_alike(const struct setup *a, const struct setup *b);

/* *is_tapped: the features of `shallow` are on the way to those of `deep`, and its backend gives both in one pass of
 * the network: they differ in nothing but the layer. Both have one backend. */
enum status setup_is_tapped(const struct setup *shallow, const struct setup *deep, int *is_tapped) MUST_CHECK;

/* *is_within: the patches of `wide` are every k-th one of `close`, k > 1, with the same features: they differ in
 * nothing but the offset. Both have one backend. */
enum status setup_is_within(const struct setup *wide, const struct setup *close, int *is_within) MUST_CHECK;

/* What shaped the numbers, for every file: options, weights, backend. */
enum status setup_provenance(const struct setup *setup, struct attributes *provenance) MUST_CHECK;
/* The part of it that settings alone tell. */
enum status settings_record(const struct extract_settings *settings, struct attributes *recorded) MUST_CHECK;

/* Two makings that must mean the same, and how to speak of each: "the model was learned". */
struct making {
    const struct attributes *provenance;
    const char *words;
};

/* Options, network, layer and weights must be equal: ERR_INPUT names the first difference with both values.
 * A difference of backend, device or precision only is told; *is_elsewhere (may be NULL) is then 1. */
enum status provenance_compare(struct making a, struct making b, int *is_elsewhere) MUST_CHECK;

/* Whether both say the same of all options and of the weights: one setup makes what either means. */
int provenance_is_same(const struct attributes *a, const struct attributes *b);

/* Whether features rest on seeded weights: then everything that shows them says RANDOM WEIGHTS. */
int provenance_has_random_weights(const struct attributes *provenance);

/* How many usual recordings, of 10 s, fill a chunk of that many patches; 1 where the backend does not care. */
int setup_recordings(const struct setup *setup, int chunk);
/* The spec for batches of that many recordings or of more shorter ones, and for that chunk. */
struct line_spec setup_spec(const struct setup *setup, int chunk);
/* The spec for common batches of at most so many patches of any recordings, on any backend; for that chunk, on which
 * alone the bits of a feature may depend. */
struct line_spec setup_common_spec(const struct setup *setup, int chunk, int most_patches);
/* Patches of a usual recording. */
int setup_usual_patches(const struct setup *setup);

/* Frames and patches of a clip. */
int setup_frames(const struct setup *setup, int n_samples);
int setup_patches(const struct setup *setup, int n_samples);

#endif
