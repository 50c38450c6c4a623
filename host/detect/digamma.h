/* The digamma function ψ(x) = d/dx log Γ(x), x > 0; within some 1e-15 · max(1, |ψ(x)|). */
#ifndef DIGAMMA_H
#define DIGAMMA_H

double digamma(double x);

/* log Γ(x), x > 0. The C library's lgamma writes a sign that all threads share. */
double log_gamma(double x);

#endif
