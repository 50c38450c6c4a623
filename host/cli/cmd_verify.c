#include "cli/cmd.h"

#include "core/memory.h"
#include "io/json_text.h"
#include "pipeline/recompute.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Relative to the largest value. Stored rows were standardised and undone again: two roundings to float32.
 * Another backend or instruction set rounds every layer otherwise: the bound that tests/golden/ holds both
 * to. */
static const double SAME_TOLERANCE = 1e-6, ELSEWHERE_TOLERANCE = 1e-5;

struct settings {
    int recompute;
};

static const struct option verify_options[] = {
    { .name = "recompute",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct settings, recompute),
      .standard = "0",
      .low = 0,
      .high = 1000000,
      .metavar = "N",
      .help = "extract N recordings, spread evenly, once more and compare" },
    { 0 },
};

struct verification {
    struct settings settings;
    struct compute_options compute;
    struct recompute *recompute;
    const char *path;
    struct features *features;
    int n_recomputed;
    double largest; /* difference so far, relative to the largest value of its recording */
};

/* ------------------------------------------------------------------------------------------- once more */

/* The largest difference of n values, relative to the largest of `stored`. */
static double relative_difference(const float *stored, const float *again, size_t n)
{
    double largest = 0, difference = 0;
    for (size_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs((double)stored[i]));
        difference = fmax(difference, fabs((double)stored[i] - (double)again[i]));
    }
    return largest > 0 ? difference / largest : difference;
}

static enum status compare_rows(struct verification *v, const struct feature_recording *row,
                                const float *again)
{
    const size_t n = (size_t)row->n_patches * (size_t)features_columns(v->features);
    float *stored = memory_new(n, sizeof *stored);
    enum status status = memory_check(stored);
    if (status == OK) status = features_read(v->features, row->first_patch, row->n_patches, stored);
    const double difference = status == OK ? relative_difference(stored, again, n) : 0;
    memory_free(stored);
    TRY(status);
    v->largest = fmax(v->largest, difference);
    v->n_recomputed++;
    const double tolerance = recompute_is_elsewhere(v->recompute) ? ELSEWHERE_TOLERANCE : SAME_TOLERANCE;
    REQUIRE(difference <= tolerance, ERR_VERIFY,
            "%s: features of %s differ by %.3g of the largest value, expected at most %g", v->path,
            row->of.path, difference, tolerance);
    return OK;
}

/* A recording that changed needs no comparison of its features. */
static enum status compare_recording(struct verification *v, int number)
{
    const struct feature_recording *row = &features_recordings(v->features)->rows[number];
    struct recomputed again;
    TRY(recompute_row(v->recompute, number, &again));
    REQUIRE(!*row->hash || strcmp(again.hash, row->hash) == 0, ERR_VERIFY,
            "%s changed since it was extracted: its samples' hash is %s, expected %s", row->of.path,
            again.hash, row->hash);
    REQUIRE(again.n_patches == row->n_patches, ERR_VERIFY, "%s: %s has %d patches, expected %d", v->path,
            row->of.path, again.n_patches, row->n_patches);
    return compare_rows(v, row, again.rows);
}

/* The random weights that a file names need no file. */
static void choose_weights(struct verification *v, const struct command_line *line)
{
    const struct attributes *provenance = features_provenance(v->features);
    if (!options_given(&line->options, "weights") && provenance_has_random_weights(provenance))
        v->compute.weights = attributes_text(provenance, "weights", "auto");
}

/* n of the recordings that have features, spread evenly. */
static enum status recompute(struct verification *v)
{
    const struct features_table *table = features_recordings(v->features);
    TRY(recompute_open(&v->recompute, v->features, &v->compute));
    long long usable = 0, k = 0;
    for (size_t i = 0; i < table->count; i++) usable += table->rows[i].n_patches > 0;
    const long long n = usable < v->settings.recompute ? usable : v->settings.recompute;
    for (size_t i = 0; i < table->count; i++) {
        if (table->rows[i].n_patches == 0) continue;
        const int is_chosen = (k + 1) * n / usable > k * n / usable;
        k++;
        if (is_chosen) TRY(compare_recording(v, (int)i));
    }
    return OK;
}

/* ---------------------------------------------------------------------------------------------------- */

static enum status report(const struct verification *v, int as_json)
{
    const size_t recordings = features_recordings(v->features)->count;
    const long long patches = features_patches(v->features);
    if (as_json)
        return command_json(json_pack("{s:o, s:I, s:I, s:i, s:f}", "file", json_text(v->path), "recordings",
                                      (json_int_t)recordings, "patches", (json_int_t)patches, "recomputed",
                                      v->n_recomputed, "largest_difference", v->largest));
    printf("%s: checksum, structure and statistics of %zu recordings, %lld patches are right\n", v->path,
           recordings, patches);
    if (v->settings.recompute > 0)
        printf("%d recordings extracted again: largest difference %.2g of the largest value\n",
               v->n_recomputed, v->largest);
    return OK;
}

static enum status verify(struct verification *v, const struct command_line *line)
{
    TRY(features_verify(v->path));
    TRY(features_open(&v->features, v->path));
    choose_weights(v, line);
    if (v->settings.recompute > 0) TRY(recompute(v));
    return report(v, line->common.json);
}

static enum status run(const struct command *command, int argc, char **argv)
{
    struct verification v = { 0 };
    const struct option_set sets[] = {
        { verify_options, &v.settings, "Options" },
        { weights_options, &v.compute, "Weights (--recompute)" },
        { place_options, &v.compute.place, "Where to compute (--recompute)" },
    };
    struct command_line line;
    int done;
    enum status status;
    TRY_OR_DONE(command_parse(command, &line, sets, sizeof sets / sizeof *sets, argc, argv, &done));
    if (done) goto done;
    TRY_OR_DONE(command_words(command, &line, 1, 1));
    v.path = line.options.words[0];
    status = verify(&v, &line);
done:
    recompute_close(&v.recompute);
    features_close(&v.features);
    command_release(&line);
    return status;
}

const struct command command_verify = {
    .name = "verify",
    .summary = "checks a feature file against itself and its recordings",
    .usage = "verify F.h5 [--recompute N] [--weights SPEC]",
    .about = "Reads the whole file: its checksum, that shapes, indices and counts agree, that every row is "
             "finite, and "
             "that the\nstatistics are those of the rows. With --recompute it also extracts some recordings "
             "again, as "
             "the file says it was\nmade, and finds recordings that changed since. Exit 7 names the first "
             "difference.",
    .example = "  earshot synth corpus\n"
               "  earshot extract corpus -o features.h5 --weights seeded:1\n"
               "  earshot verify features.h5 --recompute 3",
    .run = run,
};
