/* EM and nearest centres by their definitions (kernels/mixture.h), for the backend `ref`; the meaning of each
 * is in backend.h. */
#ifndef REF_EM_H
#define REF_EM_H

#include "backend/backend.h"

enum status ref_em_open(struct backend *backend, const struct em_spec *spec, struct em **out) MUST_CHECK;
void ref_em_close(struct em **em);
enum status ref_em_start(struct em *em, const int *labels, const double *responsibilities,
                         struct mixture *mixture) MUST_CHECK;
enum status ref_em_step(struct em *em, struct mixture *mixture, int only_score, double *lower_bound,
                        double *log_likelihood) MUST_CHECK;
enum status ref_em_prepare(struct em *em, const struct mixture *mixture, const double *log_weights,
                           double *log_determinants) MUST_CHECK;
enum status ref_em_step_prepared(struct em *em, struct mixture *mixture, int only_score, double *entropy,
                                 double *log_likelihood) MUST_CHECK;
enum status ref_nearest(struct backend *backend, const struct matrix *x, const double *centres, int k,
                        int *nearest, double *squared) MUST_CHECK;

#endif
