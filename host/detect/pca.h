/* Principal components: what is normal lies near the mean and some directions in which rows vary most.
 *
 *   S = sum over n of (x_n - m)(x_n - m)' / N = V diag(v_1 ≥ v_2 ≥ …) V'
 *   score(x) = |(x - m) - W W' (x - m)|², W the first K columns of V: what they leave over
 *
 * K is --keep, or where that is a share the least number of components whose variances' sum is above that
 * share of the whole, as scikit-learn's PCA has it. With fewer rows than columns the directions come from the
 * N × N matrix of inner products (Turk and Pentland 1991). Directions without variance are not kept. */
#ifndef PCA_H
#define PCA_H

#include "detect/detector.h"

struct pca_settings {
    double keep;
};

struct pca_model {
    int columns, kept;
    double *mean; /* [columns] */
    double *axes; /* [kept][columns], each of length 1 */
    double share; /* of the variance that the axes explain */
};

void pca_model_release(struct pca_model *model);
enum status pca_describe(const void *model, struct attributes *told) MUST_CHECK;
enum status pca_save(const void *model, struct store *store, const char *name) MUST_CHECK;
enum status pca_load(void *model, struct store *store, const char *name) MUST_CHECK;

#endif
