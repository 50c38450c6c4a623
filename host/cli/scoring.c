#include "cli/scoring.h"

#include "core/csv.h"
#include "core/log.h"
#include "core/memory.h"

#include <limits.h>
#include <string.h>

/* Rows that are scored at once, unless a single recording has more: what is in memory stays small. */
enum { ROWS_AT_ONCE = 4096 };

enum status scoring_check(const struct model *model, const char *as)
{
    const struct model_group *group;
    return as ? model_named(model, as, &group) : OK;
}

void scoring_release(struct scoring *scoring)
{
    for (size_t i = 0; i < scoring->count; i++) {
        memory_free(scoring->items[i].scores);
        memory_free(scoring->items[i].starts_s);
    }
    memory_free(scoring->items);
    *scoring = (struct scoring){ 0 };
}

/* ---------------------------------------------------------------------------------------------- groups */

static enum status choose(const struct scoring *s, struct scored *scored, const struct model *model,
                          const char *as)
{
    const struct feature_recording *row = scored->row;
    if (s->is_extracted && row->status != RECORDING_OK) return OK;
    if (row->status != RECORDING_OK || row->n_patches == 0) {
        log_warning("%s: not scored: %s", row->of.path, row->error[0] ? row->error : "it has no patch");
        return OK;
    }
    TRY(as ? model_named(model, as, &scored->group) : model_choose(model, &row->of, &scored->group));
    if (!scored->group) {
        char name[256];
        recording_group(&row->of, name);
        log_warning("%s: not scored: the model has not learned %s", row->of.path, name);
    }
    return OK;
}

static enum status choose_all(struct scoring *s, const struct model *model,
                              const struct features_table *table, const char *as)
{
    TRY(memory_check(s->items = memory_new(table->count, sizeof *s->items)));
    for (s->count = 0; s->count < table->count; s->count++) {
        struct scored *scored = &s->items[s->count];
        scored->row = &table->rows[s->count];
        TRY(choose(s, scored, model, as));
        s->n_failed += !scored->group;
    }
    return OK;
}

/* ---------------------------------------------------------------------------------------------- scores */

/* How many items from `first` on follow each other in the same group, in at most ROWS_AT_ONCE rows (but at
 * least one item). */
static size_t run_length(const struct scoring *s, size_t first, int *n_rows)
{
    const struct scored *start = &s->items[first];
    long long next = start->row->first_patch + start->row->n_patches;
    size_t n = 1;
    while (first + n < s->count) {
        const struct scored *item = &s->items[first + n];
        const long long end = item->row->first_patch + item->row->n_patches;
        if (item->group != start->group || item->row->first_patch != next) break;
        if (end - start->row->first_patch > ROWS_AT_ONCE) break;
        next = end;
        n++;
    }
    *n_rows = (int)(next - start->row->first_patch);
    return n;
}

static enum status keep_scores(struct scored *items, size_t n, struct features *features,
                               const double *scores)
{
    for (size_t i = 0; i < n; i++) {
        const size_t n_patches = (size_t)items[i].row->n_patches;
        TRY(memory_check(items[i].scores = memory_new(n_patches, sizeof *scores)));
        TRY(memory_check(items[i].starts_s = memory_new(n_patches, sizeof *scores)));
        TRY(features_read_starts(features, items[i].row->first_patch, items[i].row->n_patches,
                                 items[i].starts_s));
        memcpy(items[i].scores, scores, n_patches * sizeof *scores);
        scores += n_patches;
    }
    return OK;
}

int scored_same_path(const struct scored *a, const struct scored *b)
{
    return strcmp(a->row->of.path, b->row->of.path) == 0 && strcmp(a->row->of.root, b->row->of.root) == 0;
}

static enum status read_run(const struct scored *items, size_t n, struct features *features,
                            struct rows *rows)
{
    int first = 0, number = 0;
    TRY(features_read(features, items->row->first_patch, rows->x.rows, rows->x.data));
    for (size_t i = 0; i < n; i++) {
        number += i > 0 && !scored_same_path(&items[i - 1], &items[i]);
        rows_tell(rows, first, items[i].row->n_patches, number, items[i].row->level.rms_dbfs);
        first += items[i].row->n_patches;
    }
    return OK;
}

static enum status score_run(struct scored *items, size_t n, int n_rows, const struct model *model,
                             struct features *features, struct backend *backend)
{
    struct rows rows = { 0 };
    double *scores = memory_new((size_t)n_rows, sizeof *scores);
    enum status status;
    TRY_OR_DONE(memory_check(scores));
    TRY_OR_DONE(rows_init(&rows, n_rows, features_columns(features)));
    TRY_OR_DONE(read_run(items, n, features, &rows));
    TRY_OR_DONE(model_score(model, items->group, backend, &rows, scores));
    TRY_OR_DONE(keep_scores(items, n, features, scores));
done:
    rows_release(&rows);
    memory_free(scores);
    return status;
}

/* The patches of all channels and segments of a path, together; the score stands in the first of its rows. */
static enum status pool_path(const struct pooler *pooler, struct scored *items, size_t n_items)
{
    long long total = 0, filled = 0;
    for (size_t i = 0; i < n_items; i++) total += items[i].scores ? items[i].row->n_patches : 0;
    REQUIRE(total <= INT_MAX, ERR_INPUT, "%s: %lld patches, at most %d can be one recording's",
            items->row->of.path, total, INT_MAX);
    double *scores = memory_new((size_t)total, sizeof *scores);
    TRY(memory_check(scores));
    for (size_t i = 0; i < n_items; i++) {
        if (!items[i].scores) continue;
        memcpy(scores + filled, items[i].scores, (size_t)items[i].row->n_patches * sizeof *scores);
        filled += items[i].row->n_patches;
    }
    items->n_pooled = (int)total;
    items->pooled = pooler_score(pooler, scores, items->n_pooled);
    memory_free(scores);
    return OK;
}

static enum status pool_all(struct scoring *s, const struct pooler *pooler)
{
    for (size_t i = 0, n = 1; i < s->count; i += n) {
        n = 1;
        while (i + n < s->count && scored_same_path(&s->items[i], &s->items[i + n])) n++;
        TRY(pool_path(pooler, &s->items[i], n));
    }
    return OK;
}

enum status scoring_run(struct scoring *s, const struct model *model, struct features *features,
                        struct backend *backend, const char *as)
{
    size_t n;
    int n_rows;
    TRY(choose_all(s, model, features_recordings(features), as));
    for (size_t i = 0; i < s->count; i += n) {
        n = 1;
        if (!s->items[i].group) continue;
        n = run_length(s, i, &n_rows);
        TRY(score_run(&s->items[i], n, n_rows, model, features, backend));
    }
    return pool_all(s, &model->pooler);
}

/* ------------------------------------------------------------------------------------------------- CSV */

int scored_pooled(const struct scored *scored, double *score)
{
    *score = scored->pooled;
    return scored->n_pooled > 0;
}

int scored_verdict(const struct scoring *s, const struct scored *scored, double *percentile,
                   const char **verdict)
{
    double score;
    if (!s->decides || !scored_pooled(scored, &score) || scored->group->calibration.n == 0) return 0;
    *percentile = calibration_percentile(&scored->group->calibration, score);
    *verdict = calibration_is_abnormal(&scored->group->calibration, score) ? "not normal" : "normal";
    return 1;
}

static void print_verdict(const struct scoring *s, const struct scored *scored, FILE *stream)
{
    double percentile;
    const char *verdict;
    if (scored_verdict(s, scored, &percentile, &verdict))
        fprintf(stream, ",%.4f,%s", percentile, verdict);
    else if (s->decides)
        fputs(",,", stream);
}

void scoring_print(const struct scoring *s, FILE *stream)
{
    fprintf(stream, "recording,machine,id,snr,label,score%s\n", s->decides ? ",percentile,verdict" : "");
    for (size_t i = 0; i < s->count; i++) {
        const struct recording *of = &s->items[i].row->of;
        const char *const cells[] = { of->path, of->machine, of->id, of->snr, of->label };
        double score;
        if (!scored_pooled(&s->items[i], &score)) continue;
        for (int c = 0; c < 5; c++) {
            csv_put(stream, cells[c]);
            putc(',', stream);
        }
        fprintf(stream, "%.9g", score);
        print_verdict(s, &s->items[i], stream);
        putc('\n', stream);
    }
}

void scoring_print_patches(const struct scoring *s, FILE *stream)
{
    fputs("recording,start_s,score\n", stream);
    for (size_t i = 0; i < s->count; i++)
        for (int p = 0; s->items[i].scores && p < s->items[i].row->n_patches; p++) {
            csv_put(stream, s->items[i].row->of.path);
            fprintf(stream, ",%.9g,%.9g\n", s->items[i].starts_s[p], s->items[i].scores[p]);
        }
}

enum status scoring_verdict(const struct scoring *s)
{
    REQUIRE((size_t)s->n_failed < s->count, ERR_INPUT, "none of %zu recordings could be scored", s->count);
    REQUIRE(s->n_failed == 0, ERR_PARTIAL, "%d of %zu recordings could not be scored", s->n_failed, s->count);
    return OK;
}
