/* DCASE task 2 from 2021 on. Each domain of a section has five numbers; the years differ in what they are of.
 *
 *   2021         each domain is a test set of its own (folders source_test, target_test): its AUC, pAUC,
 *                precision, recall, F1
 *   from 2022    one test folder: AUC of the domain's normal recordings against the abnormal ones of both
 *                domains, pAUC of the whole section, and rates of the domain's own recordings */
#include "core/memory.h"
#include "eval/official_table.h"

#include <math.h>
#include <string.h>

enum { AUC, PAUC, PRECISION, RECALL, F1, N_NUMBERS };
enum { SOURCE, TARGET, N_DOMAINS };

static const char *const domains[N_DOMAINS] = { "source", "target" };
static const char *const folders_2021[N_DOMAINS] = { "source_test", "target_test" };

/* One section and domain. */
struct line {
    const struct official_section *section;
    int domain;
    int n_judged; /* recordings of the domain that have labels */
    double number[N_NUMBERS];
    double auc_all; /* of the whole section */
};

/* All lines of one machine, or of all: the source's first, sections in order. */
struct lines {
    struct line *items; /* [n] owned */
    int n;
};

static int is_2021(const struct official_section *section)
{
    for (int i = 0; i < section->n; i++)
        if (strcmp(section->recordings[i].folder, "test") != 0) return 1;
    return 0;
}

/* ------------------------------------------------------------------------------------------- judgement */

static enum status judge_2021(struct line *line)
{
    const struct official_choice own = { .folder = folders_2021[line->domain] };
    struct official_verdict verdict;
    TRY(official_judge(line->section, &own, &verdict));
    line->n_judged = verdict.n;
    line->number[AUC] = verdict.auc;
    line->number[PAUC] = verdict.pauc;
    line->number[PRECISION] = verdict.rates.precision;
    line->number[RECALL] = verdict.rates.recall;
    line->number[F1] = verdict.rates.f1;
    return OK;
}

static enum status judge_2022(struct line *line)
{
    const char *domain = domains[line->domain];
    const struct official_choice all = { 0 }, own = { .domain = domain },
                                 against_all = { .domain = domain, .with_all_abnormal = 1 };
    struct official_verdict whole, rated, ranked;
    TRY(official_judge(line->section, &all, &whole));
    TRY(official_judge(line->section, &own, &rated));
    TRY(official_judge(line->section, &against_all, &ranked));
    line->n_judged = whole.n; /* a domain that is missing must not go unseen */
    line->auc_all = whole.auc;
    line->number[AUC] = ranked.auc;
    line->number[PAUC] = whole.pauc;
    line->number[PRECISION] = rated.rates.precision;
    line->number[RECALL] = rated.rates.recall;
    line->number[F1] = rated.rates.f1;
    return OK;
}

/* Lines of sections `first` … `end` - 1 that have labels. */
static enum status lines_init(struct lines *lines, const struct official_section *sections, int first,
                              int end)
{
    *lines = (struct lines){ 0 };
    TRY(memory_check(lines->items = memory_new(N_DOMAINS * (size_t)(end - first), sizeof *lines->items)));
    for (int domain = 0; domain < N_DOMAINS; domain++)
        for (int i = first; i < end; i++) {
            struct line line = { .section = &sections[i], .domain = domain };
            TRY(is_2021(&sections[i]) ? judge_2021(&line) : judge_2022(&line));
            if (line.n_judged > 0) lines->items[lines->n++] = line;
        }
    return OK;
}

/* ----------------------------------------------------------------------------------------------- means */

typedef double mean_of(const double *values, int n);

/* The number-th numbers of a domain, or of both (N_DOMAINS), into values; returns how many. */
static int collect(const struct lines *lines, int number, int domain, double *values)
{
    int n = 0;
    for (int i = 0; i < lines->n; i++)
        if (domain == N_DOMAINS || lines->items[i].domain == domain)
            values[n++] = lines->items[i].number[number];
    return n;
}

/* A row of five means; no row where the domain has no line. */
static enum status put_means(FILE *stream, const struct lines *lines, const char *title, const char *over,
                             int domain, mean_of *mean)
{
    char text[128];
    const char *const texts[] = { text, "" };
    double means[N_NUMBERS], *values = memory_new((size_t)lines->n, sizeof *values);
    TRY(memory_check(values));
    snprintf(text, sizeof text, "%s%s", title, over);
    for (int k = 0; k < N_NUMBERS; k++) means[k] = mean(values, collect(lines, k, domain, values));
    official_put_row(stream, texts, 2, means, N_NUMBERS);
    memory_free(values);
    return OK;
}

static enum status put_all_means(FILE *stream, const struct lines *lines, const char *over, int with_domains)
{
    TRY(put_means(stream, lines, "arithmetic mean", over, N_DOMAINS, arithmetic_mean));
    TRY(put_means(stream, lines, "harmonic mean", over, N_DOMAINS, harmonic_mean));
    if (with_domains) {
        TRY(put_means(stream, lines, "source harmonic mean", over, SOURCE, harmonic_mean));
        TRY(put_means(stream, lines, "target harmonic mean", over, TARGET, harmonic_mean));
    }
    fputc('\n', stream);
    return OK;
}

static void put_titles(FILE *stream)
{
    fputs(",,AUC,pAUC,precision,recall,F1 score\n", stream);
}

/* ------------------------------------------------------------------------------------------ result.csv */

static void put_lines_2021(FILE *stream, const struct lines *lines)
{
    fputs("section,domain,AUC,pAUC,precision,recall,F1 score\n", stream);
    for (int i = 0; i < lines->n; i++) {
        const struct line *line = &lines->items[i];
        const char *const texts[] = { official_number(line->section), domains[line->domain] };
        official_put_row(stream, texts, 2, line->number, N_NUMBERS);
    }
}

static void put_lines_2022(FILE *stream, const struct lines *lines)
{
    fputs("section,AUC (all),AUC (source),AUC (target),pAUC,precision (source),precision (target),"
          "recall (source),recall (target),F1 score (source),F1 score (target)\n",
          stream);
    for (int i = 0; i < lines->n / 2; i++) {
        const struct line *line = &lines->items[i];
        const double *s = line->number, *t = lines->items[lines->n / 2 + i].number;
        const char *number = official_number(line->section);
        const double values[] = { line->auc_all, s[AUC],    t[AUC],    s[PAUC], s[PRECISION],
                                  t[PRECISION],  s[RECALL], t[RECALL], s[F1],   t[F1] };
        official_put_row(stream, &number, 1, values, sizeof values / sizeof *values);
    }
}

static enum status put_machine(FILE *stream, const struct official_section *sections, int first, int end)
{
    struct lines lines;
    enum status status;
    TRY_OR_DONE(lines_init(&lines, sections, first, end));
    if (lines.n == 0) goto done;
    official_put_row(stream, &sections[first].machine, 1, NULL, 0);
    if (is_2021(&sections[first])) {
        put_lines_2021(stream, &lines);
    } else {
        put_lines_2022(stream, &lines);
        put_titles(stream);
    }
    TRY_OR_DONE(put_all_means(stream, &lines, "", !is_2021(&sections[first])));
done:
    memory_free(lines.items);
    return status;
}

/* The harmonic mean of every section's AUC (source), AUC (target) and pAUC. */
static enum status put_official_score(FILE *stream, const struct lines *lines)
{
    static const char *const texts[] = { "official score", "" };
    double *values = memory_new(2 * (size_t)lines->n, sizeof *values);
    TRY(memory_check(values));
    int n = collect(lines, AUC, N_DOMAINS, values);
    n += collect(lines, PAUC, SOURCE, values + n); /* the target's is the same */
    const double score = harmonic_mean(values, n);
    official_put_row(stream, texts, 2, &score, 1);
    fputc('\n', stream);
    memory_free(values);
    return OK;
}

static enum status put_summary(FILE *stream, const struct official_section *sections, int n)
{
    static const char *const over = " over all machine types, sections, and domains";
    const int is_old = is_2021(&sections[0]);
    struct lines lines;
    enum status status;
    TRY_OR_DONE(lines_init(&lines, sections, 0, n));
    put_titles(stream);
    TRY_OR_DONE(put_all_means(stream, &lines, over, !is_old));
    if (!is_old) TRY_OR_DONE(put_official_score(stream, &lines));
done:
    memory_free(lines.items);
    return status;
}

static enum status put_result(FILE *stream, const struct official_section *sections, int n)
{
    for (int first = 0, end; first < n; first = end) {
        for (end = first + 1; end < n; end++)
            if (strcmp(sections[first].machine, sections[end].machine) != 0) break;
        TRY(put_machine(stream, sections, first, end));
    }
    return put_summary(stream, sections, n);
}

/* ----------------------------------------------------------------------------------------------- files */

static enum status write_section(const char *folder, const struct official_section *section)
{
    static const char *const test_sets[] = { "test", "source_test", "target_test" };
    for (int i = 0; i < 6; i++) {
        char ending[32];
        snprintf(ending, sizeof ending, "_%s", test_sets[i / 2]);
        const struct official_lines lines = { .what = i % 2 ? "decision_result" : "anomaly_score",
                                              .ending = ending,
                                              .is_decision = i % 2,
                                              .choice = { .folder = test_sets[i / 2] } };
        TRY(official_write_lines(folder, section, &lines));
    }
    return OK;
}

static enum status check_years(const struct official_section *sections, int n)
{
    for (int i = 1; i < n; i++)
        REQUIRE(is_2021(&sections[i]) == is_2021(&sections[0]), ERR_INPUT,
                "%s has %s, %s %s: recordings of 2021 and of later years are judged differently; they belong "
                "into different files",
                sections[0].machine,
                is_2021(&sections[0]) ? "folders source_test, target_test" : "a test folder",
                sections[i].machine, is_2021(&sections[i]) ? "those of 2021" : "a test folder");
    return OK;
}

static enum status write_all(const char *folder, const struct official_section *sections, int n)
{
    TRY(check_years(sections, n));
    for (int i = 0; i < n; i++) TRY(write_section(folder, &sections[i]));
    return official_write_result(folder, sections, n, put_result);
}

enum status official_write_dcase(const char *folder, const struct official_section *sections, int n)
{
    struct official_section *sorted = NULL;
    TRY(official_sort(sections, n, &sorted));
    const enum status status = write_all(folder, sorted, n);
    memory_free(sorted);
    return status;
}
