#include "eval/sweep_table.h"

#include "core/csv.h"
#include "core/memory.h"
#include "core/output.h"
#include "eval/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { REPLICATES = 1000, MOST_TABLED = 30 };

/* Abramowitz and Stegun 1964, table 26.10; beyond it Cornish and Fisher's expansion around the normal's. */
double student_975(int degrees)
{
    static const double t[MOST_TABLED] = { 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
                                           2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
                                           2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
                                           2.060,  2.056, 2.052, 2.048, 2.045, 2.042 };
    const double z = 1.959964, z3 = z * z * z, n = degrees;
    if (degrees < 1) return (double)NAN;
    if (degrees <= MOST_TABLED) return t[degrees - 1];
    return z + (z3 + z) / (4 * n) + (5 * z3 * z * z + 16 * z3 + 3 * z) / (96 * n * n);
}

static double mean_of(const double *values, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += values[i];
    return sum / n;
}

/* Around the mean of values [n], by Student's t. */
static struct interval around(const double *values, int n)
{
    const double mean = mean_of(values, n);
    double squares = 0;
    if (n < 2) return (struct interval){ (double)NAN, (double)NAN };
    for (int i = 0; i < n; i++) squares += (values[i] - mean) * (values[i] - mean);
    const double half = student_975(n - 1) * sqrt(squares / (n - 1) / n);
    return (struct interval){ mean - half, mean + half };
}

static struct interval within_unit(struct interval i)
{
    return (struct interval){ i.low < 0 ? 0 : i.low, i.high > 1 ? 1 : i.high };
}

/* ------------------------------------------------------------------------------------------------- rows */

/* Each split's mean over the groups, into means [n_splits]. */
static void means_of_splits(const struct summaries *summaries, double *means, int n_splits)
{
    for (int i = 0; i < n_splits; i++) {
        means[i] = 0;
        for (size_t g = 0; g < summaries->count; g++)
            means[i] += summaries->items[g].splits[i].auc / (double)summaries->count;
    }
}

/* Machines are independent, so their variances add up. */
static enum status interval_over_recordings(const struct summaries *summaries, double auc,
                                            struct interval *out)
{
    double variance = 0;
    const double n = (double)summaries->count;
    struct bootstrap bootstrap;
    for (size_t g = 0; g < summaries->count; g++) {
        const struct summary *s = &summaries->items[g];
        TRY(bootstrap_auc(s->splits, s->n_splits, REPLICATES, 0, &bootstrap));
        variance += bootstrap.deviation * bootstrap.deviation / (n * n);
    }
    const double half = 1.959964 * sqrt(variance);
    *out = within_unit((struct interval){ auc - half, auc + half });
    if (summaries->count == 1) *out = (struct interval){ bootstrap.low, bootstrap.high };
    return OK;
}

static enum status fill_row(struct sweep_row *row, const struct sweep *sweep,
                            const struct sweep_setting *setting)
{
    const struct summaries *summaries = &setting->summaries;
    const struct mean_aucs mean = summaries_mean(summaries, NULL);
    const int n_splits = summaries->items[0].n_splits;
    double *means = memory_new((size_t)n_splits, sizeof *means);
    TRY(memory_check(means));
    *row = (struct sweep_row){ .setting = setting,
                               .n_groups = (int)summaries->count,
                               .n_splits = n_splits,
                               .auc = mean.auc,
                               .pauc = mean.pauc };
    sweep_label(sweep, setting, row->label);
    means_of_splits(summaries, means, n_splits);
    row->over_splits = within_unit(around(means, n_splits));
    memory_free(means);
    return interval_over_recordings(summaries, row->auc, &row->over_recordings);
}

static int has_same_groups(const struct summaries *a, const struct summaries *b)
{
    if (a->count != b->count) return 0;
    for (size_t g = 0; g < a->count; g++)
        if (strcmp(a->items[g].group->name, b->items[g].group->name) != 0) return 0;
    return 1;
}

static enum status compare_with_best(struct sweep_row *row, const struct sweep_row *best)
{
    const struct summaries *own = &row->setting->summaries, *of_best = &best->setting->summaries;
    const int n = row->n_splits;
    row->behind = (double)NAN;
    row->behind_over_splits = (struct interval){ (double)NAN, (double)NAN };
    if (!has_same_groups(own, of_best)) return OK;
    double *means = memory_new((size_t)n, 2 * sizeof *means);
    TRY(memory_check(means));
    means_of_splits(of_best, means, n);
    means_of_splits(own, means + n, n);
    for (int i = 0; i < n; i++) means[i] -= means[n + i];
    row->behind = mean_of(means, n);
    row->behind_over_splits = around(means, n);
    row->is_apart = row->behind_over_splits.low > 0;
    memory_free(means);
    return OK;
}

/* Ties stand in the order of their names, so that it is always the same. */
static int by_auc(const void *a, const void *b)
{
    const struct sweep_row *left = a, *right = b;
    if (left->auc != right->auc) return left->auc < right->auc ? 1 : -1;
    return strcmp(left->label, right->label);
}

static enum status fill(struct sweep_table *table, const struct sweep *sweep)
{
    TRY(memory_check(table->rows = memory_new(sweep->n_settings, sizeof *table->rows)));
    for (size_t i = 0; i < sweep->n_settings; i++)
        if (sweep->settings[i]->summaries.count > 0)
            TRY(fill_row(&table->rows[table->n_rows++], sweep, sweep->settings[i]));
    qsort(table->rows, (size_t)table->n_rows, sizeof *table->rows, by_auc);
    for (int r = 0; r < table->n_rows; r++) {
        TRY(compare_with_best(&table->rows[r], &table->rows[0]));
        table->n_alike += !table->rows[r].is_apart;
    }
    return OK;
}

enum status sweep_table_init(struct sweep_table *table, const struct sweep *sweep)
{
    *table = (struct sweep_table){ .sweep = sweep };
    const enum status status = fill(table, sweep);
    if (status != OK) sweep_table_release(table);
    return status;
}

void sweep_table_release(struct sweep_table *table)
{
    memory_free(table->rows);
    *table = (struct sweep_table){ 0 };
}

/* ---------------------------------------------------------------------------------------------------- CSV */

static int is_column(const char *axis)
{
    return strcmp(axis, "network") != 0 && strcmp(axis, "detector") != 0;
}

/* The setting's name: what its features and its judge are kept under. */
static void put_setting(FILE *stream, const struct sweep_table *table, const struct sweep_setting *setting)
{
    fprintf(stream, "%s-%s,", setting->features->hash, setting->hash);
    csv_put(stream, setting->features->name);
    fputc(',', stream);
    for (int a = 0; a < table->sweep->input.n_axes; a++) {
        if (!is_column(table->sweep->input.axes[a])) continue;
        csv_put(stream, setting->values[a]);
        fputc(',', stream);
    }
}

static void put_axes(FILE *stream, const struct sweep_table *table)
{
    fputs("setting,features,", stream);
    for (int a = 0; a < table->sweep->input.n_axes; a++)
        if (is_column(table->sweep->input.axes[a])) fprintf(stream, "%s,", table->sweep->input.axes[a]);
}

enum status sweep_write_results(const char *path, const struct sweep_table *table)
{
    const struct sweep *sweep = table->sweep;
    struct output *output = NULL;
    TRY(output_open(&output, path));
    FILE *stream = output_stream(output);
    put_axes(stream, table);
    results_put_head(stream);
    for (size_t i = 0; i < sweep->n_settings; i++) {
        const struct sweep_setting *setting = sweep->settings[i];
        for (size_t r = 0; r < setting->evaluation.n_results; r++) {
            put_setting(stream, table, setting);
            results_put_row(stream, &setting->evaluation.results[r], setting->features->settings.network);
        }
    }
    return output_commit(&output);
}

static void put_number(FILE *stream, double value)
{
    if (isfinite(value)) fprintf(stream, "%.10g", value);
    fputc(',', stream);
}

static void put_interval(FILE *stream, struct interval interval)
{
    put_number(stream, interval.low);
    put_number(stream, interval.high);
}

enum status sweep_write_summary(const char *path, const struct sweep_table *table)
{
    struct output *output = NULL;
    TRY(output_open(&output, path));
    FILE *stream = output_stream(output);
    put_axes(stream, table);
    fputs("network,detector,groups,splits,auc,auc_low_splits,auc_high_splits,auc_low_recordings,"
          "auc_high_recordings,pauc,behind_best,behind_low,behind_high,apart_from_best\n",
          stream);
    for (int r = 0; r < table->n_rows; r++) {
        const struct sweep_row *row = &table->rows[r];
        put_setting(stream, table, row->setting);
        fprintf(stream, "%s,%s,%d,%d,", row->setting->features->settings.network,
                row->setting->contender.detector->name, row->n_groups, row->n_splits);
        put_number(stream, row->auc);
        put_interval(stream, row->over_splits);
        put_interval(stream, row->over_recordings);
        put_number(stream, row->pauc);
        put_number(stream, row->behind);
        put_interval(stream, row->behind_over_splits);
        fprintf(stream, "%d\n", row->is_apart);
    }
    return output_commit(&output);
}

/* ------------------------------------------------------------------------------------------------- words */

void sweep_sentence(const struct sweep_table *table, char *text, size_t size)
{
    const int n_splits = table->rows[0].n_splits;
    if (n_splits < 2)
        snprintf(text, size, "one split alone does not tell how sure the order is; --seeds 5 makes five");
    else if (table->n_alike == 1)
        snprintf(
            text, size,
            "the best of %d settings is ahead of each other one by more than chance in %d splits explains",
            table->n_rows, n_splits);
    else
        snprintf(text, size, "%d of %d settings cannot be told apart from the best by %d splits",
                 table->n_alike, table->n_rows, n_splits);
}

static void print_interval(FILE *stream, struct interval interval)
{
    if (isfinite(interval.low))
        fprintf(stream, "  %6.3f to %5.3f", interval.low, interval.high);
    else
        fprintf(stream, "  %15s", "–  ");
}

void sweep_table_print(FILE *stream, const struct sweep_table *table, int most)
{
    char sentence[256];
    int width = (int)strlen("setting");
    const int n = most > 0 && most < table->n_rows ? most : table->n_rows;
    for (int r = 0; r < n; r++)
        if ((int)strlen(table->rows[r].label) > width) width = (int)strlen(table->rows[r].label);
    fprintf(stream, "%-*s  %6s  %5s  %15s  %15s  %15s\n", width, "setting", "groups", "AUC", "over splits",
            "over recordings", "behind the best");
    for (int r = 0; r < n; r++) {
        const struct sweep_row *row = &table->rows[r];
        fprintf(stream, "%-*s  %6d  %.3f", width, row->label, row->n_groups, row->auc);
        print_interval(stream, row->over_splits);
        print_interval(stream, row->over_recordings);
        if (r > 0) print_interval(stream, row->behind_over_splits);
        fputc('\n', stream);
    }
    if (n < table->n_rows) fprintf(stream, "… and %d more, in summary.csv\n", table->n_rows - n);
    sweep_sentence(table, sentence, sizeof sentence);
    fprintf(stream, "%s\n", sentence);
}
