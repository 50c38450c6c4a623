/* A fit on a card (the em of backend.h): its rows, its parameters and its responsibilities stay there from one
 * iteration to the next, and each iteration is done together with those of the fits beside it (card_gather.h). Diagonal
 * covariances alone. */
#ifndef CARD_EM_H
#define CARD_EM_H

#include "cuda/card_gather.h"

/* `ops` is the fit's table; gather is borrowed. ERR_MEMORY: the card has no room for it. */
enum status card_em_open(const struct backend_ops *ops, struct card_gather *gather,
                         const struct em_spec *spec, struct em **out) MUST_CHECK;
void card_em_close(struct em **em);

/* The steps of backend.h. */
enum status card_em_start(struct em *em, const int *labels, const double *responsibilities,
                          struct mixture *mixture) MUST_CHECK;
enum status card_em_step(struct em *em, struct mixture *mixture, int only_score, double *lower_bound,
                         double *log_likelihood) MUST_CHECK;
enum status card_em_prepare(struct em *em, const struct mixture *mixture, const double *log_weights,
                            double *log_determinants) MUST_CHECK;
enum status card_em_step_prepared(struct em *em, struct mixture *mixture, int only_score, double *entropy,
                                  double *log_likelihood) MUST_CHECK;
enum status card_em_fetch(struct em *em, struct mixture *mixture) MUST_CHECK;
enum status card_em_seed(struct em *em, const double *random, int trials, int *chosen) MUST_CHECK;
enum status card_em_lloyd(struct em *em, const double *centres, int *nearest, double *squared,
                          double *means) MUST_CHECK;

#endif
