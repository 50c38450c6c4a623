/* What there is to study: files, networks and rows. */
#include "eval/reproduce.h"

#include "core/log.h"
#include "core/memory.h"
#include "eval/crew_place.h"
#include "eval/report.h"

#include <stdio.h>
#include <string.h>

/* Whether a list of names joined by commas has the word. */
static int is_listed(const char *list, const char *word)
{
    const size_t length = strlen(word);
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0')) return 1;
    return 0;
}

/* The i-th name of the list into `word`; 0 where there is none. */
static int list_word(const char *list, int i, char *word, size_t size)
{
    for (; i > 0 && list; i--) list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL;
    if (!list || !*list) return 0;
    snprintf(word, size, "%.*s", (int)strcspn(list, ","), list);
    return 1;
}

/* ---------------------------------------------------------------------------------------------- release */

static void file_release(struct study_file *file)
{
    summaries_release(&file->summaries);
    evaluation_release(&file->evaluation);
    features_close(&file->features);
    memory_free(file->path);
    memory_free(file->reason);
}

void study_release(struct study *study)
{
    for (int n = 0; n < study->n_networks; n++) {
        struct study_network *network = &study->networks[n];
        for (size_t i = 0; i < network->n_files; i++) file_release(&network->files[i]);
        memory_free(network->files);
        memory_free(network->rows);
        memory_free(network->reason);
    }
    memory_free(study->networks);
    dataset_release(&study->dataset);
    crew_close(&study->crew);
    *study = (struct study){ 0 };
}

/* --------------------------------------------------------------------------------------------- networks */

static int takes(const struct contender *contender, const char *network)
{
    return contender->detector->takes_cells == (strcmp(network, "patch") == 0);
}

static enum status add_rows(struct study *study, struct study_network *network)
{
    const struct study_input *input = &study->input;
    TRY(memory_check(network->rows = memory_new((size_t)input->n_contenders, sizeof *network->rows)));
    for (int i = 0; i < input->n_contenders; i++)
        if (takes(&input->contenders[i], network->name))
            network->rows[network->n_rows++] = (struct study_row){ .contender = &input->contenders[i] };
    return OK;
}

static struct study_network *find_network(const struct study *study, const char *name)
{
    for (int n = 0; n < study->n_networks; n++)
        if (strcmp(study->networks[n].name, name) == 0) return &study->networks[n];
    return NULL;
}

/* The network of that name, added where it is new; NULL in *out where no contender takes it. */
static enum status require_network(struct study *study, const char *name, struct study_network **out)
{
    int n_takers = 0;
    *out = find_network(study, name);
    for (int i = 0; i < study->input.n_contenders; i++) n_takers += takes(&study->input.contenders[i], name);
    if (*out || n_takers == 0) return OK;
    *out = &study->networks[study->n_networks++];
    snprintf((*out)->name, sizeof(*out)->name, "%s", name);
    return add_rows(study, *out);
}

static enum status add_named_networks(struct study *study)
{
    struct study_network *network;
    const struct net *net;
    char name[32];
    for (int i = 0; list_word(study->input.settings->networks, i, name, sizeof name); i++) {
        if (strcmp(name, "patch") != 0) TRY(net_require(name, &net));
        TRY(require_network(study, name, &network));
    }
    return require_network(study, "patch", &network); /* what the autoencoders learn from */
}

/* ------------------------------------------------------------------------------------------------ files */

static enum status add_file(struct study_network *network, struct study_file **out)
{
    TRY(memory_grow((void **)&network->files, &network->files_capacity, network->n_files,
                    sizeof *network->files));
    *out = &network->files[network->n_files++];
    **out = (struct study_file){ 0 };
    return OK;
}

/* "fan" takes all fans, "fan/id_00" one of them. */
static int is_wanted_machine(const char *list, const char *group)
{
    char word[256];
    for (int i = 0; list_word(list, i, word, sizeof word); i++) {
        const size_t length = strlen(word);
        if (strncmp(group, word, length) == 0 && (group[length] == '\0' || group[length] == '/')) return 1;
    }
    return !list;
}

static int is_wanted(const struct study_settings *settings, const struct recording *of, const char *group)
{
    return is_wanted_machine(settings->machines, group) &&
           (!settings->snr || is_listed(settings->snr, of->snr));
}

static void count_labels(struct study_file *file)
{
    for (size_t i = 0; i < file->slice.count; i++) {
        file->n_normal += strcmp(file->slice.recordings[i].label, "normal") == 0;
        file->n_abnormal += strcmp(file->slice.recordings[i].label, "abnormal") == 0;
    }
}

static enum status plan_file(struct study *study, struct study_network *network, size_t first, size_t count,
                             const char *group)
{
    struct study_file *file;
    TRY(add_file(network, &file));
    file->slice = (struct dataset){ .recordings = study->dataset.recordings + first, .count = count };
    count_labels(file);
    return memory_check(file->path = memory_print("%s/features/%s/%s.h5", study->input.settings->output,
                                                  network->name, group));
}

/* The recordings are sorted by group: each run of one group becomes a file of every network. */
static enum status plan_files(struct study *study)
{
    const struct dataset *dataset = &study->dataset;
    size_t length;
    for (size_t i = 0; i < dataset->count; i += length) {
        char group[256], next[256];
        recording_group(&dataset->recordings[i], group);
        for (length = 1; i + length < dataset->count; length++) {
            recording_group(&dataset->recordings[i + length], next);
            if (strcmp(group, next) != 0) break;
        }
        if (!is_wanted(study->input.settings, &dataset->recordings[i], group)) continue;
        for (int n = 0; n < study->n_networks; n++)
            TRY(plan_file(study, &study->networks[n], i, length, group));
    }
    return OK;
}

static enum status open_recordings(struct study *study)
{
    const struct study_settings *s = study->input.settings;
    const struct dataset_options options = { s->list, s->snr && !strchr(s->snr, ',') ? s->snr : NULL,
                                             s->limit };
    TRY(dataset_open(&study->dataset, study->input.paths, study->input.n_paths, &options));
    TRY(add_named_networks(study));
    return plan_files(study);
}

/* --------------------------------------------------------------------------------- feature files as given */

enum status study_open_file(struct study_network *network, struct study_file *file)
{
    TRY(features_open(&file->features, file->path));
    const struct attributes *provenance = features_provenance(file->features);
    network->is_random |= provenance_has_random_weights(provenance);
    network->columns = features_columns(file->features);
    const struct merge_result *counts = features_counts(file->features);
    if (counts->recordings > 0) network->patches = (double)counts->patches / (double)counts->recordings;
    return evaluation_init(&file->evaluation, file->features, &protocol_paper);
}

/* Groups that are not wanted are taken out. */
static void narrow(const struct study *study, struct study_file *file)
{
    struct groups *groups = &file->evaluation.groups;
    int kept = 0;
    for (int g = 0; g < groups->count; g++) {
        const struct group *group = &groups->items[g];
        if (is_wanted(study->input.settings, group->of, group->name))
            groups->items[kept++] = *group;
        else
            group_release(&groups->items[g]);
    }
    groups->count = kept;
}

static enum status check_alike(const struct study_network *network)
{
    const struct study_file *first = &network->files[0], *last = &network->files[network->n_files - 1];
    const struct making a = { features_provenance(first->features), first->path };
    const struct making b = { features_provenance(last->features), last->path };
    for (size_t i = 0; i + 1 < network->n_files; i++)
        for (int g = 0; g < last->evaluation.groups.count; g++)
            for (int o = 0; o < network->files[i].evaluation.groups.count; o++)
                REQUIRE(strcmp(last->evaluation.groups.items[g].name,
                               network->files[i].evaluation.groups.items[o].name) != 0,
                        ERR_USAGE, "%s and %s both hold %s of network %s", network->files[i].path, last->path,
                        last->evaluation.groups.items[g].name, network->name);
    return first == last ? OK : provenance_compare(a, b, NULL);
}

static int has_wanted(const struct study *study, const struct groups *groups)
{
    for (int g = 0; g < groups->count; g++)
        if (is_wanted(study->input.settings, groups->items[g].of, groups->items[g].name)) return 1;
    return 0;
}

/* The network that a file's features are of; NULL in *out where nothing of the file is wanted. */
static enum status find_given_network(struct study *study, const char *path, struct study_network **out)
{
    struct features *features = NULL;
    struct groups groups = { 0 };
    enum status status;
    *out = NULL;
    TRY_OR_DONE(features_open(&features, path));
    const char *name = attributes_text(features_provenance(features), "network", "");
    TRY_OR_DONE(groups_init(&groups, features_recordings(features)));
    if (strcmp(name, "patch") != 0 && !is_listed(study->input.settings->networks, name))
        log_info("%s: features of %s, which is not among --networks", path, name);
    else if (!has_wanted(study, &groups))
        log_info("%s: none of its groups is among --machines and --snr", path);
    else
        TRY_OR_DONE(require_network(study, name, out));
done:
    groups_release(&groups);
    features_close(&features);
    return status;
}

static void count_subjects(struct study_file *file)
{
    for (int g = 0; g < file->evaluation.groups.count; g++)
        for (int s = 0; s < file->evaluation.groups.items[g].n_subjects; s++) {
            const int is_abnormal = file->evaluation.groups.items[g].subjects[s].is_abnormal;
            file->n_abnormal += is_abnormal;
            file->n_normal += !is_abnormal;
        }
}

static enum status add_given(struct study *study, const char *path)
{
    struct study_network *network;
    struct study_file *file;
    TRY(find_given_network(study, path, &network));
    if (!network) return OK;
    TRY(add_file(network, &file));
    TRY(memory_check(file->path = memory_text(path)));
    file->is_reused = 1;
    TRY(study_open_file(network, file));
    narrow(study, file);
    count_subjects(file);
    return check_alike(network);
}

/* -------------------------------------------------------------------------------------------------- open */

static enum status count_given(const struct study_input *input, size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < input->n_paths; i++) *n += (size_t)features_is_file(input->paths[i]);
    REQUIRE(*n == 0 || (*n == input->n_paths && !input->settings->list), ERR_USAGE,
            "%zu of %zu PATHs are feature files: either recordings are named, or feature files alone", *n,
            input->n_paths);
    return OK;
}

static enum status check_wanted(const struct study *study)
{
    for (int n = 0; n < study->n_networks; n++)
        if (study->networks[n].n_files > 0) return OK;
    return fail(ERR_USAGE,
                "nothing is left: no group of recordings is among --machines %s, --snr %s, or no detector of "
                "--detectors takes features of --networks %s",
                study->input.settings->machines ? study->input.settings->machines : "(all)",
                study->input.settings->snr ? study->input.settings->snr : "(all)",
                study->input.settings->networks);
}

static int is_of_machine(const char *word, const struct recording *of)
{
    char group[256];
    recording_group(of, group);
    return is_wanted_machine(word, group);
}

static int is_of_snr(const char *word, const struct recording *of)
{
    return strcmp(word, of->snr) == 0;
}

static int has_any(const struct study *study, const char *word,
                   int (*has)(const char *word, const struct recording *of))
{
    for (int n = 0; n < study->n_networks; n++)
        for (size_t i = 0; i < study->networks[n].n_files; i++) {
            const struct study_file *file = &study->networks[n].files[i];
            if (!file->features && has(word, &file->slice.recordings[0])) return 1;
            for (int g = 0; g < file->evaluation.groups.count; g++)
                if (has(word, file->evaluation.groups.items[g].of)) return 1;
        }
    return 0;
}

/* Words that nothing answers to: the others go on, but a slip of the pen is told. */
static void tell_unfound(const struct study *study, const char *option, const char *list,
                         int (*has)(const char *word, const struct recording *of))
{
    char word[256];
    for (int i = 0; list_word(list, i, word, sizeof word); i++)
        if (*word && !has_any(study, word, has))
            log_warning("%s: there are no recordings of %s", option, word);
}

static enum status open_inputs(struct study *study)
{
    size_t n_given;
    TRY(count_given(&study->input, &n_given));
    if (n_given == 0) return open_recordings(study);
    for (size_t i = 0; i < n_given; i++) TRY(add_given(study, study->input.paths[i]));
    return OK;
}

enum status study_open(struct study *study, const struct study_input *input)
{
    enum { MOST_NETWORKS = 32 };
    *study = (struct study){ .input = *input, .options = *input->options };
    study->options.n_contenders = 1;
    study->options.stop = input->stop;
    TRY(memory_check(study->networks = memory_new(MOST_NETWORKS, sizeof *study->networks)));
    TRY(open_inputs(study));
    TRY(check_wanted(study));
    tell_unfound(study, "--machines", input->settings->machines, is_of_machine);
    tell_unfound(study, "--snr", input->settings->snr, is_of_snr);
    return crew_open_at(&study->crew, &input->compute->place, study->options.n_seeds);
}

/* ------------------------------------------------------------------------------------------ what came out */

int study_is_random(const struct study *study)
{
    int is_random = 0;
    for (int n = 0; n < study->n_networks; n++) is_random |= study->networks[n].is_random;
    return is_random;
}

static int count_missing(const struct study_network *network, const struct study_file *file)
{
    if (!file->features) return network->n_rows;
    return (int)file->evaluation.n_left_out;
}

enum status study_verdict(const struct study *study)
{
    int n_missing = 0;
    size_t n_results = 0;
    for (int n = 0; n < study->n_networks; n++)
        for (size_t i = 0; i < study->networks[n].n_files; i++) {
            n_missing += count_missing(&study->networks[n], &study->networks[n].files[i]);
            n_results += study->networks[n].files[i].evaluation.n_results;
        }
    REQUIRE(n_results > 0, ERR_INPUT, "no cell of the table could be computed; the reasons are listed above");
    REQUIRE(n_missing == 0, ERR_PARTIAL, "some cells could not be computed; the reasons are listed");
    REQUIRE(study->n_failed == 0, ERR_PARTIAL, "%d recordings could not be used", study->n_failed);
    return OK;
}

void study_duration(double seconds, char *text, size_t size)
{
    const long long s = (long long)(seconds + 0.5);
    if (s >= 3600)
        snprintf(text, size, "%lld h %lld min", s / 3600, s % 3600 / 60);
    else if (s >= 60)
        snprintf(text, size, "%lld min %lld s", s / 60, s % 60);
    else
        snprintf(text, size, "%lld s", s);
}
