#include "cli/show_sweep.h"

#include "cli/cmd.h"
#include "core/log.h"
#include "eval/reproduce.h"
#include "io/json_text.h"

#include <string.h>

static int count_of_pass(const struct sweep *sweep, int pass)
{
    int n = 0;
    for (size_t i = 0; i < sweep->n_features; i++) n += sweep->features[i]->pass == pass;
    return n;
}

static const struct sweep_features *first_of_pass(const struct sweep *sweep, int pass)
{
    for (size_t i = 0; i < sweep->n_features; i++)
        if (sweep->features[i]->pass == pass) return sweep->features[i];
    return NULL;
}

/* Groups that are wanted; the dataset is sorted by group. */
static int count_groups(const struct sweep *sweep)
{
    char last[256] = "";
    int n = 0;
    for (size_t i = 0; i < sweep->dataset.count; i++) {
        char group[256];
        recording_group(&sweep->dataset.recordings[i], group);
        if (!sweep_is_wanted(sweep, &sweep->dataset.recordings[i], group)) continue;
        n += n == 0 || strcmp(group, last) != 0;
        memcpy(last, group, sizeof last);
    }
    return n;
}

/* Splits that are kept already, of all settings and groups. */
static long long count_kept(const struct sweep *sweep)
{
    const struct evaluate_options *options = sweep->input.options;
    char last[256] = "";
    long long n = 0;
    for (size_t i = 0; i < sweep->dataset.count; i++) {
        char group[256];
        recording_group(&sweep->dataset.recordings[i], group);
        const int is_new = i == 0 || strcmp(group, last) != 0;
        memcpy(last, group, sizeof last);
        if (!is_new || !sweep_is_wanted(sweep, &sweep->dataset.recordings[i], group)) continue;
        for (size_t s = 0; s < sweep->n_settings; s++)
            for (int k = 0; k < options->n_seeds; k++)
                n += sweep_is_kept(sweep, sweep->settings[s], group, options->seed + k);
    }
    return n;
}

static void print_features(const struct sweep_features *f)
{
    char layer[80] = "", how[160], duration[32];
    study_duration(f->estimated_s, duration, sizeof duration);
    if (*f->settings.layer) snprintf(layer, sizeof layer, " %s", f->settings.layer);
    if (f->pass < 0)
        snprintf(how, sizeof how, "is there already");
    else if (f->source)
        snprintf(how, sizeof how, "%s %s (alone %s)", f->is_tapped ? "on the way to" : "picked out of",
                 f->source->name, duration);
    else
        snprintf(how, sizeof how, "computed, %s", duration);
    printf("  %s: %s%s, n-fft %d, hop %d, offset %d: %s\n", f->name, f->settings.network, layer,
           f->settings.n_fft, f->settings.hop_length, f->settings.offset, how);
}

static const char *plural(long long n)
{
    return n == 1 ? "" : "s";
}

static void print_passes(const struct sweep *sweep)
{
    for (int pass = 0; pass < sweep->n_passes; pass++) {
        const struct extract_settings *s = &first_of_pass(sweep, pass)->settings;
        const int n = count_of_pass(sweep, pass);
        printf("pass %d: %zu recording%s decoded once for %d feature file%s; %d Hz, channel %s\n", pass + 1,
               sweep->dataset.count, plural((long long)sweep->dataset.count), n, plural(n), s->sample_rate,
               s->channel);
        for (size_t i = 0; i < sweep->n_features; i++)
            if (sweep->features[i]->pass == pass) print_features(sweep->features[i]);
    }
    if (count_of_pass(sweep, -1) > 0) printf("there already:\n");
    for (size_t i = 0; i < sweep->n_features; i++)
        if (sweep->features[i]->pass < 0) print_features(sweep->features[i]);
}

static void print_words(const struct sweep *sweep)
{
    const int n_groups = count_groups(sweep), n_seeds = sweep->input.options->n_seeds;
    char passes[32], alone[32], fits[32];
    study_duration(sweep_passes_s(sweep), passes, sizeof passes);
    study_duration(sweep_alone_s(sweep), alone, sizeof alone);
    study_duration(sweep_fits_s(sweep), fits, sizeof fits);
    print_passes(sweep);
    printf("%zu setting%s × %d group%s × %d seed%s: %lld splits, %lld of them there already\n",
           sweep->n_settings, plural((long long)sweep->n_settings), n_groups, plural(n_groups), n_seeds,
           plural(n_seeds), (long long)sweep->n_settings * n_groups * n_seeds, count_kept(sweep));
    printf("about %s for features (%s, were each made by itself), %s for fits, estimated from small trials\n",
           passes, alone, fits);
}

static json_t *features_json(const struct sweep_features *f)
{
    return json_pack("{s:s, s:s, s:s, s:i, s:i, s:s?, s:f}", "name", f->name, "network", f->settings.network,
                     "layer", f->settings.layer, "offset", f->settings.offset, "pass", f->pass + 1,
                     "comes_with", f->source ? f->source->name : NULL, "seconds", f->estimated_s);
}

static enum status print_json(const struct sweep *sweep)
{
    json_t *features = json_array();
    for (size_t i = 0; i < sweep->n_features; i++)
        json_array_append_new(features, features_json(sweep->features[i]));
    return command_json(json_pack(
        "{s:o, s:i, s:i, s:i, s:i, s:I, s:f, s:f, s:f}", "features", features, "passes", sweep->n_passes,
        "settings", (int)sweep->n_settings, "groups", count_groups(sweep), "seeds",
        sweep->input.options->n_seeds, "kept", (json_int_t)count_kept(sweep), "passes_seconds",
        sweep_passes_s(sweep), "alone_seconds", sweep_alone_s(sweep), "fits_seconds", sweep_fits_s(sweep)));
}

enum status sweep_plan_print(const struct sweep *sweep, int as_json)
{
    if (as_json) return print_json(sweep);
    print_words(sweep);
    return OK;
}

void sweep_plan_tell(const struct sweep *sweep)
{
    int n_shared = 0;
    for (size_t i = 0; i < sweep->n_features; i++) n_shared += sweep->features[i]->source != NULL;
    log_info(
        "%zu settings of %zu feature files: %d there already, %zu to be made in %d pass%s, %d of them with "
        "others",
        sweep->n_settings, sweep->n_features, count_of_pass(sweep, -1),
        sweep->n_features - (size_t)count_of_pass(sweep, -1), sweep->n_passes,
        sweep->n_passes == 1 ? "" : "es", n_shared);
}
