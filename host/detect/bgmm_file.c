/* In a model file: the arrays and attributes of a Gaussian mixture (gmm_file.c), and the attributes prior,
 * concentration and rows, from which all that scikit-learn calls weight_concentration_, mean_precision_ and
 * degrees_of_freedom_ follows: N_k = weights · rows (bgmm.h). */
#include "detect/bgmm.h"

#include <limits.h>
#include <math.h>
#include <string.h>

enum status bgmm_save(const void *model, struct store *store, const char *name)
{
    const struct bgmm_model *m = model;
    struct attributes told = { 0 };
    enum status status;
    TRY_OR_DONE(gmm_save(&m->gmm, store, name));
    TRY_OR_DONE(attributes_set_text(&told, "prior", m->prior == BGMM_PROCESS ? "process" : "distribution"));
    TRY_OR_DONE(attributes_set_real(&told, "concentration", m->concentration));
    TRY_OR_DONE(attributes_set_integer(&told, "rows", m->rows));
    TRY_OR_DONE(store_set(store, name, &told));
done:
    attributes_release(&told);
    return status;
}

static enum status load_told(const struct attributes *told, const char *where, struct bgmm_model *model)
{
    const struct attribute *concentration = attributes_find(told, "concentration");
    const char *prior = attributes_text(told, "prior", "");
    const long long rows = attributes_integer(told, "rows", 0);
    const int is_process = strcmp(prior, "process") == 0;
    REQUIRE(is_process || strcmp(prior, "distribution") == 0, ERR_INPUT,
            "%s: the prior is \"%s\", expected process or distribution", where, prior);
    REQUIRE(concentration && concentration->type == ATTRIBUTE_REAL && isfinite(concentration->real) &&
                concentration->real > 0,
            ERR_INPUT, "%s: the concentration is not a number above 0", where);
    REQUIRE(rows >= 2 && rows <= INT_MAX, ERR_INPUT, "%s: learned from %lld rows, at least 2 were needed",
            where, rows);
    model->prior = is_process ? BGMM_PROCESS : BGMM_DISTRIBUTION;
    model->concentration = concentration->real;
    model->rows = (int)rows;
    return OK;
}

/* The shares of the rows; what they miss 1 by is scikit-learn's 10 eps a component. */
static enum status check_weights(const struct mixture *m, const char *where)
{
    double sum = 0;
    for (int k = 0; k < m->components; k++) sum += m->weights[k];
    REQUIRE(fabs(sum - 1) < 1e-6, ERR_INPUT, "%s: the weights' sum is %g, expected 1", where, sum);
    return OK;
}

enum status bgmm_load(void *model, struct store *store, const char *name)
{
    struct bgmm_model *m = model;
    struct attributes told = { 0 };
    enum status status;
    TRY_OR_DONE(gmm_load(&m->gmm, store, name));
    TRY_OR_DONE(check_weights(&m->gmm.mixture, store_path(store)));
    TRY_OR_DONE(store_get(store, name, &told));
    TRY_OR_DONE(load_told(&told, store_path(store), m));
done:
    attributes_release(&told);
    return status;
}
