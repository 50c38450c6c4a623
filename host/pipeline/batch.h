/* A batch of recordings on its way through the machine: read, computed, written, read again. */
#ifndef BATCH_H
#define BATCH_H

#include "io/features.h"
#include "pipeline/quarantine.h"
#include "pipeline/setup.h"

/* One channel of one recording. */
struct batch_row {
    int recording; /* its place in the dataset */
    int channel;
    struct samples samples; /* at the front end's rate; the buffer is kept from batch to batch */
    struct level level;
    int sample_rate;     /* of the file; 0: not known */
    long long n_samples; /* of the file */
    char hash[33];
    int n_patches;   /* 0 where it failed */
    char error[512]; /* "" where it did not */
};

struct batch {
    int first, count; /* recordings of the dataset */
    struct batch_row *rows;
    size_t n_rows, capacity;
    float *features; /* [patches][D], rows one after the other */
    double *start_s; /* [patches] */
    size_t patch_capacity;
    size_t n_patches;
    struct clip *clips; /* room for those of one step */
    int clip_capacity;
    double audio_s, bytes; /* seconds of sound that can be used, and bytes of files that were read */
    int is_borrowed;       /* 1: the samples are another batch's */
};

/* Reads recordings first … first + count - 1 of the dataset: fills rows, with the reason where one cannot be
 * used. Fails only where the program does (no memory). quarantine = NULL: libsndfile works in this process. */
enum status batch_read(struct batch *batch, const struct setup *setup, const struct dataset *dataset,
                       int first, int count, struct quarantine *quarantine) MUST_CHECK;

/* The same in two steps, for several setups that hear the same samples (setup_hears_alike): decodes once, then
 * each takes the rows into a batch of its own. `decoded` must stay as it is as long as `batch` is used. */
enum status batch_decode(struct batch *batch, const struct setup *setup, const struct dataset *dataset,
                         int first, int count, struct quarantine *quarantine) MUST_CHECK;
enum status batch_borrow(struct batch *batch, const struct batch *decoded, const struct setup *setup,
                         const struct dataset *dataset) MUST_CHECK;

/* One batch on a backend, start to finish: each line is a step; its stages and shapes are in kernels/.
 * features is [n_patches][D], the patches of all clips. */
enum status extract_batch(struct line *line, const struct line_spec *spec, const struct clip *clips,
                          int n_clips, int n_patches, float *features) MUST_CHECK;

/* recordings → features, through an open line of that spec: as many clips at once as it takes. */
enum status batch_compute(struct batch *batch, const struct setup *setup, const struct line_spec *spec,
                          struct line *line) MUST_CHECK;

/* The same, and what comes out of the line's taps into the batches of their layers, which have borrowed the same
 * rows under setups that are tapped (setup_is_tapped); NULL where nobody wants a tap's. */
enum status batch_compute_tapped(struct batch *batch, struct batch *const *tapped, const struct setup *setup,
                                 const struct line_spec *spec, struct line *line) MUST_CHECK;

/* Features of a batch out of those of another of the same recordings, whose patches lie closer together: every
 * k-th one (setup_is_within). They are the bits that batch_compute would give. */
enum status batch_pick(struct batch *batch, const struct setup *setup, const struct batch *closer,
                       const struct setup *closer_setup) MUST_CHECK;

/* Hands rows and features over to a part. */
enum status batch_write(const struct batch *batch, const struct setup *setup, const struct dataset *dataset,
                        struct part *part) MUST_CHECK;

void batch_release(struct batch *batch);

#endif
