/* MIMII's baseline and DCASE 2020, and what their recordings' paths tell. */
#include "eval/official.h"

#include "core/memory.h"
#include "eval/official_table.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ----------------------------------------------------------------------------------------------- paths */

/* The last folder of `path` that is called `name`, whatever its case; NULL: none. */
static const char *find_folder(const char *path, const char *name)
{
    const size_t length = strlen(name);
    const char *found = NULL;
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (length > 0 && strncasecmp(part, name, length) == 0 && part[length] == '/') found = part;
    }
    return found;
}

void official_machine(const struct recording *of, char machine[256])
{
    const char *found = find_folder(of->path, of->machine);
    char root[4096];
    if (!found) {
        snprintf(root, sizeof root, "%s/", of->root);
        found = find_folder(root, of->machine);
    }
    snprintf(machine, 256, "%.*s", (int)strlen(of->machine), found ? found : of->machine);
}

const char *official_folder(const struct recording *of)
{
    static const char *const of_2021[] = { "source_test", "target_test" };
    for (int i = 0; i < 2; i++) {
        char root[4096];
        snprintf(root, sizeof root, "%s/", of->root);
        if (find_folder(of->path, of_2021[i]) || find_folder(root, of_2021[i])) return of_2021[i];
    }
    return "test";
}

/* ----------------------------------------------------------------------------------------------- MIMII */

struct keyed {
    char key[768];
    double auc;
};

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct keyed *)a)->key, ((const struct keyed *)b)->key);
}

/* "fan_id_00_min6dB": the baseline's folders write the minus so. */
static enum status key_init(struct keyed *keyed, const struct official_section *section)
{
    const struct official_choice all = { 0 };
    struct official_verdict verdict;
    const int is_minus = section->snr[0] == '-';
    snprintf(keyed->key, sizeof keyed->key, "%s_%s%s%s%s", section->machine, section->id,
             section->snr[0] ? "_" : "", is_minus ? "min" : "", section->snr + is_minus);
    TRY(official_judge(section, &all, &verdict));
    keyed->auc = verdict.auc;
    return OK;
}

static enum status write_yaml(const char *folder, const struct keyed *keyed, int n)
{
    struct output *output = NULL;
    char *path = memory_print("%s/result.yaml", folder);
    enum status status;
    TRY_OR_DONE(memory_check(path));
    TRY_OR_DONE(output_open(&output, path));
    for (int i = 0; i < n; i++) {
        fprintf(output_stream(output), "%s:\n  AUC: ", keyed[i].key);
        official_put_number(output_stream(output), keyed[i].auc);
        fputc('\n', output_stream(output));
    }
    TRY_OR_DONE(output_commit(&output));
done:
    output_close(&output);
    memory_free(path);
    return status;
}

enum status official_write_mimii(const char *folder, const struct official_section *sections, int n)
{
    struct keyed *keyed = memory_new((size_t)n, sizeof *keyed);
    enum status status;
    TRY_OR_DONE(memory_check(keyed));
    for (int i = 0; i < n; i++) TRY_OR_DONE(key_init(&keyed[i], &sections[i]));
    qsort(keyed, (size_t)n, sizeof *keyed, by_key);
    TRY_OR_DONE(write_yaml(folder, keyed, n));
done:
    memory_free(keyed);
    return status;
}

/* ------------------------------------------------------------------------------------------ DCASE 2020 */

struct machine_sum {
    double auc, pauc;
    int n;
};

static void begin_machine(FILE *stream, const char *machine)
{
    static const char *const titles[] = { "id", "AUC", "pAUC" };
    official_put_row(stream, &machine, 1, NULL, 0);
    official_put_row(stream, titles, 3, NULL, 0);
}

static void end_machine(FILE *stream, struct machine_sum *sum)
{
    static const char *const title = "Average";
    const double means[] = { sum->auc / sum->n, sum->pauc / sum->n };
    if (sum->n == 0) return;
    official_put_row(stream, &title, 1, means, 2);
    fputc('\n', stream);
    *sum = (struct machine_sum){ 0 };
}

static void put_id(FILE *stream, const struct official_section *section,
                   const struct official_verdict *verdict, struct machine_sum *sum)
{
    const char *number = official_number(section);
    const double values[] = { verdict->auc, verdict->pauc };
    if (sum->n == 0) begin_machine(stream, section->machine);
    official_put_row(stream, &number, 1, values, 2);
    sum->auc += verdict->auc;
    sum->pauc += verdict->pauc;
    sum->n++;
}

static enum status put_machines(FILE *stream, const struct official_section *sections, int n)
{
    const struct official_choice all = { 0 };
    struct machine_sum sum = { 0 };
    for (int i = 0; i < n; i++) {
        struct official_verdict verdict;
        TRY(official_judge(&sections[i], &all, &verdict));
        if (i > 0 && strcmp(sections[i - 1].machine, sections[i].machine) != 0) end_machine(stream, &sum);
        if (verdict.n > 0) put_id(stream, &sections[i], &verdict, &sum);
    }
    end_machine(stream, &sum);
    return OK;
}

static enum status write_all(const char *folder, const struct official_section *sections, int n)
{
    for (int i = 0; i < n; i++)
        TRY(official_write_lines(folder, &sections[i],
                                 &(struct official_lines){ .what = "anomaly_score", .ending = "" }));
    return official_write_result(folder, sections, n, put_machines);
}

enum status official_write_dcase2020(const char *folder, const struct official_section *sections, int n)
{
    struct official_section *sorted = NULL;
    TRY(official_sort(sections, n, &sorted));
    const enum status status = write_all(folder, sorted, n);
    memory_free(sorted);
    return status;
}
