/* One place to compute: "ref" (slow, obvious, the definition), "cpu" (fast, the default), "cuda" (a plug-in).
 *
 * The host asks a backend for steps: upload, logmel, picture, net, download (a line: recordings → features),
 * for iterations of EM (features → mixture), and for distances between features. Inside a step a backend may fuse stages, and the layout of
 * the picture is its own business; `ref` runs the unfused stages of kernels/, which the fused ones are
 * checked against.
 *
 * One open line is one queue: calls run in call order and may return early; sync waits and reports the first
 * failure. A line belongs to one thread at a time. All sizes are known when it is opened: a running batch
 * allocates nothing. */
#ifndef BACKEND_H
#define BACKEND_H

#include "colorize.h"
#include "core/matrix.h"
#include "decibel.h"
#include "distance.h"
#include "fft.h"
#include "frame.h"
#include "gemm.h"
#include "io/weights.h"
#include "mixture.h"
#include "resize.h"

struct backend;
struct line;
struct em;

/* One recording (or segment of one) inside a batch. Exactly one of pcm and wave is set. */
struct clip {
    const int16_t *pcm; /* [n_samples] full scale 32768 */
    const float *wave;  /* [n_samples] full scale 1     */
    int n_samples, n_frames, n_patches;
    int first_frame, first_patch; /* its place among the batch's frames and patches */
};

/* What a network's numbers are kept and multiplied in, on a card; elsewhere always FP32. TF32 multiplies with 10
 * bits, FP16 keeps halves; sums are float in all three. */
enum precision { PRECISION_FP32, PRECISION_TF32, PRECISION_FP16 };

/* How the CPU computes convolutions: as fast as it can; window by window, which needs the least memory and is
 * the nearest to the definition; or by Winograd's method wherever that can be done (tests). */
enum conv_choice { CONV_AUTO, CONV_DIRECT, CONV_WINOGRAD };

/* All that is fixed when a line opens. Everything pointed to is borrowed and must outlive the line. */
struct line_spec {
    int n_fft, hop, n_mels; /* frame.h, mel.h */
    enum pad_mode pad;      /* frame.h */
    const float *window;    /* [n_fft] */
    const float *bank;      /* [n_mels][n_fft/2 + 1] */
    enum decibel_reference reference;
    float range_db;          /* decibel.h, colorize.h; 0: no floor */
    int width, offset, flip; /* of patches */
    enum color_range color_range;
    const float *colormap; /* [256][3] */
    enum resize_filter filter;
    const struct net *net; /* NULL: no network; a feature is the patch itself: its n_mels × width dB cells as
                            * dB/range_db + 1, row-major, low band first */
    int layer;             /* whose output is the feature, flattened channel-major */
    const struct weights *weights;
    enum precision precision;
    /* [n_taps] layers before `layer`, and needed by it, whose outputs are features as well; only for backends with
     * download_tap */
    const int *taps;
    int n_taps;
    int max_clips, max_samples, max_frames, max_patches; /* of one batch, all clips together */
    int chunk; /* patches that picture and net take at once, at most */
};

/* Some rows of x and some of y, as `distance` hands them out. */
struct distance_tile {
    int x_first, x_rows, y_first, y_rows;
    const float *squared; /* [x_rows][stride] rough squared distances; NULL where none were asked for */
    int stride;
    double error; /* relative, of a rough one, at most: see distance_reach */
    double (*exact)(const float *x, const float *y, int columns); /* of two rows, in double */
};

/* What a mixture is fitted to. Everything pointed to is borrowed until em_close. */
struct em_spec {
    const struct matrix *x;
    const struct selection *selection; /* whose rows x is; NULL: nobody else's */
    int components;
    enum covariance covariance;
    double reg_covar;
};

/* Who is handed the tiles. `take` runs on any thread. */
struct distance_taker {
    void (*take)(void *context, const struct distance_tile *tile);
    void *context;
    int is_exact; /* 1: every pair will be asked for exactly, so no rough distances are computed */
};

struct backend_options {
    int device;              /* which card; cuda */
    int threads;             /* cpu; 0: all that this process may use */
    enum conv_choice conv;   /* cpu */
    const char *device_then; /* cpu; the device that an output was begun with, which fixes instruction set and
                              * convolutions; NULL: EARSHOT_ISA or the best */
};

/* A card, as its driver describes it. */
struct card {
    char name[96];
    size_t memory_bytes;
    int major, minor; /* compute capability */
    char reason[160]; /* why it cannot be used; empty: it can */
};

/* The cards of this machine, by the numbers that --device takes, and the driver between. */
struct card_list {
    char driver_found[64], driver_needed[64]; /* "CUDA 12.4 (driver 550.54.14)"; found is "none"
                                                 * or, where nobody could ask, empty */
    int n;
    struct card card[16];
};

struct backend_ops {
    const char *name;    /* what --backend takes */
    const char *summary; /* one line for `devices` */

    /* What `auto` asks before it opens a backend that is dear to open: ERR_DEVICE where a look at the machine
     * tells why that would be in vain. NULL: opening costs nothing. */
    enum status (*glance)(void) MUST_CHECK;
    /* Which cards there are. ERR_DEVICE: not one, and why; the driver's words are filled where they are
     * known. NULL: this backend does not compute on cards. */
    enum status (*cards)(struct card_list *list) MUST_CHECK;

    /* ERR_DEVICE with one sentence why not. NULL is fine for close. */
    enum status (*open)(struct backend **out, const struct backend_options *options) MUST_CHECK;
    void (*close)(struct backend **backend);
    const char *(*device)(const struct backend *backend); /* "avx2", "generic", or the card's model */

    /* How many lines keep it busy: one copies while another computes. 0: one. */
    int lanes;
    /* How many patches picture and net should take at once, those of several recordings together. NULL: one
     * recording at a time is as good. */
    int (*chunk)(const struct backend *backend);

    /* For tasks side by side (detect/crew.h), each on a thread and a backend of its own. `abreast` of them, where each
     * fits a mixture, keep it busy; 0: as many as `threads`. `part` opens such a backend, which shares with
     * `backend` what can be shared; NULL: it is opened as any other. `expect` says that n more tasks are at
     * work on parts, before they are; or, negative, that one has ended: the parts wait for each other, to do
     * what they were asked for together. NULL: they do not. */
    int abreast;
    enum status (*part)(struct backend *backend, const struct backend_options *options,
                        struct backend **out) MUST_CHECK;
    void (*expect)(struct backend *backend, int n);

    /* ERR_MEMORY: there is no room for it, on the card or beside it; a smaller chunk may fit. */
    enum status (*line_open)(struct backend *backend, const struct line_spec *spec,
                             struct line **out) MUST_CHECK;
    void (*line_close)(struct line **line); /* NULL and half-open are fine */

    /* recording → feature, in this order */
    enum status (*upload)(struct line *line, const struct clip *clips, int n_clips) MUST_CHECK;
    enum status (*logmel)(struct line *line) MUST_CHECK; /* all clips: samples → dB */
    enum status (*picture)(struct line *line, int first_patch,
                           int n_patches) MUST_CHECK; /* dB → network input */
    enum status (*net)(struct line *line, int first_patch,
                       int n_patches) MUST_CHECK;                           /* network input → features */
    enum status (*download)(struct line *line, float *features) MUST_CHECK; /* [patches of the batch][D] */
    enum status (*sync)(struct line *line) MUST_CHECK;
    /* After download: the features of spec.taps[tap], [patches of the batch][D of that layer], the bits that a line
     * of that layer gives. NULL: this backend's lines give one layer each. */
    enum status (*download_tap)(struct line *line, int tap, float *features) MUST_CHECK;

    /* What trace, tests and the patch baseline look at: dB of all clips, clip after clip [n_mels][n_frames of
     * the clip]. */
    enum status (*download_decibel)(struct line *line, float *decibel) MUST_CHECK;

    /* features → mixture: EM over the rows of x. */
    enum status (*em_open)(struct backend *backend, const struct em_spec *spec, struct em **out) MUST_CHECK;
    void (*em_close)(struct em **em);
    /* Parameters from hard labels, as scikit-learn starts from k-means: one a row, 0 … components - 1, or -1
     * for a row that belongs to none. Or, where labels is NULL, from responsibilities [rows][components]. */
    enum status (*em_start)(struct em *em, const int *labels, const double *responsibilities,
                            struct mixture *mixture) MUST_CHECK;
    /* One iteration: E step with `mixture`, whose lower bound (mean log-likelihood) comes out; then the M
     * step into it, unless only_score. log_likelihood [rows] may be NULL. */
    enum status (*em_step)(struct em *em, struct mixture *mixture, int only_score, double *lower_bound,
                           double *log_likelihood) MUST_CHECK;

    /* An iteration whose component weights are not the mixture's, in two calls, for variational inference.
     * Sets the E step up for log p(x) = log sum over k of exp(log_weights[k]) N(x; m_k, C_k); the logs of
     * |C_k| come out, [components], unless NULL. */
    enum status (*em_prepare)(struct em *em, const struct mixture *mixture, const double *log_weights,
                              double *log_determinants) MUST_CHECK;
    /* The E step that em_prepare set up for this mixture, unchanged since; then the M step into it, unless
     * only_score, and the entropy - sum of r log r over all rows and components, in nats. The M step's
     * weights are N_k / rows. log_likelihood [rows] may be NULL. */
    enum status (*em_step_prepared)(struct em *em, struct mixture *mixture, int only_score, double *entropy,
                                    double *log_likelihood) MUST_CHECK;

    /* From em_start and from an M step on, a mixture's numbers may stay with the backend: this brings them (em_fetch
     * below), and em_step goes on from where they are. NULL: they are always in the mixture. */
    enum status (*em_fetch)(struct em *em, struct mixture *mixture) MUST_CHECK;

    /* k-means over the rows of em, with a centre a component; NULL: the host does both with `nearest`.
     * k-means++: each step draws `trials` rows by random [components][trials], 0 … 1, in proportion to their
     * squared distance to the nearest centre so far, the first step one row, by its first number; what comes
     * out is chosen[components]. */
    enum status (*em_seed)(struct em *em, const double *random, int trials, int *chosen) MUST_CHECK;
    /* Lloyd's iteration: nearest and squared [rows] as below; means [components][columns] of the rows that are
     * nearest to each centre, 0 where there are none. */
    enum status (*em_lloyd)(struct em *em, const double *centres, int *nearest, double *squared,
                            double *means) MUST_CHECK;

    /* k-means' assignment: the nearest[rows] of `centres` [k][columns] for every row (ties: the first) and
     * its squared[rows] distance. Where nearest is NULL, squared is [rows][k]: the distances to all of them. */
    enum status (*nearest)(struct backend *backend, const struct matrix *x, const double *centres, int k,
                           int *nearest, double *squared) MUST_CHECK;

    /* Squared distances (distance.h) of all rows of x to all rows of y, never held all at once: each pair is
     * in one tile. The tiles of a row of x come one after the other, those of y in rising order, so that what
     * a taker makes of them for that row is the same bits for any number of threads. */
    enum status (*distance)(struct backend *backend, const struct matrix *x, const struct matrix *y,
                            const struct distance_taker *taker) MUST_CHECK;
    /* What a detector computes with on its own. share runs task(context, 0 … n_tasks - 1, thread) on the
     * backend's threads, 0 … threads - 1, and returns when all are done (core/pool.h); gemm is one thread's
     * product of matrices, for such tasks. An element's bits depend on its own row and column alone. */
    int (*threads)(const struct backend *backend);
    void (*share)(struct backend *backend, int n_tasks, void (*task)(void *context, int index, int thread),
                  void *context);
    void (*gemm)(struct backend *backend, const struct gemm_args *args);
    void (*gemm_double)(struct backend *backend, const struct gemm_double_args *args);
    /* In a few words, how a line with that chunk would compute a layer. NULL: there is only one way. */
    void (*way)(const struct net *net, int layer, int chunk, enum conv_choice conv, char *text, size_t size);
};

/* First member of each backend's own structs. */
struct backend {
    const struct backend_ops *ops;
};
struct line {
    const struct backend_ops *ops;
};
struct em {
    const struct backend_ops *ops;
};

static inline MUST_CHECK enum status em_fetch(struct em *em, struct mixture *mixture)
{
    return em->ops->em_fetch ? em->ops->em_fetch(em, mixture) : OK;
}

/* Features of one patch: D. */
int line_columns(const struct line_spec *spec);

/* What every line_open asks first. ERR_USAGE: a window that is too long, a patch feature without a range. */
enum status line_check(const struct line_spec *spec) MUST_CHECK;

/* The list of backends, NULL at its end; `auto` takes the first that opens. */
const struct backend_ops *backend_number(int i);

/* name: "auto" or a backend's; says at info level which was taken and why. ERR_DEVICE: it does not open;
 * ERR_USAGE: no such backend. Close with backend->ops->close(&backend). */
enum status backend_open(struct backend **out, const char *name,
                         const struct backend_options *options) MUST_CHECK;

#endif
