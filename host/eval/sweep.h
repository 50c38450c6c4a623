/* Many settings on one's own recordings: features made under each choice of front end, network and layer, judged
 * by each choice of detector and its options. Nothing is computed twice:
 *
 *   DIR/features/<network>-<hash>.h5                         a feature file, by the hash of its options
 *   DIR/cells/<network>-<hash>/<detector>-<hash>/<group>/…   a split each: seed-<n>.json (cell_file.h)
 *
 * Features that hear alike are made in one pass over the recordings (pass.h). A sweep is filled with choices
 * (sweep_add), opened (what there is, what must be made, and how it is shared), estimated, run, and then shown
 * (sweep_table.h, sweep_report.h). */
#ifndef SWEEP_H
#define SWEEP_H

#include "eval/results.h"
#include "io/dataset.h"
#include "pipeline/setup.h"

struct sweep_settings {
    const char *output;
    const char *machines, *snr; /* names joined by commas: whose cells are computed; NULL: all */
    const char *list, *shard, *devices;
    int limit; /* recordings a group and label; 0: all */
    int shard_size, batch, overwrite, progress;
};

/* What is given to a sweep. Everything is borrowed and must outlive it. */
struct sweep_input {
    const struct sweep_settings *settings;
    const struct compute_options *compute;
    /* Seeds, held out and the like; what a choice has replaces its own. */
    const struct evaluate_options *options;
    const char *const *axes; /* [n_axes] names of the options that have several values */
    int n_axes;
    const char *const *paths; /* [n_paths] recordings and folders */
    size_t n_paths;
    const atomic_int *stop;
};

/* One combination of what there is to choose. Texts in it must outlive the sweep. */
struct sweep_choice {
    struct extract_settings extraction; /* resolved */
    struct contender contender;         /* its settings are copied */
    struct preparation_settings preparation;
    struct pooler pooler;
    const char *const *values; /* [n_axes] as typed; "" where the axis does not concern the choice; copied */
};

enum { SWEEP_HASH = 17, SWEEP_LABEL = 256 };

/* A feature file, there or to be made. */
struct sweep_features {
    struct extract_settings settings;
    char *key;                     /* owned: its options as text */
    char hash[SWEEP_HASH];         /* of the key and its weights */
    char *name, *path;             /* owned: "<network>-<hash>", and the file */
    struct setup setup;            /* open until the features are made */
    int pass;                      /* the number of the pass that makes it; -1: it is there */
    struct sweep_features *source; /* of the same pass, which gives its own rows; NULL: it is computed */
    int is_tapped; /* 1: the source's pass of the network gives them; 0: they are picked out of its rows (members.h) */
    double estimated_s; /* of its own computing */
    double patches;     /* of a recording, about; 0: unknown */
    int columns;
    struct features *features; /* NULL: not made yet, or it could not be */
    char *reason;              /* owned: why it could not be made */
};

/* Features judged in one way. */
struct sweep_setting {
    struct sweep_features *features;
    struct contender contender; /* settings owned */
    struct preparation_settings preparation;
    struct pooler pooler;
    char *key;             /* owned: detector and options as text */
    char hash[SWEEP_HASH]; /* of the key */
    const char **values;   /* [n_axes] owned; the texts are not */
    struct evaluation evaluation;
    struct summaries summaries;
    double estimated_s, seconds;
    int n_computed, n_reused; /* splits */
};

struct sweep {
    struct sweep_input input;
    struct dataset dataset;
    struct sweep_features **features; /* [n_features] owned, each as well */
    size_t n_features, features_capacity;
    struct sweep_setting **settings; /* [n_settings] owned, each as well */
    size_t n_settings, settings_capacity;
    int n_passes;
    struct crew crew;
    double extract_s; /* what it took */
    int n_failed;     /* recordings without features, of the file that has most */
};

void sweep_init(struct sweep *sweep, const struct sweep_input *input);
void sweep_release(struct sweep *sweep);

/* Adds a setting, unless there is one that means the same. */
enum status sweep_add(struct sweep *sweep, const struct sweep_choice *choice) MUST_CHECK;

/* Finds recordings, opens networks and weights, looks which features are there, and shares the others out to
 * passes. ERR_USAGE: a feature file that is there is of other recordings. ERR_INPUT: no weights, no recordings. */
enum status sweep_open(struct sweep *sweep) MUST_CHECK;

/* Times three recordings of each feature file that is computed, and small fits of each detector. ERR_STOPPED. */
enum status sweep_estimate(struct sweep *sweep) MUST_CHECK;
/* Seconds of the passes, or as they would be if each feature file were computed by itself; and of all fits. */
double sweep_passes_s(const struct sweep *sweep);
double sweep_alone_s(const struct sweep *sweep);
double sweep_fits_s(const struct sweep *sweep);

/* Features, pass by pass; with --shard only parts of them. Then the cells, which need all features; a feature
 * file, or a cell, that cannot be made is noted and the others go on. ERR_STOPPED: what was computed is kept. */
enum status sweep_make_features(struct sweep *sweep) MUST_CHECK;
enum status sweep_judge(struct sweep *sweep) MUST_CHECK;

/* OK; ERR_PARTIAL: some settings or groups are missing, or recordings failed; ERR_INPUT: there is no result. */
enum status sweep_verdict(const struct sweep *sweep) MUST_CHECK;

/* "resnet18 gmm offset=16 components=40" */
void sweep_label(const struct sweep *sweep, const struct sweep_setting *setting, char label[SWEEP_LABEL]);
int sweep_is_random(const struct sweep *sweep); /* some weights are seeded */

/* Between the sweep_*.c: hashes and names, once setups are open; opens a feature file that is there; whose cells
 * are computed; where a split is kept (memory_free; NULL: no memory), and whether it is. */
enum status sweep_name_features(struct sweep *sweep) MUST_CHECK;
enum status sweep_open_features(struct sweep *sweep, struct sweep_features *features) MUST_CHECK;
int sweep_is_wanted(const struct sweep *sweep, const struct recording *of, const char *group);
char *sweep_cell_path(const struct sweep *sweep, const struct sweep_setting *setting, const char *group,
                      int seed);
int sweep_is_kept(const struct sweep *sweep, const struct sweep_setting *setting, const char *group,
                  int seed);

#endif
