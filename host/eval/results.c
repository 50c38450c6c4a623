#include "eval/results.h"

#include "core/csv.h"
#include "core/memory.h"
#include "core/output.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------- summaries */

static double auc_of(const struct split_result *split)
{
    return split->auc;
}

static double pauc_of(const struct split_result *split)
{
    return split->pauc;
}

static struct mean_and_deviation over_splits(const struct summary *summary,
                                             double (*value)(const struct split_result *))
{
    double sum = 0, squares = 0;
    for (int i = 0; i < summary->n_splits; i++) sum += value(&summary->splits[i]);
    const double mean = sum / summary->n_splits;
    for (int i = 0; i < summary->n_splits; i++) {
        const double difference = value(&summary->splits[i]) - mean;
        squares += difference * difference;
    }
    return (struct mean_and_deviation){ mean, sqrt(squares / summary->n_splits) };
}

static void widen(int *least, int *most, int n)
{
    if (n < *least) *least = n;
    if (n > *most) *most = n;
}

static void summary_finish(struct summary *summary)
{
    summary->least = summary->most = summary->splits[0].counts;
    for (int i = 1; i < summary->n_splits; i++) {
        const struct split_counts *counts = &summary->splits[i].counts;
        widen(&summary->least.n_train, &summary->most.n_train, counts->n_train);
        widen(&summary->least.n_normal, &summary->most.n_normal, counts->n_normal);
        widen(&summary->least.n_abnormal, &summary->most.n_abnormal, counts->n_abnormal);
    }
    summary->auc = over_splits(summary, auc_of);
    summary->pauc = over_splits(summary, pauc_of);
}

enum status summaries_init(struct summaries *summaries, const struct evaluation *evaluation)
{
    *summaries = (struct summaries){ 0 };
    const size_t n = evaluation->n_results;
    TRY(memory_check(summaries->items = memory_new(n, sizeof *summaries->items)));
    for (size_t i = 0; i < n; i++) {
        const struct split_result *split = &evaluation->results[i];
        struct summary *last = summaries->count ? &summaries->items[summaries->count - 1] : NULL;
        if (!last || last->group != split->group || last->detector != split->detector) {
            last = &summaries->items[summaries->count++];
            *last = (struct summary){ .group = split->group, .detector = split->detector, .splits = split };
        }
        last->n_splits++;
    }
    for (size_t i = 0; i < summaries->count; i++) summary_finish(&summaries->items[i]);
    return OK;
}

void summaries_release(struct summaries *summaries)
{
    memory_free(summaries->items);
    *summaries = (struct summaries){ 0 };
}

struct mean_aucs summaries_mean(const struct summaries *summaries, const struct detector *detector)
{
    struct mean_aucs sum = { 0, 0 };
    int n = 0;
    for (size_t i = 0; i < summaries->count; i++) {
        const struct summary *summary = &summaries->items[i];
        if (detector && summary->detector != detector) continue;
        sum.auc += summary->auc.mean;
        sum.pauc += summary->pauc.mean;
        n++;
    }
    return n ? (struct mean_aucs){ sum.auc / n, sum.pauc / n }
             : (struct mean_aucs){ (double)NAN, (double)NAN };
}

void summary_count(int least, int most, char *text, size_t size)
{
    if (least == most)
        snprintf(text, size, "%d", least);
    else
        snprintf(text, size, "%d-%d", least, most);
}

/* ----------------------------------------------------------------------------------------- results.csv */

void results_put_head(FILE *stream)
{
    fputs("machine,id,snr,network,detector,seed,n_train,n_normal,n_abnormal,auc,pauc\n", stream);
}

void results_put_row(FILE *stream, const struct split_result *split, const char *network)
{
    const struct recording *of = split->group->of;
    const char *const texts[] = { of->machine, of->id, of->snr, network, split->detector->name };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        csv_put(stream, texts[i]);
        fputc(',', stream);
    }
    fprintf(stream, "%d,%d,%d,%d,%.10g,%.10g\n", split->seed, split->counts.n_train, split->counts.n_normal,
            split->counts.n_abnormal, split->auc, split->pauc);
}

enum status results_write_csv(const char *path, const struct evaluation *evaluation, const char *network)
{
    struct output *output = NULL;
    TRY(output_open(&output, path));
    FILE *stream = output_stream(output);
    results_put_head(stream);
    for (size_t i = 0; i < evaluation->n_results; i++)
        results_put_row(stream, &evaluation->results[i], network);
    return output_commit(&output);
}

/* ----------------------------------------------------------------------------------------------- table */

struct widths {
    int group, detector;
};

static void make_room(int *width, const char *text)
{
    if ((int)strlen(text) > *width) *width = (int)strlen(text);
}

static struct widths widths_of(const struct summaries *summaries)
{
    struct widths widths = { (int)strlen("group"), (int)strlen("detector") };
    for (size_t i = 0; i < summaries->count; i++) {
        make_room(&widths.group, summaries->items[i].group->name);
        make_room(&widths.detector, summaries->items[i].detector->name);
    }
    return widths;
}

static void print_summary(FILE *stream, const struct summary *s, struct widths widths, const char *network)
{
    char train[32], normal[32], abnormal[32];
    summary_count(s->least.n_train, s->most.n_train, train, sizeof train);
    summary_count(s->least.n_normal, s->most.n_normal, normal, sizeof normal);
    summary_count(s->least.n_abnormal, s->most.n_abnormal, abnormal, sizeof abnormal);
    fprintf(stream, "%-*s  %-13s  %-*s  %7s  %7s  %8s  %.3f ± %.3f  %.3f ± %.3f\n", widths.group,
            s->group->name, network, widths.detector, s->detector->name, train, normal, abnormal, s->auc.mean,
            s->auc.deviation, s->pauc.mean, s->pauc.deviation);
}

/* Whether no summary before the i-th is of its detector. */
static int is_first_of_detector(const struct summaries *summaries, size_t i)
{
    for (size_t before = 0; before < i; before++)
        if (summaries->items[before].detector == summaries->items[i].detector) return 0;
    return 1;
}

static void print_means(FILE *stream, const struct summaries *summaries, struct widths widths,
                        const char *network)
{
    for (size_t i = 0; i < summaries->count; i++) {
        const struct detector *detector = summaries->items[i].detector;
        if (!is_first_of_detector(summaries, i)) continue;
        const struct mean_aucs mean = summaries_mean(summaries, detector);
        fprintf(stream, "%-*s  %-13s  %-*s  %7s  %7s  %8s  %.3f          %.3f\n", widths.group, "mean",
                network, widths.detector, detector->name, "", "", "", mean.auc, mean.pauc);
    }
}

/* -------------------------------------------------------------------------------------- side by side */

enum { LEAST_WIDTH = 5 }; /* of "0.889" */

static int column_width(const struct detector *detector)
{
    const int length = (int)strlen(detector->name);
    return length < LEAST_WIDTH ? LEAST_WIDTH : length;
}

/* The mean AUC of a group by a detector, "–" where there is none. */
static void print_auc(FILE *stream, const struct summaries *summaries, const struct group *group,
                      const struct detector *detector)
{
    for (size_t i = 0; i < summaries->count; i++) {
        const struct summary *s = &summaries->items[i];
        if (s->group != group || s->detector != detector) continue;
        fprintf(stream, "  %*.3f", column_width(detector), s->auc.mean);
        return;
    }
    fprintf(stream, "  %*s–", column_width(detector) - 1, "");
}

static void print_group(FILE *stream, const struct summaries *summaries, const struct group *group, int width)
{
    fprintf(stream, "%-*s", width, group->name);
    for (size_t d = 0; d < summaries->count; d++)
        if (is_first_of_detector(summaries, d))
            print_auc(stream, summaries, group, summaries->items[d].detector);
    fputc('\n', stream);
}

static void print_side_by_side(FILE *stream, const struct summaries *summaries, int width)
{
    fprintf(stream, "\n%-*s", width, "AUC");
    for (size_t d = 0; d < summaries->count; d++)
        if (is_first_of_detector(summaries, d))
            fprintf(stream, "  %*s", column_width(summaries->items[d].detector),
                    summaries->items[d].detector->name);
    fputc('\n', stream);
    for (size_t i = 0; i < summaries->count; i++)
        if (i == 0 || summaries->items[i].group != summaries->items[i - 1].group)
            print_group(stream, summaries, summaries->items[i].group, width);
    fprintf(stream, "%-*s", width, "mean");
    for (size_t d = 0; d < summaries->count; d++)
        if (is_first_of_detector(summaries, d))
            fprintf(stream, "  %*.3f", column_width(summaries->items[d].detector),
                    summaries_mean(summaries, summaries->items[d].detector).auc);
    fputs("\n\n", stream);
}

static int has_several_detectors(const struct summaries *summaries)
{
    for (size_t i = 1; i < summaries->count; i++)
        if (summaries->items[i].detector != summaries->items[0].detector) return 1;
    return 0;
}

void results_print_table(FILE *stream, const struct summaries *summaries, const char *network)
{
    const struct widths widths = widths_of(summaries);
    fprintf(stream, "%-*s  %-13s  %-*s  %7s  %7s  %8s  %-13s  %s\n", widths.group, "group", "network",
            widths.detector, "detector", "train", "normal", "abnormal", "AUC", "pAUC");
    for (size_t i = 0; i < summaries->count; i++)
        print_summary(stream, &summaries->items[i], widths, network);
    print_means(stream, summaries, widths, network);
    if (has_several_detectors(summaries)) print_side_by_side(stream, summaries, widths.group);
}
