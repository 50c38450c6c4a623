/* A batch of recordings on its way through the machine: read, computed, written, read again. */
#ifndef BATCH_H
#define BATCH_H

#include "io/features.h"
#include "pipeline/quarantine.h"
#include "pipeline/setup.h"

/* One channel of one recording. */
struct batch_row {
    int recording;    /* its place in the dataset */
    const char *name; /* in sentences: the file; whoever reads owns it */
    int channel;
    struct samples samples; /* at the front end's rate; the buffer is kept from batch to batch */
    struct level level;
    int sample_rate;     /* of the file; 0: not known */
    long long n_samples; /* of the file */
    char hash[33];
    int n_patches;      /* 0 where it failed */
    long long n_frames; /* of the clips that its patches are in */
    char error[512];    /* "" where it did not */
};

/* What batch_compute makes. */
enum batch_wants { BATCH_FEATURES, BATCH_DECIBEL, BATCH_BOTH };

struct batch {
    enum batch_wants wants; /* set by who wants more than features */
    int first, count;       /* recordings of the dataset */
    struct batch_row *rows;
    size_t n_rows, capacity;
    float *features; /* [patches][D], rows one after the other */
    double *start_s; /* [patches] */
    size_t patch_capacity;
    size_t n_patches;
    float *decibel; /* log-mel spectra, clip after clip [n_mels][n_frames of the clip] */
    size_t decibel_capacity, n_frames;
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
enum status batch_borrow(struct batch *batch, const struct batch *decoded,
                         const struct setup *setup) MUST_CHECK;

/* A batch without a dataset, from what is open already: begin, then add recordings, whose rows all have the number
 * and the name that is given here and which must stay as long as the rows are used; then cut. Where a recording
 * cannot be used its row says why, as above; ERR_POISON as wav_read. `resamples`: any rate is taken, as with
 * --resample. */
void batch_begin(struct batch *batch);
enum status batch_add_wav(struct batch *batch, const struct setup *setup, int recording, struct wav *wav,
                          const char *name, int resamples) MUST_CHECK;
/* The same for samples of one channel, which are copied; is resampled where the rate is another. */
enum status batch_add_samples(struct batch *batch, const struct setup *setup, int recording,
                              const struct samples *samples, const char *name) MUST_CHECK;
/* How many patches each row has, or why none. */
void batch_cut(struct batch *batch, const struct setup *setup);
/* Adds the cut rows of another batch, whose samples stay its own; what is appended to once owns no samples. */
enum status batch_append(struct batch *batch, const struct batch *decoded) MUST_CHECK;

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

/* The spectrum of a row whose clips begin at frame `first` of batch->decibel, as one picture: out
 * [n_mels][row->n_frames]. */
void batch_row_decibel(const struct batch *batch, const struct setup *setup, const struct batch_row *row,
                       size_t first, float *out);

/* Hands rows and features over to a part. */
enum status batch_write(const struct batch *batch, const struct setup *setup, const struct dataset *dataset,
                        struct part *part) MUST_CHECK;

void batch_release(struct batch *batch);

#endif
