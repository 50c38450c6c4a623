/* Writes a feature file of machines that do not exist, with as many recordings as real ones have: what `earshot
 * eval` and a peer that does the same are timed on (bench/em.py). Abnormal recordings are another source's.
 * Measures nothing. */
#include "bench.h"
#include "bench_rows.h"
#include "io/features.h"

#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

struct settings {
    const char *save;
    int machines, normal, abnormal, columns;
};

static struct settings settings; /* of the one run of this program */

static const struct option option_table[] = {
    { .name = "save",
      .type = OPTION_TEXT,
      .offset = offsetof(struct settings, save),
      .standard = "features.h5",
      .metavar = "FILE",
      .help = "the feature file; it must not be there" },
    { .name = "machines",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct settings, machines),
      .standard = "16",
      .low = 1,
      .high = 1000,
      .metavar = "N",
      .help = "groups" },
    { .name = "normal",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct settings, normal),
      .standard = "1011",
      .low = 1,
      .high = 1e6,
      .metavar = "N",
      .help = "normal recordings of a machine; MIMII's fan id_00 has 1,011" },
    { .name = "abnormal",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct settings, abnormal),
      .standard = "150",
      .low = 1,
      .high = 1e6,
      .metavar = "N",
      .help = "abnormal recordings of a machine" },
    { .name = "columns",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct settings, columns),
      .standard = "512",
      .low = 1,
      .high = 1e6,
      .metavar = "D",
      .help = "numbers in a feature" },
    { 0 },
};

enum { PATH = 4096 };

static enum status append_recording(struct part *part, int machine, const char *label, int number,
                                    const float *rows)
{
    double start_s[BENCH_ROWS_A_RECORDING];
    struct feature_recording row = {
        .of = { .path = memory_print("machine/id_%02d/%s/%08d.wav", machine, label, number),
                .machine = memory_text("machine"),
                .id = memory_print("id_%02d", machine),
                .label = memory_text(label) },
        .sample_rate = 16000,
        .samples = 160000,
    };
    for (int p = 0; p < BENCH_ROWS_A_RECORDING; p++) start_s[p] = 0.512 * p;
    return part_append(part, &row, BENCH_ROWS_A_RECORDING, rows, start_s);
}

static enum status append_label(struct part *part, int machine, const char *label, int recordings, int seed)
{
    struct matrix rows = { 0 };
    enum status status;
    TRY_OR_DONE(matrix_init(&rows, recordings * BENCH_ROWS_A_RECORDING, settings.columns));
    TRY_OR_DONE(bench_rows_raw(&rows, seed));
    for (int r = 0; r < recordings; r++)
        TRY_OR_DONE(append_recording(part, machine, label, r, matrix_row(&rows, r * BENCH_ROWS_A_RECORDING)));
done:
    matrix_release(&rows);
    return status;
}

static enum status write_part(const char *path)
{
    struct attributes provenance = { 0 };
    struct part *part = NULL;
    enum status status;
    TRY_OR_DONE(attributes_set_text(&provenance, "network", "resnet18"));
    TRY_OR_DONE(part_create(&part, path, settings.columns, &provenance));
    for (int m = 0; m < settings.machines; m++) {
        TRY_OR_DONE(append_label(part, m, "abnormal", settings.abnormal, 2 * m + 2));
        TRY_OR_DONE(append_label(part, m, "normal", settings.normal, 2 * m + 1));
    }
    status = part_commit(&part);
done:
    part_close(&part);
    attributes_release(&provenance);
    return status;
}

static enum status run(const struct bench_common *common)
{
    char path[PATH];
    const char *const parts[] = { path };
    struct merge_result result;
    (void)common;
    snprintf(path, sizeof path, "%s.part", settings.save);
    TRY(write_part(path));
    const enum status status = features_merge(settings.save, parts, 1, NULL, &result);
    unlink(path);
    return status;
}

int main(int argc, char **argv)
{
    return bench_main(&(struct bench_program){ "corpus", option_table, &settings, run }, argc, argv);
}
