/* Abramowitz and Stegun 1964: small arguments are raised by 6.3.5, ψ(x) = ψ(x + 1) - 1/x; from 10 on the
 * asymptotic series 6.3.18 is cut after 1/x¹², whose next term is below 1e-15. */
#include "detect/digamma.h"

#include <math.h>

double digamma(double x)
{
    double raised = 0;
    for (; x < 10; x++) raised += 1 / x;
    const double y = 1 / (x * x);
    const double series =
        y * (1.0 / 12 -
             y * (1.0 / 120 - y * (1.0 / 252 - y * (1.0 / 240 - y * (1.0 / 132 - y * 691.0 / 32760)))));
    return log(x) - 0.5 / x - series - raised;
}

double log_gamma(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}
