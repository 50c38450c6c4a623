/* Proves a backend on the machine that it runs on: every stage against stored answers, which the definitions
 * (backend ref) gave and golden files hold to librosa, PyTorch and scikit-learn; then the whole line against
 * the cpu backend's; then how fast it is. */
#ifndef SELFTEST_H
#define SELFTEST_H

#include "pipeline/setup.h"

enum { SELFTEST_PROBES = 32, SELFTEST_STAGES = 12 };

struct selftest_stage {
    const char *name, *what; /* "resnet18", "features of a patch, seeded weights" */
    double bound;            /* of the largest difference, as a share of the largest answer */
    /* Values of the stage on the backend, SELFTEST_PROBES of them. */
    enum status (*probe)(struct backend *backend, const struct place *place, const char *name,
                         double *values) MUST_CHECK;
};
extern const struct selftest_stage selftest_stages[SELFTEST_STAGES];

/* What one stage came to. status OK: error is known, and `passed` says whether it keeps the bound. */
struct selftest_result {
    enum status status;
    char sentence[256]; /* where the status is not OK */
    double error, seconds;
    int passed;
};

/* Runs stage i of the backend that `place` names, which is open. */
struct selftest_result selftest_run(struct backend *backend, const struct place *place, int i);

/* The answers of stage i, [SELFTEST_PROBES] (selftest_answers.c). */
const double *selftest_answers(int i);

/* The largest difference of values [SELFTEST_PROBES] from the answers of stage i, as a share of the largest answer;
 * NaN where a value is. */
double selftest_error(const double *values, int i);

/* A recording of 10 s through ResNet18 (seeded weights): recordings a second, and the least cosine between its
 * patches' features here and on the cpu backend; 1 there. */
enum status selftest_line(const struct place *place, double *recordings_per_second,
                          double *least_cosine) MUST_CHECK;

#endif
