#include "eval/official_table.h"

#include "core/csv.h"
#include "core/memory.h"
#include "eval/roc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --------------------------------------------------------------------------------------------- numbers */

void official_put_number(FILE *stream, double value)
{
    char text[32];
    if (isnan(value)) return;
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        const int is_short = !strstr(text, "e+") || fabs(value) >= 1e16; /* as Python chooses */
        if (is_short && strtod(text, NULL) == value) break;
    }
    const size_t mantissa = strcspn(text, "e");
    fprintf(stream, "%.*s%s%s", (int)mantissa, text, strpbrk(text, ".n") ? "" : ".0", text + mantissa);
}

void official_put_row(FILE *stream, const char *const *texts, int n_texts, const double *values, int n_values)
{
    for (int i = 0; i < n_texts + n_values; i++) {
        if (i > 0) fputc(',', stream);
        if (i < n_texts)
            csv_put(stream, texts[i]);
        else
            official_put_number(stream, values[i - n_texts]);
    }
    fputc('\n', stream);
}

/* -------------------------------------------------------------------------------------------- sections */

static int by_name(const void *a, const void *b)
{
    const struct official_section *left = a, *right = b;
    int order = strcmp(left->machine, right->machine);
    if (!order) order = strcmp(left->id, right->id);
    return order ? order : strcmp(left->snr, right->snr);
}

enum status official_sort(const struct official_section *sections, int n, struct official_section **sorted)
{
    TRY(memory_check(*sorted = memory_new((size_t)n, sizeof **sorted)));
    memcpy(*sorted, sections, (size_t)n * sizeof **sorted);
    qsort(*sorted, (size_t)n, sizeof **sorted, by_name);
    return OK;
}

const char *official_number(const struct official_section *section)
{
    const char *underscore = strchr(section->id, '_');
    return underscore ? underscore + 1 : section->id;
}

int official_takes(const struct official_choice *choice, const struct official_recording *recording)
{
    if (choice->folder && strcmp(choice->folder, recording->folder) != 0) return 0;
    if (choice->with_all_abnormal && recording->is_abnormal == 1) return 1;
    return !choice->domain || strcmp(choice->domain, recording->domain) == 0;
}

/* ----------------------------------------------------------------------------------------------- lines */

static int by_file(const void *a, const void *b)
{
    const struct official_recording *left = *(const struct official_recording *const *)a;
    const struct official_recording *right = *(const struct official_recording *const *)b;
    return strcmp(left->file, right->file);
}

static enum status choose(const struct official_section *section, const struct official_choice *choice,
                          const struct official_recording ***chosen, int *n)
{
    *n = 0;
    TRY(memory_check(*chosen = memory_new((size_t)section->n, sizeof **chosen)));
    for (int i = 0; i < section->n; i++)
        if (official_takes(choice, &section->recordings[i])) (*chosen)[(*n)++] = &section->recordings[i];
    qsort(*chosen, (size_t)*n, sizeof **chosen, by_file);
    for (int i = 1; i < *n; i++)
        REQUIRE(strcmp((*chosen)[i - 1]->file, (*chosen)[i]->file) != 0, ERR_INPUT,
                "two recordings of %s, %s are called %s; official files tell them apart by their name alone",
                section->machine, section->id, (*chosen)[i]->file);
    return OK;
}

static enum status write_chosen(const char *path, const struct official_recording *const *chosen, int n,
                                int is_decision)
{
    struct output *output = NULL;
    TRY(output_open(&output, path));
    FILE *stream = output_stream(output);
    for (int i = 0; i < n; i++) {
        csv_put(stream, chosen[i]->file);
        fputc(',', stream);
        if (is_decision)
            fprintf(stream, "%d", chosen[i]->is_called);
        else
            official_put_number(stream, chosen[i]->score);
        fputc('\n', stream);
    }
    return output_commit(&output);
}

enum status official_write_lines(const char *folder, const struct official_section *section,
                                 const struct official_lines *lines)
{
    const struct official_recording **chosen = NULL;
    char *path = NULL;
    int n;
    enum status status;
    TRY_OR_DONE(choose(section, &lines->choice, &chosen, &n));
    if (n == 0) goto done;
    path =
        memory_print("%s/%s_%s_%s%s.csv", folder, lines->what, section->machine, section->id, lines->ending);
    TRY_OR_DONE(memory_check(path));
    TRY_OR_DONE(write_chosen(path, chosen, n, lines->is_decision));
done:
    memory_free(path);
    memory_free(chosen);
    return status;
}

/* ------------------------------------------------------------------------------------------- judgement */

struct sample {
    double *score;
    int *is_abnormal, *is_called; /* [n] */
    int n, n_abnormal;
};

static void sample_release(struct sample *sample)
{
    memory_free(sample->score);
    memory_free(sample->is_abnormal);
    memory_free(sample->is_called);
}

static enum status sample_init(struct sample *sample, const struct official_section *section,
                               const struct official_choice *choice)
{
    const size_t most = (size_t)section->n;
    *sample = (struct sample){ .n = 0 };
    TRY(memory_check(sample->score = memory_new(most, sizeof *sample->score)));
    TRY(memory_check(sample->is_abnormal = memory_new(most, sizeof *sample->is_abnormal)));
    TRY(memory_check(sample->is_called = memory_new(most, sizeof *sample->is_called)));
    for (int i = 0; i < section->n; i++) {
        const struct official_recording *recording = &section->recordings[i];
        if (recording->is_abnormal < 0 || !official_takes(choice, recording)) continue;
        sample->score[sample->n] = recording->score;
        sample->is_abnormal[sample->n] = recording->is_abnormal;
        sample->is_called[sample->n++] = recording->is_called;
        sample->n_abnormal += recording->is_abnormal;
    }
    return OK;
}

static enum status judge(const struct sample *sample, struct official_verdict *verdict)
{
    const double none = (double)NAN;
    *verdict = (struct official_verdict){ sample->n, none, none, { none, none, none } };
    if (sample->n > 0) verdict->rates = rates_of(sample->is_called, sample->is_abnormal, sample->n);
    if (sample->n_abnormal == 0 || sample->n_abnormal == sample->n) return OK;
    TRY(roc_auc(sample->score, sample->is_abnormal, sample->n, &verdict->auc));
    return roc_pauc(sample->score, sample->is_abnormal, sample->n, PAUC_MAX_FPR, &verdict->pauc);
}

enum status official_judge(const struct official_section *section, const struct official_choice *choice,
                           struct official_verdict *verdict)
{
    struct sample sample;
    enum status status = sample_init(&sample, section, choice);
    if (status == OK) status = judge(&sample, verdict);
    sample_release(&sample);
    return status;
}

static int have_labels(const struct official_section *sections, int n)
{
    for (int i = 0; i < n; i++)
        for (int r = 0; r < sections[i].n; r++)
            if (sections[i].recordings[r].is_abnormal >= 0) return 1;
    return 0;
}

enum status official_write_result(const char *folder, const struct official_section *sections, int n,
                                  enum status (*put)(FILE *stream, const struct official_section *sections,
                                                     int n))
{
    struct output *output = NULL;
    char *path = NULL;
    enum status status = OK;
    if (!have_labels(sections, n)) return OK;
    TRY_OR_DONE(memory_check(path = memory_print("%s/result.csv", folder)));
    TRY_OR_DONE(output_open(&output, path));
    TRY_OR_DONE(put(output_stream(output), sections, n));
    TRY_OR_DONE(output_commit(&output));
done:
    output_close(&output);
    memory_free(path);
    return status;
}
