/* An autoencoder in a model file: parameters [n] and, where it has batch norm, statistics [n], float32, in
 * the order that autoencoder.h gives; epochs and loss are attributes. The architecture is the detector's. */
#include "detect/autoencoder.h"
#include "detect/saved.h"

#include <limits.h>
#include <math.h>

enum status autoencoder_describe(const void *model, struct attributes *told)
{
    const struct autoencoder *ae = model;
    TRY(attributes_set_integer(told, "epochs", ae->epochs));
    return attributes_set_real(told, "loss", ae->loss);
}

/* Small-DCAE has no statistics. */
static enum status save_array(struct store *store, const char *group, const char *array, size_t n,
                              const float *values)
{
    return n ? saved_put(store, group, array, STORE_FLOAT, n, 0, values) : OK;
}

enum status autoencoder_save(const void *model, struct store *store, const char *name)
{
    const struct autoencoder *ae = model;
    TRY(save_array(store, name, "parameters", ae->n_parameters, ae->parameters));
    TRY(save_array(store, name, "statistics", ae->n_statistics, ae->statistics));
    return saved_told(store, name, model, autoencoder_describe);
}

static enum status load_array(struct store *store, const char *group, const char *array, size_t n,
                              float *values)
{
    return n ? saved_floats(store, group, array, n, values) : OK;
}

static enum status check_variances(struct store *store, const char *group, const struct autoencoder *ae)
{
    for (int l = 0; l < ae->n_layers; l++) {
        const struct autoencoder_layer *layer = &ae->layers[l];
        const float *variance = ae->statistics + layer->statistics + layer->channels;
        for (int c = 0; layer->is_normed && c < layer->channels; c++)
            REQUIRE(variance[c] >= 0, ERR_INPUT, "%s: %s: a variance of layer %d is %g, below 0",
                    store_path(store), group, l, (double)variance[c]);
    }
    return OK;
}

static enum status load_told(struct store *store, const char *group, struct autoencoder *ae)
{
    struct attributes told = { 0 };
    const enum status status = store_get(store, group, &told);
    const long long epochs = status == OK ? attributes_integer(&told, "epochs", 0) : 0;
    const struct attribute *loss = status == OK ? attributes_find(&told, "loss") : NULL;
    ae->epochs = epochs > 0 && epochs <= INT_MAX ? (int)epochs : 0;
    ae->loss = loss && loss->type == ATTRIBUTE_REAL ? loss->real : (double)NAN;
    attributes_release(&told);
    return status;
}

enum status autoencoder_load(struct autoencoder *ae, const struct architecture *architecture,
                             struct store *store, const char *group)
{
    TRY(autoencoder_init(ae, architecture));
    TRY(load_told(store, group, ae));
    TRY(load_array(store, group, "parameters", ae->n_parameters, ae->parameters));
    TRY(load_array(store, group, "statistics", ae->n_statistics, ae->statistics));
    return check_variances(store, group, ae);
}
