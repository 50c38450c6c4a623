/* What `fit` learns from a feature file, one group of recordings at a time, and what `score` needs to judge
 * others: for each group its own preparation and a fitted detector, and how the features were made.
 *
 *   /                  format, format_version, program_version, detector, detector_<its options>,
 *                      preparation_<its options>, pool (older files lack these two: nothing but
 *                      standardised, mean), and all that the feature file told of its making (its
 *                      program_version as features_program_version)
 *   /groups            names of the groups
 *   /models/<group>/   machine, id, snr, n_recordings, n_patches, basis ("normal", "all", "list")
 *     mean, scale      [D] float64: row' = (row - mean) / scale; 0 and 1 where the detector takes cells
 *     calibration/     scores [n] float64, rising, of training recordings as if they were new; method, false_alarms;
 *                      not there: no threshold
 *     reduction/       mean [D], axes [K][D] float64: row'' = axes (row' - mean); only with --reduce
 *     detector/        what the detector saves */
#ifndef MODEL_H
#define MODEL_H

#include "detect/calibration.h"
#include "detect/crew.h"
#include "detect/fuse.h"
#include "detect/pooler.h"
#include "detect/preparation.h"
#include "io/features.h"

#define MODEL_FORMAT "earshot-model"
enum { MODEL_VERSION = 1 };

struct model_group {
    char *name, *machine, *id, *snr; /* owned; levels that the group does not have are "" */
    const char *basis;               /* which rows were learned from: "normal", "all", "list" */
    long long n_recordings, n_patches;
    struct preparation preparation;
    struct calibration calibration; /* n 0: no threshold */
    void *fitted;                   /* of detector->model_size, owned */
    double seconds;                 /* that fit took; 0 where it was read from a file */
};

struct model {
    const struct detector *detector;
    struct fusion *fusion;         /* owned: what a loaded model's detector is where it is one; else NULL */
    struct attributes settings;    /* of the detector */
    struct attributes preparation; /* settings, as preparation_record has them */
    struct pooler pooler;
    struct attributes provenance; /* of the features that it was fitted on */
    int columns;
    struct model_group *groups;
    size_t count, capacity;
};

struct model_fit_options {
    const struct detector *detector;
    const void *settings;    /* of detector->settings_size */
    const char *levels;      /* "machine,id,snr" or some of them; NULL: all */
    const char *train_list;  /* file; NULL: those labelled normal, or all where none is */
    const char *checkpoints; /* folder, which is there, for a detector's fit_on; NULL: none is kept */
    const atomic_int *stop;  /* as struct checkpoint's */
    struct preparation_settings preparation;
    struct pooler pooler;
    struct calibration_settings calibration;
};

/* Groups that cannot be learned are told and the others go on: ERR_PARTIAL at the end, ERR_INPUT where none
 * could. Groups are fitted side by side, as many as the crew has members for and CREW_MOST_BYTES of rows hold.
 * Release the model whatever came. ERR_STOPPED: the same call goes on from the checkpoints, those of finished
 * groups included; who has saved the model removes them (checkpoint_remove_folder). */
enum status model_fit(struct model *model, struct crew *crew, struct features *features,
                      const struct model_fit_options *options) MUST_CHECK;
void model_release(struct model *model);

enum status model_save(const struct model *model, const char *path) MUST_CHECK;
enum status model_open(struct model *model, const char *path) MUST_CHECK; /* hostile files: ERR_INPUT */

/* The group of that name, or NULL. */
const struct model_group *model_find(const struct model *model, const char *name);

/* The group that a recording belongs to: the only one; that of its name; or the only one of which its path
 * tells nothing else. *out is NULL where every group is of other machines. ERR_USAGE lists the groups where
 * the path does not tell. */
enum status model_choose(const struct model *model, const struct recording *recording,
                         const struct model_group **out) MUST_CHECK;

/* "fan/id_00/0dB, fan/id_02/0dB", cut off where there are very many. */
void model_list_groups(const struct model *model, char *text, size_t size);

/* The group that a person names, "fan,id_00"; levels may be left out. ERR_USAGE lists the groups. */
enum status model_named(const struct model *model, const char *words,
                        const struct model_group **out) MUST_CHECK;

/* Raw rows, which are prepared in place → score [rows]. */
enum status model_score(const struct model *model, const struct model_group *group, struct backend *backend,
                        struct rows *rows, double *score) MUST_CHECK;

/* Whether some group has a threshold. */
int model_decides(const struct model *model);

/* What the detector, --reduce and --threshold tell of one group's fit; added to `told`. */
enum status model_describe(const struct model *model, const struct model_group *group,
                           struct attributes *told) MUST_CHECK;

/* For model_fit.c and model_file.c: an empty group at the end of the model, with zeroed memory for the
 * detector, which the model owns; and a group taken off again. */
enum status model_add_group(struct model *model, const char *name, struct model_group **out) MUST_CHECK;
void model_drop_group(struct model *model, size_t group);

#endif
