/* What all mixtures share before their first iteration: which rows can be learned, and where a start comes
 * from. */
#include "core/log.h"
#include "core/memory.h"
#include "detect/gmm.h"
#include "detect/kmeans.h"

int gmm_is_gathered(const void *settings)
{
    return ((const struct gmm_settings *)settings)->covariance == COVARIANCE_DIAGONAL;
}

enum status gmm_check(const void *settings, int rows, int columns)
{
    const struct gmm_settings *s = settings;
    (void)columns;
    REQUIRE(rows >= 2, ERR_INPUT, "%d patch%s to learn from, at least 2 are needed", rows,
            rows == 1 ? "" : "es");
    REQUIRE(
        rows >= s->components, ERR_INPUT,
        "%d patches cannot be learned by %d components, at least one patch each is needed; --components %d "
        "would leave about ten for each",
        rows, s->components, rows / 10 > 1 ? rows / 10 : 1);
    return OK;
}

/* Each component starts as one row; all other rows belong to none. */
static enum status start_from_rows(struct em *em, const int *chosen, int components, int *labels, int rows,
                                   struct mixture *mixture)
{
    for (int n = 0; n < rows; n++) labels[n] = -1;
    for (int k = 0; k < components; k++) labels[chosen[k]] = k;
    return em->ops->em_start(em, labels, NULL, mixture);
}

static enum status start_from_some_rows(struct backend *backend, struct em *em, const struct gmm_settings *s,
                                        const struct matrix *x, struct rng *rng, int *labels,
                                        struct mixture *mixture)
{
    int *chosen = memory_new((size_t)x->rows, sizeof *chosen);
    enum status status = memory_check(chosen);
    if (status == OK && s->init == GMM_PLUSPLUS)
        status = kmeans_plusplus(backend, em, x, s->components, rng, chosen);
    else if (status == OK)
        rng_permutation(rng, x->rows, chosen);
    if (status == OK) status = start_from_rows(em, chosen, s->components, labels, x->rows, mixture);
    memory_free(chosen);
    return status;
}

static enum status start_from_kmeans(struct backend *backend, struct em *em, const struct gmm_settings *s,
                                     const struct matrix *x, struct rng *rng, int *labels,
                                     struct mixture *mixture)
{
    struct kmeans kmeans;
    TRY(kmeans_fit(backend, em, x, s->components, rng, labels, &kmeans));
    log_debug("k-means: %d iterations, inertia %g", kmeans.iterations, kmeans.inertia);
    return em->ops->em_start(em, labels, NULL, mixture);
}

/* Uniform random responsibilities, each row's sum 1. */
static enum status start_at_random(struct em *em, const struct gmm_settings *s, int rows, struct rng *rng,
                                   struct mixture *mixture)
{
    double *r = memory_new((size_t)rows * (size_t)s->components, sizeof *r);
    if (!r) return ERR_MEMORY;
    for (int n = 0; n < rows; n++) {
        double *row = r + (size_t)n * s->components, sum = 0;
        for (int k = 0; k < s->components; k++) sum += row[k] = rng_uniform(rng);
        for (int k = 0; k < s->components; k++) row[k] /= sum;
    }
    const enum status status = em->ops->em_start(em, NULL, r, mixture);
    memory_free(r);
    return status;
}

enum status gmm_start(struct backend *backend, struct em *em, const struct gmm_settings *s,
                      const struct matrix *x, int number, struct mixture *mixture)
{
    struct rng rng = rng_seeded((uint64_t)s->seed, (uint64_t)number);
    if (s->init == GMM_RANDOM) return start_at_random(em, s, x->rows, &rng, mixture);
    int *labels = memory_new((size_t)x->rows, sizeof *labels);
    enum status status = memory_check(labels);
    if (status == OK && s->init == GMM_KMEANS)
        status = start_from_kmeans(backend, em, s, x, &rng, labels, mixture);
    else if (status == OK)
        status = start_from_some_rows(backend, em, s, x, &rng, labels, mixture);
    memory_free(labels);
    return status;
}
