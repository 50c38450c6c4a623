/* What there is of a sweep, and which passes make the rest. */
#include "core/log.h"
#include "core/memory.h"
#include "eval/reused.h"
#include "eval/sweep.h"
#include "pipeline/members.h"
#include "pipeline/parts.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Lines of so many setups are open side by side, each with its weights. */
enum { MOST_OF_A_PASS = 16 };

/* ----------------------------------------------------------------------------------------------- wanted */

/* Whether a list of names joined by commas has the word, or one that it is below: "fan" has "fan/id_00". */
static int is_listed(const char *list, const char *word)
{
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        const size_t length = strcspn(at, ",");
        if (length && strncmp(at, word, length) == 0 && (!word[length] || word[length] == '/')) return 1;
    }
    return 0;
}

int sweep_is_wanted(const struct sweep *sweep, const struct recording *of, const char *group)
{
    const struct sweep_settings *s = sweep->input.settings;
    return (!s->machines || is_listed(s->machines, group)) && (!s->snr || is_listed(s->snr, of->snr));
}

static enum status require_wanted(const struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->dataset.count; i++) {
        char group[256];
        recording_group(&sweep->dataset.recordings[i], group);
        if (sweep_is_wanted(sweep, &sweep->dataset.recordings[i], group)) return OK;
    }
    return fail(ERR_INPUT, "none of the %zu recordings is of --machines %s --snr %s", sweep->dataset.count,
                sweep->input.settings->machines ? sweep->input.settings->machines : "(all)",
                sweep->input.settings->snr ? sweep->input.settings->snr : "(all)");
}

int sweep_is_kept(const struct sweep *sweep, const struct sweep_setting *setting, const char *group, int seed)
{
    char *path = sweep_cell_path(sweep, setting, group, seed);
    const int is_there = path && access(path, F_OK) == 0;
    memory_free(path);
    return is_there;
}

/* ------------------------------------------------------------------------------------------------ setups */

/* The device that parts in the folder were begun on: a more capable machine goes on with it. */
static void find_device(const char *folder_path, char *device, size_t size)
{
    DIR *folder = opendir(folder_path);
    const struct dirent *entry;
    *device = '\0';
    while (folder && !*device && (entry = readdir(folder))) {
        const char *end = strstr(entry->d_name, ".parts");
        char *output =
            end ? memory_print("%s/%.*s", folder_path, (int)(end - entry->d_name), entry->d_name) : NULL;
        if (output) parts_device(output, device, size);
        memory_free(output);
    }
    if (folder) closedir(folder);
}

/* The one whose weights serve as well, or else the first: all have its backend. */
static const struct setup *elder_of(const struct sweep *sweep, size_t i)
{
    const struct extract_settings *settings = &sweep->features[i]->settings;
    const struct net *net = net_find(settings->network);
    int layer = 0;
    if (net && net_layer(net, *settings->layer ? settings->layer : NULL, &layer) != OK) net = NULL;
    for (size_t e = 0; e < i; e++) {
        const struct setup *setup = &sweep->features[e]->setup;
        if (net && setup->net == net && setup->layer >= layer) return setup;
    }
    return i == 0 ? NULL : &sweep->features[0]->setup;
}

static enum status open_setups(struct sweep *sweep)
{
    struct compute_options compute = *sweep->input.compute;
    char then[32], *folder = memory_print("%s/features", sweep->input.settings->output);
    const char *chosen = getenv("EARSHOT_ISA");
    TRY(memory_check(folder));
    find_device(folder, then, sizeof then);
    memory_free(folder);
    if (*then && !sweep->input.settings->overwrite && !(chosen && *chosen)) compute.place.device_then = then;
    for (size_t i = 0; i < sweep->n_features; i++) {
        struct sweep_features *f = sweep->features[i];
        TRY(setup_beside(&f->setup, &f->settings, &compute, elder_of(sweep, i)));
        f->columns = f->setup.columns;
    }
    return OK;
}

/* ------------------------------------------------------------------------------------------ what is there */

/* The hash says that the options are the same; the backend, which it leaves out, is compared and told. */
static enum status check_provenance(const struct sweep_features *f)
{
    struct attributes now = { 0 };
    enum status status = setup_provenance(&f->setup, &now);
    const struct making made = { features_provenance(f->features), f->path };
    const struct making asked = { &now, "it is now asked for" };
    if (status == OK) status = provenance_compare(made, asked, NULL);
    attributes_release(&now);
    return status;
}

enum status sweep_open_features(struct sweep *sweep, struct sweep_features *f)
{
    TRY(features_open(&f->features, f->path));
    const struct merge_result *counts = features_counts(f->features);
    if (counts->recordings > 0) f->patches = (double)counts->patches / (double)counts->recordings;
    if (counts->failed > sweep->n_failed) sweep->n_failed = (int)counts->failed;
    return OK;
}

static enum status look_for(struct sweep *sweep, struct sweep_features *f)
{
    if (!features_is_file(f->path)) return OK;
    const enum status status = sweep_open_features(sweep, f);
    if (status == ERR_INPUT) return fail(ERR_INPUT, "%s; remove it, and it is made anew", status_sentence());
    TRY(status);
    TRY(reused_check(f->features, f->path, &sweep->dataset));
    return check_provenance(f);
}

/* ------------------------------------------------------------------------------------------------ passes */

static int is_missing(const struct sweep_features *f)
{
    return !f->features;
}

/* The pass that the i-th goes into: one that hears alike and has room; or a new one. */
static int find_pass(struct sweep *sweep, size_t i)
{
    for (int pass = 0; pass < sweep->n_passes; pass++) {
        int n = 0, is_alike = 0;
        for (size_t e = 0; e < i; e++) {
            if (sweep->features[e]->pass != pass) continue;
            n++;
            is_alike = setup_hears_alike(&sweep->features[e]->setup, &sweep->features[i]->setup);
        }
        if (is_alike && n < MOST_OF_A_PASS) return pass;
    }
    return sweep->n_passes++;
}

/* The same shares as the pass will find (members.h). */
static enum status find_sources(struct sweep *sweep, int pass)
{
    struct member members[MOST_OF_A_PASS];
    struct sweep_features *of[MOST_OF_A_PASS];
    int n = 0;
    for (size_t i = 0; i < sweep->n_features; i++) {
        if (sweep->features[i]->pass != pass) continue;
        members[n].setup = &sweep->features[i]->setup;
        of[n++] = sweep->features[i];
    }
    TRY(members_find_shares(members, n));
    for (int m = 0; m < n; m++) {
        const int source = members[m].closer >= 0 ? members[m].closer : members[m].deeper;
        of[m]->source = source >= 0 ? of[source] : NULL;
        of[m]->is_tapped = source >= 0 && members[m].closer < 0;
    }
    return OK;
}

static enum status plan_passes(struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->n_features; i++)
        if (is_missing(sweep->features[i])) sweep->features[i]->pass = find_pass(sweep, i);
    for (int pass = 0; pass < sweep->n_passes; pass++) TRY(find_sources(sweep, pass));
    return OK;
}

enum status sweep_open(struct sweep *sweep)
{
    const struct sweep_settings *s = sweep->input.settings;
    const struct dataset_options options = { s->list, s->snr && !strchr(s->snr, ',') ? s->snr : NULL,
                                             s->limit };
    TRY(dataset_open(&sweep->dataset, sweep->input.paths, sweep->input.n_paths, &options));
    TRY(require_wanted(sweep));
    TRY(open_setups(sweep));
    TRY(sweep_name_features(sweep));
    for (size_t i = 0; i < sweep->n_features && !s->overwrite; i++) TRY(look_for(sweep, sweep->features[i]));
    return plan_passes(sweep);
}
