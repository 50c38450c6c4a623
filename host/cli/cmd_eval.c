#include "cli/cmd.h"
#include "cli/detector_options.h"
#include "cli/trial_options.h"

#include "core/log.h"
#include "core/output.h"
#include "eval/crew_place.h"
#include "eval/report.h"
#include "eval/submission.h"
#include "io/json_text.h"
#include "pipeline/trace.h"

#include <math.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

struct eval_settings {
    const char *output, *detectors;
    int protocol, overwrite;
};

#define FIELD(name) .offset = offsetof(struct eval_settings, name)

static const struct option eval_options[] = {
    { .name = "output",
      .type = OPTION_TEXT,
      FIELD(output),
      .letter = 'o',
      .metavar = "DIR",
      .help = "folder for results.csv, report.html and official files" },
    { .name = "overwrite",
      .type = OPTION_FLAG,
      FIELD(overwrite),
      .standard = "0",
      .help = "write into DIR although it is not empty" },
    { .name = "detector",
      .type = OPTION_TEXT,
      FIELD(detectors),
      .standard = "gmm",
      .metavar = "NAMES",
      .help =
          "detectors to compare, a,b,… or all that can learn from the file; `earshot detectors` lists them" },
    { .name = "protocol",
      .type = OPTION_CHOICE,
      FIELD(protocol),
      .standard = "paper",
      .choices = PROTOCOL_CHOICES,
      .help = "how recordings are shared out: paper draws them at random; the others have one split, and "
              "official "
              "files in DIR/<detector>/seed_N (docs/protocols.md)" },
    { 0 },
};

struct eval_job {
    struct eval_settings settings;
    struct place place;
    struct trial_options trial;
    struct command_line line;
    struct detector_options detectors;
    struct contender contenders[MAX_DETECTORS + MAX_FUSIONS];
    struct evaluate_options options;
    struct features *features;
    struct crew crew;
    struct evaluation evaluation;
    struct summaries summaries;
    char *results_path, *report_path;
    int is_new; /* the output was not there before */
};

static void release(struct eval_job *job)
{
    summaries_release(&job->summaries);
    evaluation_release(&job->evaluation);
    crew_close(&job->crew);
    features_close(&job->features);
    detector_options_release(&job->detectors);
    memory_free(job->results_path);
    memory_free(job->report_path);
    command_release(&job->line);
}

/* --------------------------------------------------------------------------------------------- options */

static enum status parse(const struct command *command, struct eval_job *job, int argc, char **argv,
                         int *done)
{
    struct option_set sets[6 + MAX_DETECTORS] = {
        { eval_options, &job->settings, "Options of eval" },
        { place_options, &job->place, "Where to compute" },
    };
    int n_sets = 2;
    trial_options_init(&job->trial, sets, &n_sets);
    TRY(detector_options_init(&job->detectors, sets, &n_sets));
    return command_parse(command, &job->line, sets, n_sets, argc, argv, done);
}

/* All means all that can learn from these features. */
static void leave_out_others(struct eval_job *job)
{
    int n = 0;
    if (strcmp(job->settings.detectors, "all") != 0) return;
    for (int i = 0; i < job->options.n_contenders; i++) {
        const enum status status =
            detector_takes(job->contenders[i].detector, features_provenance(job->features));
        if (status == OK)
            job->contenders[n++] = job->contenders[i];
        else
            log_info("left out: %s", status_sentence());
    }
    job->options.n_contenders = n;
}

static enum status fill_options(struct eval_job *job)
{
    job->options = (struct evaluate_options){ .contenders = job->contenders,
                                              .protocol = protocol_number(job->settings.protocol) };
    TRY(trial_options_fill(&job->trial, &job->options));
    return detector_options_contenders(&job->detectors, "--detector", job->settings.detectors,
                                       job->contenders, &job->options.n_contenders);
}

/* --------------------------------------------------------------------------------------- what came out */

static const char *network_of(const struct eval_job *job)
{
    return attributes_text(features_provenance(job->features), "network", "");
}

static enum status write_files(struct eval_job *job)
{
    const char *slash = strrchr(job->line.options.words[0], '/');
    const struct report report = { .features = slash ? slash + 1 : job->line.options.words[0],
                                   .provenance = features_provenance(job->features),
                                   .evaluation = &job->evaluation,
                                   .summaries = &job->summaries,
                                   .options = &job->options,
                                   .backend = job->crew.whole->ops->name,
                                   .picture = trace_picture,
                                   .file = job->features };
    TRY(memory_check(job->results_path = memory_print("%s/results.csv", job->settings.output)));
    TRY(memory_check(job->report_path = memory_print("%s/report.html", job->settings.output)));
    TRY(results_write_csv(job->results_path, &job->evaluation, network_of(job)));
    TRY(report_write(job->report_path, &report));
    return submission_write(job->settings.output, &job->evaluation, &job->options);
}

static int count_unjudged(const struct evaluation *evaluation)
{
    int n = 0;
    for (size_t i = 0; i < evaluation->n_results; i++) n += !split_result_is_judged(&evaluation->results[i]);
    return n;
}

static void print_protocol(const struct eval_job *job)
{
    const struct evaluate_options *options = &job->options;
    const int n_unjudged = count_unjudged(&job->evaluation);
    if (options->protocol == &protocol_paper)
        printf("normal and abnormal: recordings held out of each group, %d of each at most; %d splits\n",
               options->held_out, options->n_seeds);
    else
        printf("protocol %s: %s; one split, detectors' seeds %d to %d\n", options->protocol->name,
               options->protocol->summary, options->seed, options->seed + options->n_seeds - 1);
    if (n_unjudged) printf("%d scored, but not judged: no label is known, or only one\n", n_unjudged);
    if (!submission_is_due(options)) return;
    for (int i = 0; i < options->n_contenders; i++)
        printf("%s/%s/seed_%d%s\n", job->settings.output, options->contenders[i].detector->name,
               options->seed, options->n_seeds > 1 ? " …" : "");
}

static void print_words(const struct eval_job *job)
{
    const struct evaluation *evaluation = &job->evaluation;
    results_print_table(stdout, &job->summaries, network_of(job));
    for (size_t i = 0; i < evaluation->n_left_out; i++) {
        const struct left_out *left_out = &evaluation->left_out[i];
        printf("left out: %s%s%s: %s\n", left_out->group->name, left_out->detector ? " with " : "",
               left_out->detector ? left_out->detector->name : "", left_out->reason);
    }
    print_protocol(job);
    if (job->options.is_shuffled) printf("LABELS SHUFFLED: AUCs must lie near 0.5\n");
    if (provenance_has_random_weights(features_provenance(job->features)))
        printf("RANDOM WEIGHTS: these numbers show that the line works, not how good the method is\n");
    printf("%s\n%s\n", job->results_path, job->report_path);
}

static json_t *summary_json(const struct summary *s, const char *network)
{
    const struct recording *of = s->group->of;
    return json_pack("{s:o, s:o, s:o, s:s, s:s, s:i, s:i, s:i, s:i, s:f, s:f, s:f, s:f}", "machine",
                     json_text(of->machine), "id", json_text(of->id), "snr", json_text(of->snr), "network",
                     network, "detector", s->detector->name, "splits", s->n_splits, "n_train",
                     s->least.n_train, "n_normal", s->least.n_normal, "n_abnormal", s->least.n_abnormal,
                     "auc", s->auc.mean, "auc_sd", s->auc.deviation, "pauc", s->pauc.mean, "pauc_sd",
                     s->pauc.deviation);
}

static json_t *left_out_json(const struct left_out *left_out)
{
    return json_pack("{s:o, s:o, s:s?, s:o}", "group", json_text(left_out->group->name), "machine",
                     json_text(left_out->group->of->machine), "detector",
                     left_out->detector ? left_out->detector->name : NULL, "reason",
                     json_text(left_out->reason));
}

static json_t *number_json(double number)
{
    return isnan(number) ? json_null() : json_real(number);
}

static enum status print_json(const struct eval_job *job)
{
    json_t *groups = json_array(), *left_out = json_array();
    for (size_t i = 0; i < job->summaries.count; i++)
        json_array_append_new(groups, summary_json(&job->summaries.items[i], network_of(job)));
    for (size_t i = 0; i < job->evaluation.n_left_out; i++)
        json_array_append_new(left_out, left_out_json(&job->evaluation.left_out[i]));
    const struct mean_aucs mean = summaries_mean(&job->summaries, NULL);
    return command_json(json_pack("{s:s, s:o, s:o, s:o, s:o, s:i, s:i, s:i, s:b, s:b, s:o, s:o}", "protocol",
                                  job->options.protocol->name, "groups", groups, "left_out", left_out, "auc",
                                  number_json(mean.auc), "pauc", number_json(mean.pauc), "unjudged",
                                  count_unjudged(&job->evaluation), "seeds", job->options.n_seeds, "held_out",
                                  job->options.held_out, "random_weights",
                                  provenance_has_random_weights(features_provenance(job->features)),
                                  "shuffled_labels", job->options.is_shuffled, "results",
                                  json_text(job->results_path), "report", json_text(job->report_path)));
}

/* ----------------------------------------------------------------------------------------- the command */

static enum status work(struct eval_job *job)
{
    TRY(features_open(&job->features, job->line.options.words[0]));
    leave_out_others(job);
    TRY(crew_open_at(&job->crew, &job->place, job->options.n_seeds));
    TRY(evaluate(&job->crew, job->features, &job->options, &job->evaluation));
    if (job->evaluation.n_results == 0) return evaluation_verdict(&job->evaluation);
    TRY(summaries_init(&job->summaries, &job->evaluation));
    TRY(write_files(job));
    if (job->line.common.json)
        TRY(print_json(job));
    else
        print_words(job);
    return evaluation_verdict(&job->evaluation);
}

static enum status run(const struct command *command, int argc, char **argv)
{
    struct eval_job job = { 0 };
    int done = 0;
    enum status status;
    TRY_OR_DONE(parse(command, &job, argc, argv, &done));
    if (done) goto done;
    TRY_OR_DONE(command_words(command, &job.line, 1, 1));
    TRY_OR_DONE(fill_options(&job));
    if (!job.settings.output) TRY_OR_DONE(fail(ERR_USAGE, "no output was named: -o DIR"));
    TRY_OR_DONE(command_folder(job.settings.output, job.settings.overwrite, &job.is_new));
    status = work(&job);
    if (status != OK && job.is_new) rmdir(job.settings.output); /* where nothing was written, nothing stays */
done:
    release(&job);
    return status;
}

const struct command command_eval = {
    .name = "eval",
    .summary = "splits, fits and scores: AUC for each machine, results.csv, report.html",
    .usage = "eval F.h5 -o DIR [--detector gmm] [--protocol paper] [--seeds 5] [--held-out 150] [options]",
    .about =
        "Says how well detectors that learn from normal recordings alone find the abnormal ones. For\n"
        "each machine and each seed it holds out normal recordings, adds as many abnormal ones, fits the\n"
        "detector on the rest of the normal ones, and reports AUC and pAUC. Machines with too few\n"
        "recordings are listed, the others go on (exit code 3). --protocol shares recordings out as MIMII's\n"
        "baseline or DCASE's task 2 do, and writes the files that their evaluators expect.",
    .example = "  earshot synth corpus\n"
               "  earshot extract corpus -o features.h5 --weights seeded:1\n"
               "  earshot eval features.h5 -o results --components 8 --held-out 10",
    .run = run,
};
