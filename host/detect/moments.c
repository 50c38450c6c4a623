#include "detect/moments.h"

#include "core/memory.h"

enum status moments_find(struct backend *backend, const struct matrix *x, double *mean, double *covariance)
{
    double weight;
    struct mixture one = { 1, x->columns, COVARIANCE_FULL, &weight, mean, covariance };
    const struct em_spec spec = { x, NULL, 1, COVARIANCE_FULL, 0 };
    struct em *em = NULL;
    int *labels = memory_new((size_t)x->rows, sizeof *labels); /* all 0: the only component */
    enum status status = memory_check(labels);
    if (status == OK) status = backend->ops->em_open(backend, &spec, &em);
    if (status == OK) status = em->ops->em_start(em, labels, NULL, &one);
    if (status == OK) status = em_fetch(em, &one);
    backend->ops->em_close(&em);
    memory_free(labels);
    return status;
}
