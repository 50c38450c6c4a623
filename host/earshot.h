/* libearshot: recordings of machines in, features and anomaly scores out.
 *
 *     struct earshot *ear;
 *     struct earshot_result *result;
 *     earshot_open_model(&ear, "model.h5", NULL, 0);
 *     earshot_push_file(ear, "recording.wav", NULL);
 *     earshot_pull(ear, -1, &result);
 *     printf("%g\n", earshot_result_score(result));
 *     earshot_release(&result);
 *     earshot_close(&ear);
 *
 * A handle is opened for one network or for one fitted model. Recordings are pushed into it and computed in the
 * background, in common batches; results are pulled in the order of the pushes. They are the bits of `earshot extract`
 * and `earshot score`, whatever shares a batch.
 *
 * Return codes. Every function that can fail returns one of enum earshot_status and keeps a sentence that says what, where,
 * found and expected: earshot_error(). NULL where a handle, an `out` or a text is needed is EARSHOT_USAGE.
 *
 * Ownership. What is pushed is copied: it is the caller's again when the call returns. A result belongs to the caller
 * until earshot_release; its arrays and texts are not copies and live as long as it does, also after earshot_close.
 * Closing and releasing take the address of the pointer and set it to NULL; NULL is fine.
 *
 * Threads. A handle may be pushed into, pulled from and asked by any number of threads at once; only earshot_close must be
 * the last call. Each result is pulled by one thread. A result that nobody releases may be read by many. The sentence of
 * earshot_error belongs to the thread. After fork(), a child must not use handles of its parent.
 *
 * The process. Nothing is printed but warnings, to stderr (earshot_log). No signal is caught. Files that libsndfile decodes
 * (all but PCM16 WAV) are decoded in helper processes, so that a hostile one cannot take the host program down: the
 * program `earshot`, which is looked for beside this library, in ../bin and in ../../bin from there (the option `helper` names
 * it elsewhere). Where it is not found such a file is EARSHOT_INTERNAL and the sentence says so; the option decode=here decodes in
 * this process instead. Samples and PCM16 WAV never need a helper. A host that reaps all children (waitpid(-1), SIGCHLD
 * ignored) loses only the reason why a helper died.
 *
 * Everything else about the ABI: names begin with earshot_, structs are opaque, enums are as wide as int and only grow. */
#ifndef EARSHOT_H
#define EARSHOT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__
#define EARSHOT_CHECK __attribute__((warn_unused_result))
#define EARSHOT_API   __attribute__((visibility("default")))
#else
#define EARSHOT_CHECK
#define EARSHOT_API
#endif

/* Rises when a program that was compiled with an older header could not work any more, and the soname with it. */
#define EARSHOT_ABI 1

enum earshot_status {
    EARSHOT_OK = 0,
    EARSHOT_INTERNAL = 1, /* a mistake of earshot's, or no helper can be started: the sentence tells */
    EARSHOT_MEMORY = 2,   /* there is none; the call did nothing */
    EARSHOT_USAGE = 3,    /* an option, a group or an argument is wrong */
    EARSHOT_INPUT = 4,    /* a model, weights or recording cannot be used */
    EARSHOT_POISON =
        5, /* decoding this recording crashed, hung or took too much memory; others are not touched */
    EARSHOT_DEVICE = 6,  /* the backend cannot be opened, or failed */
    EARSHOT_BUSY = 7,    /* `ahead` recordings were pushed and not pulled; nothing was taken */
    EARSHOT_TIMEOUT = 8, /* the next result was not there in time */
    EARSHOT_END = 9      /* nothing was pushed that is not pulled yet */
};

enum earshot_verdict {
    EARSHOT_UNDECIDED = -1, /* the model has no threshold, or there is no model */
    EARSHOT_NORMAL = 0,
    EARSHOT_NOT_NORMAL = 1
};

struct earshot;        /* a network or model, its weights, a backend, and what was pushed */
struct earshot_result; /* of one recording */

/* The library's version, "0.1.0", and its EARSHOT_ABI. */
EARSHOT_API const char *earshot_version(void);
EARSHOT_API int earshot_abi(void);

/* The sentence of this thread's last failure; never NULL, valid until its next call of the library. */
EARSHOT_API const char *earshot_error(void);
/* "EARSHOT_INPUT"; "unknown" for no status. */
EARSHOT_API const char *earshot_status_name(enum earshot_status status);

/* What the library tells on stderr, for all handles of the process: 0 errors, 1 and warnings (the standard), 2 and notes,
 * 3 everything. Others: EARSHOT_USAGE. */
EARSHOT_API enum earshot_status earshot_log(int level);

/* ------------------------------------------------------------------------------------------------ opening */

/* Opens a network. options: n_options texts "name=value" (NULL with 0: the defaults), the names and values of `earshot
 * extract`: network, layer, weights, backend, threads, n-mels, …; see `earshot extract --help`, and of this library:
 *
 *   max-batch=N         recordings of a common batch; 0, the standard: what the backend wants; 1: none
 *   max-delay-ms=X      how long a recording waits for others to share its batch; standard 0
 *   ahead=N             recordings that may be pushed and not pulled; standard 64
 *   max-seconds=X       the longest recording that is taken; 0, the standard: any
 *   decoders=N          threads that decode; 0, the standard: as many as there are cores, at most 4
 *   decode=apart|here   where libsndfile works: in helpers (the standard), or in this process
 *   helper=FILE         the program `earshot`, where it is not beside the library
 *   decode-seconds=X, decode-memory=MIB   what a helper may take for a recording
 *
 * The environment is asked for EARSHOT_WEIGHTS_DIR and XDG_CACHE_HOME where weights=auto, and EARSHOT_CUDA_PLUGIN.
 * EARSHOT_USAGE: an option is unknown, or its value wrong; EARSHOT_INPUT: the weights; EARSHOT_DEVICE: the backend.
 * *out is NULL unless EARSHOT_OK came. */
EARSHOT_API enum earshot_status earshot_open(struct earshot **out, const char *const *options,
                                             size_t n_options) EARSHOT_CHECK;

/* Opens a fitted model, which `earshot fit` wrote: its features are made as the model recorded, so the options are only the
 * weights, the backend's (backend, device, threads, conv) and the library's. EARSHOT_INPUT: it is no model or damaged. */
EARSHOT_API enum earshot_status earshot_open_model(struct earshot **out, const char *path,
                                                   const char *const *options,
                                                   size_t n_options) EARSHOT_CHECK;

/* Ends what is being computed and drops what was not pulled. Results that were pulled stay. */
EARSHOT_API void earshot_close(struct earshot **ear);

/* Columns of the features; 0 for NULL. */
EARSHOT_API int earshot_columns(const struct earshot *ear);
/* Groups of the model ("fan/id_00/0dB"), and the name of one, NULL for a wrong number; a network has none. Names live as
 * long as the handle. */
EARSHOT_API int earshot_groups(const struct earshot *ear);
EARSHOT_API const char *earshot_group(const struct earshot *ear, int number);
/* How the features are made, as every file records it: "network", "sample_rate", "hop_length", … into `text`, which has
 * `size` bytes (256 are enough for all but paths). EARSHOT_USAGE: no such name, or no room. */
EARSHOT_API enum earshot_status earshot_setting(const struct earshot *ear, const char *name, char *text,
                                                size_t size) EARSHOT_CHECK;

/* What a score would be called that the caller has made himself, of several results for instance: its percentile among
 * normal recordings (0 … 1; NaN where undecided) and its verdict; either may be NULL. group: as when pushing.
 * EARSHOT_USAGE: no model, or no such group. */
EARSHOT_API enum earshot_status earshot_judge(const struct earshot *ear, const char *group, double score,
                                              double *percentile,
                                              enum earshot_verdict *verdict) EARSHOT_CHECK;

/* ------------------------------------------------------------------------------------------------ pushing */

/* One recording each. They return as soon as it is taken; whether it can be used is what its pull tells.
 *
 * group: whose normal sound is meant, "fan,id_00", as --as of `earshot score`; NULL: the only group of the model, or with
 * earshot_push_file the one that the path tells. A network has no groups: NULL.
 * name: stands in sentences and results where a path would; NULL: "recording 0", counted from 0.
 *
 * EARSHOT_BUSY: pull first. EARSHOT_USAGE: no such group, or several and none was named. EARSHOT_INPUT: earshot_push_file
 * cannot read the file. EARSHOT_MEMORY. */
EARSHOT_API enum earshot_status earshot_push_file(struct earshot *ear, const char *path,
                                                  const char *group) EARSHOT_CHECK;
/* A whole file (WAV, FLAC, OGG …: what libsndfile reads) in memory. */
EARSHOT_API enum earshot_status earshot_push_bytes(struct earshot *ear, const void *bytes, size_t size,
                                                   const char *name, const char *group) EARSHOT_CHECK;
/* n samples of one channel: full scale is 1, of int16 32768. Other sample rates than the network's are converted. */
EARSHOT_API enum earshot_status earshot_push_float(struct earshot *ear, const float *samples, size_t n,
                                                   int sample_rate, const char *name,
                                                   const char *group) EARSHOT_CHECK;
EARSHOT_API enum earshot_status earshot_push_int16(struct earshot *ear, const int16_t *samples, size_t n,
                                                   int sample_rate, const char *name,
                                                   const char *group) EARSHOT_CHECK;

/* Recordings that were pushed and not pulled. */
EARSHOT_API int earshot_waiting(struct earshot *ear);

/* ------------------------------------------------------------------------------------------------ pulling */

/* The result of the next recording, in the order of the pushes. seconds: how long to wait for it; negative: as long as it takes;
 * 0: not at all. *out is the caller's to release, also where the recording failed: EARSHOT_INPUT, EARSHOT_POISON,
 * EARSHOT_DEVICE, EARSHOT_MEMORY, EARSHOT_INTERNAL; it then has a name and a number and no patches, and the next pull goes on
 * with the next recording. With EARSHOT_END, EARSHOT_TIMEOUT and EARSHOT_USAGE there is none: NULL. */
EARSHOT_API enum earshot_status earshot_pull(struct earshot *ear, double seconds,
                                             struct earshot_result **out) EARSHOT_CHECK;
EARSHOT_API void earshot_release(struct earshot_result **result);

/* Which push of its handle it was, from 0; and its name. */
EARSHOT_API long long earshot_result_number(const struct earshot_result *result);
EARSHOT_API const char *earshot_result_name(const struct earshot_result *result);
/* The recording as it came: seconds of sound, samples a second. */
EARSHOT_API double earshot_result_seconds(const struct earshot_result *result);
EARSHOT_API int earshot_result_sample_rate(const struct earshot_result *result);

/* Patches, columns, and the features [patches][columns], not standardised. starts [patches]: seconds from the beginning.
 * Without patches the arrays may be NULL. */
EARSHOT_API int earshot_result_patches(const struct earshot_result *result);
EARSHOT_API int earshot_result_columns(const struct earshot_result *result);
EARSHOT_API const float *earshot_result_features(const struct earshot_result *result);
EARSHOT_API const double *earshot_result_starts(const struct earshot_result *result);

/* Of a model: score [patches] of each patch and of the whole recording, as the model pools them; higher is more unusual.
 * A network has NULL and NaN. */
EARSHOT_API const double *earshot_result_patch_scores(const struct earshot_result *result);
EARSHOT_API double earshot_result_score(const struct earshot_result *result);
/* A score above the threshold is not normal; percentile: how high it is among normal ones, 0 … 1. NaN where undecided. */
EARSHOT_API double earshot_result_threshold(const struct earshot_result *result);
EARSHOT_API double earshot_result_percentile(const struct earshot_result *result);
EARSHOT_API enum earshot_verdict earshot_result_verdict(const struct earshot_result *result);

#ifdef __cplusplus
}
#endif

#endif
