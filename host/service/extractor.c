#include "service/extractor.h"

#include "core/memory.h"

#include <string.h>

/* ---------------------------------------------------------------------------------------------- closing */

static void extractor_close(struct extractor *extractor)
{
    batch_release(&extractor->batch);
    lines_release(&extractor->lines);
    setup_release(&extractor->setup);
    attributes_release(&extractor->provenance);
    attributes_release(&extractor->recorded);
    memory_free(extractor);
}

struct extractor *extractor_hold(struct extractor *extractor)
{
    extractor->n_holders++;
    return extractor;
}

static void take_off(struct extractors *all, struct extractor *extractor)
{
    struct extractor **place = &all->first;
    while (*place && *place != extractor) place = &(*place)->next;
    if (*place) *place = extractor->next;
}

/* Who borrows weights is closed before their owner: it stands before it among the unused. */
void extractors_let_go(struct extractors *all, struct extractor *extractor)
{
    struct extractor **end = &all->unused;
    while (*end) end = &(*end)->next;
    while (extractor && --extractor->n_holders == 0) {
        take_off(all, extractor);
        extractor->next = NULL;
        *end = extractor;
        end = &extractor->next;
        extractor = extractor->elder;
    }
}

void extractors_sweep(struct extractors *all)
{
    while (all->unused) {
        struct extractor *extractor = all->unused;
        all->unused = extractor->next;
        extractor_close(extractor);
    }
}

/* ---------------------------------------------------------------------------------------------- opening */

static enum status open_line(const struct extractors *all, struct extractor *extractor)
{
    struct setup *setup = &extractor->setup;
    const int usual = setup_usual_patches(setup);
    const int n = all->max_batch > 0 ? all->max_batch : setup_recordings(setup, setup->spec.chunk);
    extractor->most_patches = n * usual;
    TRY(setup_provenance(setup, &extractor->provenance));
    return lines_init_common(&extractor->lines, setup, extractor->most_patches);
}

/* The model's own random weights need no file, where they came from none; random weights for bare networks are not for
   those of others. */
static const char *weights_of(const struct extractors *all, const struct attributes *recorded)
{
    const char *asked = all->compute->weights ? all->compute->weights : "auto";
    const char *own = attributes_text(recorded, "weights", "");
    if (strncmp(own, "seeded:", 7) == 0) return own;
    const int is_made = attributes_find(recorded, "weights_sha256") != NULL;
    return is_made && strncmp(asked, "seeded:", 7) == 0 ? "auto" : asked;
}

/* Whose weights are those that were recorded, all of them that the network needs up to its layer: the deepest, held. */
static struct extractor *find_elder(struct extractors *all, const struct attributes *recorded)
{
    const char *sha256 = attributes_text(recorded, "weights_sha256", "");
    struct extractor *found = NULL;
    all->take(all->keeper);
    for (struct extractor *e = all->first; *sha256 && e; e = e->next) {
        if (!e->setup.weights || strcmp(e->setup.weights->sha256, sha256) != 0) continue;
        if (!found || e->setup.layer > found->setup.layer) found = e;
    }
    if (found) extractor_hold(found);
    all->give(all->keeper);
    return found;
}

static void let_go(struct extractors *all, struct extractor *extractor)
{
    all->take(all->keeper);
    extractors_let_go(all, extractor);
    all->give(all->keeper);
}

/* Reads its weights, unless they are the elder's; the backend is not touched. */
static enum status fill(const struct extractors *all, struct extractor *extractor,
                        const struct attributes *recorded)
{
    struct compute_options compute = *all->compute;
    struct extract_settings settings;
    TRY(attributes_copy(&extractor->recorded, recorded));
    TRY(extract_settings_restore(&settings, &extractor->recorded));
    compute.weights = weights_of(all, &extractor->recorded);
    const struct setup_shares shares = { all->backend, extractor->elder ? &extractor->elder->setup : NULL };
    return setup_sharing(&extractor->setup, &settings, &compute, &extractor->recorded, shares);
}

static enum status open_and_list(struct extractors *all, struct extractor *extractor)
{
    all->take(all->keeper);
    const enum status status = open_line(all, extractor);
    if (status == OK) {
        extractor->next = all->first;
        all->first = extractor_hold(extractor);
    }
    all->give(all->keeper);
    return status;
}

static enum status open_new(struct extractors *all, const struct attributes *recorded, struct extractor **out)
{
    struct extractor *extractor = memory_new(1, sizeof *extractor);
    *out = NULL;
    TRY(memory_check(extractor));
    struct extractor *elder = extractor->elder = find_elder(all, recorded);
    enum status status = fill(all, extractor, recorded);
    if (status == OK) status = open_and_list(all, extractor);
    const int keeps_elder = status == OK && extractor->setup.borrows_weights;
    if (!keeps_elder) extractor->elder = NULL;
    if (status == OK)
        *out = extractor;
    else
        extractor_close(extractor); /* its line, if any, was closed where it failed to open */
    if (elder && !keeps_elder) let_go(all, elder);
    return status;
}

enum status extractors_open(struct extractors *all, const struct extract_settings *settings,
                            struct extractor **out)
{
    struct attributes recorded = { 0 };
    enum status status = settings_record(settings, &recorded);
    if (status == OK) status = open_new(all, &recorded, out);
    attributes_release(&recorded);
    return status;
}

/* Held; NULL: none. */
static struct extractor *find_same(struct extractors *all, const struct attributes *recorded)
{
    struct extractor *found = NULL;
    all->take(all->keeper);
    for (struct extractor *e = all->first; e && !found; e = e->next)
        if (provenance_is_same(&e->provenance, recorded)) found = extractor_hold(e);
    all->give(all->keeper);
    return found;
}

enum status extractors_find(struct extractors *all, const struct attributes *recorded, struct extractor **out)
{
    *out = find_same(all, recorded);
    if (!*out) TRY(open_new(all, recorded, out));
    const struct making learned = { recorded, "the model was learned" };
    const struct making made = { &(*out)->provenance, "this service makes features" };
    const enum status status = provenance_compare(learned, made, NULL);
    if (status == OK) return OK;
    let_go(all, *out);
    *out = NULL;
    return status;
}
