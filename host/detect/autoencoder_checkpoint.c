#include "detect/autoencoder_checkpoint.h"

#include "detect/saved.h"

#include <limits.h>
#include <math.h>

#define NET  "/autoencoder"
#define ADAM "/adam"

/* ---------------------------------------------------------------------------------------------- keeping */

static enum status save_adam(const struct adam *adam, struct store *store)
{
    struct attributes told = { 0 };
    enum status status;
    TRY_OR_DONE(saved_put(store, ADAM, "first_moment", STORE_FLOAT, adam->n, 0, adam->first_moment));
    TRY_OR_DONE(saved_put(store, ADAM, "second_moment", STORE_FLOAT, adam->n, 0, adam->second_moment));
    TRY_OR_DONE(attributes_set_integer(&told, "steps", adam->steps));
    TRY_OR_DONE(store_set(store, ADAM, &told));
done:
    attributes_release(&told);
    return status;
}

enum status autoencoder_keep(const struct autoencoder *ae, const struct adam *adam, const char *path,
                             const struct attributes *training)
{
    struct store *store = NULL;
    enum status status;
    TRY_OR_DONE(checkpoint_create(&store, path, training));
    TRY_OR_DONE(autoencoder_save(ae, store, NET));
    TRY_OR_DONE(save_adam(adam, store));
    TRY_OR_DONE(store_commit(store));
done:
    store_close(&store);
    return status;
}

/* -------------------------------------------------------------------------------------------- going on */

/* What is read, until all of it was found good. */
struct kept {
    struct autoencoder ae;
    struct adam adam;
};

static enum status load_steps(struct store *store, int *steps)
{
    struct attributes told = { 0 };
    const enum status status = store_get(store, ADAM, &told);
    const long long found = status == OK ? attributes_integer(&told, "steps", 0) : 0;
    attributes_release(&told);
    TRY(status);
    REQUIRE(found >= 1 && found <= INT_MAX, ERR_INPUT, "%s: " ADAM ": %lld steps cannot be",
            store_path(store), found);
    *steps = (int)found;
    return OK;
}

static enum status load_adam(struct adam *adam, struct store *store)
{
    TRY(load_steps(store, &adam->steps));
    TRY(saved_floats(store, ADAM, "first_moment", adam->n, adam->first_moment));
    TRY(saved_floats(store, ADAM, "second_moment", adam->n, adam->second_moment));
    for (size_t i = 0; i < adam->n; i++)
        REQUIRE(adam->second_moment[i] >= 0, ERR_INPUT, "%s: " ADAM "/second_moment is %g at %zu, below 0",
                store_path(store), (double)adam->second_moment[i], i);
    return OK;
}

static enum status load(struct kept *kept, struct store *store, const struct architecture *architecture,
                        double learning_rate, int most_epochs)
{
    TRY(autoencoder_load(&kept->ae, architecture, store, NET));
    REQUIRE(kept->ae.epochs >= 1 && kept->ae.epochs <= most_epochs, ERR_INPUT,
            "%s: %d epochs found, 1 to %d expected", store_path(store), kept->ae.epochs, most_epochs);
    REQUIRE(isfinite(kept->ae.loss), ERR_INPUT, "%s: a loss of %g cannot be", store_path(store),
            kept->ae.loss);
    TRY(adam_init(&kept->adam, kept->ae.n_parameters, learning_rate));
    return load_adam(&kept->adam, store);
}

static void exchange(struct kept *kept, struct autoencoder *ae, struct adam *adam)
{
    const struct kept before = { *ae, *adam };
    *ae = kept->ae;
    *adam = kept->adam;
    *kept = before;
}

enum status autoencoder_resume(struct autoencoder *ae, struct adam *adam, const char *path,
                               const struct attributes *training, int most_epochs)
{
    struct store *store = NULL;
    struct kept kept = { 0 };
    enum status status;
    TRY_OR_DONE(checkpoint_open(&store, path, training));
    TRY_OR_DONE(load(&kept, store, ae->architecture, adam->learning_rate, most_epochs));
    exchange(&kept, ae, adam);
done:
    autoencoder_release(&kept.ae);
    adam_release(&kept.adam);
    store_close(&store);
    return status;
}
