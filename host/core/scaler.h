/* Standardisation: x' = (x - mean) / scale per column, scale = population standard deviation, 1 for constant
 * columns (scikit-learn's StandardScaler and its rule for what is constant). Rows are added in order in
 * double (Welford 1962), so the same rows give the same bits. */
#ifndef SCALER_H
#define SCALER_H

#include "core/matrix.h"

struct scaler {
    int columns;
    long long n;
    double *mean;  /* [columns] */
    double *scale; /* [columns] the sum of squared deviations until scaler_finish, then the scale */
};

enum status scaler_init(struct scaler *scaler, int columns) MUST_CHECK;
void scaler_release(struct scaler *scaler);

void scaler_add(struct scaler *scaler, const float *rows, int n_rows);
void scaler_finish(struct scaler *scaler);
/* The same, but no column that varies has less scale than `share` times the median of theirs. */
enum status scaler_finish_floored(struct scaler *scaler, double share) MUST_CHECK;

/* rows and out [n_rows][columns]; they may be the same. */
void scaler_apply(const struct scaler *scaler, const float *rows, int n_rows, float *out);
void scaler_undo(const struct scaler *scaler, const float *rows, int n_rows, float *out);

#endif
