/* The feature file: one standardised row a patch, the recordings' table, and how it was made.
 *
 *   /features            float32 [patches][D], standardised per group
 *   /patches/recording   int32, the row of /recordings
 *   /patches/start_s     float64, seconds
 *   /recordings/…        one entry a recording and channel: path root machine id snr section domain split label
 *                        attributes channel sample_rate samples level_dbfs peak dc clipped first_patch n_patches
 *                        status ("ok", "failed") error hash; empty or NaN where unknown
 *   /standardization/<machine>/<id>/<snr>/{mean,scale,n,basis}
 *                        what undoes it: row * scale + mean. Levels that are unknown are left out; "all" where none
 *                        is known. n rows of basis "normal" (those labelled so) or "all" were counted
 *   /warnings/{name,count,example}
 *                        signs of silent wrongness (guards.h); not in files of earlier versions
 *   root attributes      format, format_version, program_version, what the caller tells of how it was made
 *                        (options, network, weights, backend), n_recordings, n_failed, n_patches, complete
 *
 * It is written as parts of `--shard-size` recordings with raw rows (F.h5.parts/part-000000.h5: the same
 * without /standardization and /warnings, format "earshot-features-part"), each renamed when complete; features_merge joins
 * them, standardises, and renames. Read in three lines of h5py. */
#ifndef FEATURES_H
#define FEATURES_H

#include "core/attributes.h"
#include "core/matrix.h"
#include "io/dataset.h"
#include "io/guards.h"
#include "io/wav.h"

#include <stdatomic.h>

#define FEATURES_FORMAT      "earshot-features"
#define FEATURES_PART_FORMAT "earshot-features-part"
enum { FEATURES_VERSION = 1 };

enum recording_status { RECORDING_OK, RECORDING_FAILED };

/* One row of /recordings: a channel of a recording. Strings are owned by the row. */
struct feature_recording {
    struct recording of; /* path, root, machine … attributes; `file` is not stored */
    int channel;         /* CHANNEL_MEAN for the mean */
    int sample_rate;     /* of the file, before any conversion; 0: unknown */
    long long samples;
    struct level level; /* NaN, 0 where unknown */
    long long first_patch;
    int n_patches;
    enum recording_status status;
    char *error; /* the reason; "" when ok */
    char *hash;  /* "" when unknown */
};

struct features_table {
    struct feature_recording *rows;
    size_t count, capacity;
};
void features_table_release(struct features_table *table);
void feature_recording_release(struct feature_recording *row);

/* How much a part, or the finished file, holds, and what the finished one's data set looks like. */
struct merge_result {
    long long recordings, failed, patches;
    struct guards guards;
};

/* ---- writing one part: raw rows, in order */
struct part;
/* `provenance` becomes the root attributes; dimension D = columns. ERR_OUTPUT. */
enum status part_create(struct part **out, const char *path, int columns,
                        const struct attributes *provenance) MUST_CHECK;
/* Takes over `row`, also when it fails (its first_patch and n_patches are set here; strings that are NULL are
 * stored as ""); rows = [n_patches][D] raw, start_s = [n_patches]. A row that is not finite is ERR_INPUT: it
 * would spoil its whole group, and no recording makes one, but broken weights do. */
enum status part_append(struct part *part, struct feature_recording *row, int n_patches, const float *rows,
                        const double *start_s) MUST_CHECK;
enum status part_commit(struct part **part) MUST_CHECK; /* closes it when it succeeds */
void part_close(struct part **part);                    /* without commit: removes it */

/* Whether a complete part of exactly this provenance is there; a file that is cut off or of other options is
 * ERR_USAGE naming the difference. */
enum status part_check(const char *path, const struct attributes *provenance, int *complete,
                       struct merge_result *counts) MUST_CHECK;

/* ---- joining: parts in order → the final file, standardised, in memory bounded by one part */
/* ERR_INPUT: a part is missing, damaged, or made otherwise than the first one, or no recording could be used.
 * ERR_STOPPED: *stop became non-zero (NULL: never). *result is filled as far as the parts were counted. */
enum status features_merge(const char *output, const char *const *parts, size_t n_parts,
                           const atomic_int *stop, struct merge_result *result) MUST_CHECK;

/* ---- reading a finished file */
struct features;
/* Whether the path is an HDF5 file, by its signature (which stands behind a user block of 512 bytes in ours). */
int features_is_file(const char *path);
/* ERR_INPUT: missing, cut off, foreign, of a newer format, or not complete. */
enum status features_open(struct features **out, const char *path) MUST_CHECK;
/* The same for one part, whose stored rows are the raw ones. */
enum status features_open_part(struct features **out, const char *path) MUST_CHECK;
void features_close(struct features **features);
/* program_version and all that part_create was given. */
const struct attributes *features_provenance(const struct features *features);
const struct features_table *features_recordings(const struct features *features);
const struct merge_result *features_counts(const struct features *features);
int features_columns(const struct features *features);
long long features_patches(const struct features *features);

/* The statistics of a group ("fan/id_00/0dB"): how many rows, and which. NULL where the file has no such. */
const char *features_basis(const struct features *features, const char *group, long long *n);

/* Rows of the patches first … first + count - 1, raw (standardisation undone), into raw [count][D]. */
enum status features_read(struct features *features, long long first, long long count, float *raw) MUST_CHECK;
/* The rows as they are stored: standardised. */
enum status features_read_stored(struct features *features, long long first, long long count,
                                 float *rows) MUST_CHECK;
enum status features_read_starts(struct features *features, long long first, long long count,
                                 double *start_s) MUST_CHECK;

/* Structure and checks that need no recordings: checksum, shapes agree, indices in range and in order, every
 * row finite, every group's statistics agree with its rows, counts agree with attributes. ERR_VERIFY names
 * the first difference; a file that is missing, foreign or cut off is ERR_INPUT. */
enum status features_verify(const char *path) MUST_CHECK;

#endif
