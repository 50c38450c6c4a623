/* The paper's Table 1 on one's own recordings: every network's features judged by every detector, machine by
 * machine. What was computed before is used again:
 *
 *   DIR/features/<network>/<group>.h5            a feature file a machine
 *   DIR/cells/<network>/<detector>/<group>.json  its splits (cell_file.h)
 *
 * A study is opened (what there is), estimated (how long it would take), run, and then shown
 * (reproduce_table.h, reproduce_report.h). */
#ifndef REPRODUCE_H
#define REPRODUCE_H

#include "eval/results.h"
#include "io/dataset.h"
#include "pipeline/setup.h"

struct study_settings {
    const char *output;
    const char *machines, *snr, *networks; /* names joined by commas; NULL machines, snr: all */
    const char *list;
    int limit; /* recordings a group and label; 0: all */
    int overwrite, progress;
};

/* What is given to a study. Everything is borrowed and must outlive it. */
struct study_input {
    const struct study_settings *settings;
    const struct extract_settings *extraction; /* network and layer are replaced by each network's */
    const struct compute_options *compute;
    const struct contender *contenders; /* [n_contenders] the rows, for each network that they take */
    int n_contenders;
    const struct evaluate_options *options; /* its contenders, stop and keeper are the study's own */
    const char *const *paths;               /* recordings and folders; or feature files alone */
    size_t n_paths;
    const atomic_int *stop;
};

/* A feature file, given or to be made. */
struct study_file {
    char *path;                   /* owned */
    struct dataset slice;         /* recordings to make it of, a part of the study's; empty: it was given */
    struct features *features;    /* NULL: not made yet, or it could not be */
    struct evaluation evaluation; /* of its groups; zeroed until it is open */
    struct summaries summaries;   /* of the evaluation, when the study has run */
    int n_normal, n_abnormal;     /* recordings of all its groups */
    int is_reused;                /* it was there */
    char *reason;                 /* owned; why it could not be made */
};

/* One row of the table: a network's features judged by one detector. */
struct study_row {
    const struct contender *contender;
    double estimated_s, seconds;
    int n_computed, n_reused; /* cells */
};

struct study_network {
    char name[32];
    struct study_file *files; /* [n_files] owned */
    size_t n_files, files_capacity;
    struct study_row *rows; /* [n_rows] owned; cheap ones first, once estimated */
    int n_rows;
    double estimated_s, extract_s; /* extraction */
    double patches;                /* of a recording, about; 0: unknown */
    int columns;                   /* 0: unknown */
    int is_random;                 /* seeded weights */
    char *reason;                  /* owned; why there are no features of it */
};

struct study {
    struct study_input input;
    struct dataset dataset;
    struct study_network *networks; /* [n_networks] owned; cheap ones first, once estimated */
    int n_networks;
    struct crew crew;
    struct evaluate_options options;
    int n_failed; /* recordings without features */
    int n_cells;  /* rows × groups, as far as they are known */
    int n_done;
    double started_s, done_s, spent_s; /* estimated and true seconds of what was computed */
};

/* ERR_USAGE: names that there are not, feature files and recordings together. ERR_INPUT: nothing to evaluate.
 * Release it whatever came. */
enum status study_open(struct study *study, const struct study_input *input) MUST_CHECK;
void study_release(struct study *study);

/* Times three extractions of each network, and small fits of each detector, and orders both by what they cost;
 * notes networks without weights. ERR_STOPPED. */
enum status study_estimate(struct study *study) MUST_CHECK;
double study_estimated_s(const struct study *study);

/* ERR_STOPPED: what was computed is kept. What cannot be computed is noted and the rest goes on. */
enum status study_run(struct study *study) MUST_CHECK;

/* OK; ERR_PARTIAL: some cells are missing or recordings failed; ERR_INPUT: there is no cell. */
enum status study_verdict(const struct study *study) MUST_CHECK;

/* Whether any network has seeded weights. */
int study_is_random(const struct study *study);

/* "2 h 5 min", "3 min 20 s", "4 s" */
void study_duration(double seconds, char *text, size_t size);

/* Between the reproduce_*.c: opens the features of a file and its evaluation; all that an extraction of the
 * network needs (setup.h); where a cell is kept (memory_free; NULL: no memory). */
enum status study_open_file(struct study_network *network, struct study_file *file) MUST_CHECK;
enum status study_setup(const struct study *study, const struct study_network *network,
                        struct setup *setup) MUST_CHECK;
char *study_cell_path(const struct study *study, const struct study_network *network,
                      const struct contender *contender, const char *group);

#endif
