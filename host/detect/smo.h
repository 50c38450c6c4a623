/* min over a of a'Ka/2, with 0 ≤ a_i ≤ 1 and Σ a_i = total: the dual of the one-class support vector machine, by
 * sequential minimal optimisation as LIBSVM does it (Chang and Lin 2011, section 4.1; pairs are chosen by second
 * order information: Fan, Chen and Lin 2005, WSS 2), without shrinking. K is Gaussian: K_ij =
 * exp(-gamma |x_i - x_j|²); its rows are computed when they are asked for. */
#ifndef SMO_H
#define SMO_H

#include "backend/backend.h"

struct smo_problem {
    struct backend *backend;
    const struct matrix *x;
    double gamma, total;
    double tol;         /* stop when the optimality conditions are violated by less */
    size_t cache_bytes; /* of rows of K that are kept */
};

struct smo_solution {
    double *a; /* [rows], owned */
    double rho, objective;
    int iterations, converged;
};

/* Release the solution whatever came. */
enum status smo_solve(const struct smo_problem *problem, struct smo_solution *out) MUST_CHECK;
void smo_release(struct smo_solution *solution);

#endif
