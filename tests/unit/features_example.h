/* A small feature file for tests: two groups, failed recordings, a constant column, in three parts. */
#ifndef FEATURES_EXAMPLE_H
#define FEATURES_EXAMPLE_H

#include "test.h"

#include "core/memory.h"
#include "io/features.h"

enum {
    N_COLUMNS = 5,
    N_PARTS = 3,
    RECORDINGS_A_PART = 3,
    N_RECORDINGS = N_PARTS * RECORDINGS_A_PART,
    N_FAILED = 2,
    N_PATCHES = 22,
    MOST_PATCHES = 5,
    EXAMPLE_CONSTANT_COLUMN = 2,
};
#define EXAMPLE_LARGEST 2000.0 /* no value is larger */

struct example {
    const char *path, *machine, *id, *snr, *label, *error;
    int n_patches;
};

static inline const struct example *example(int i)
{
    static const struct example recordings[N_RECORDINGS] = {
        { "0dB/fan/id_00/abnormal/00.wav", "fan", "id_00", "0dB", "abnormal", "", 3 },
        { "0dB/fan/id_00/normal/00.wav", "fan", "id_00", "0dB", "normal", "", 5 },
        { "0dB/fan/id_00/normal/01.wav", "fan", "id_00", "0dB", "normal", "the file ends after 12 samples",
          0 },
        { "0dB/fan/id_00/normal/02.wav", "fan", "id_00", "0dB", "normal", "", 2 },
        { "0dB/fan/id_00/normal/Lüfter 3, neu.wav", "fan", "id_00", "0dB", "normal", "", 1 },
        { "pump/00.wav", "pump", "", "", "", "", 4 },
        { "pump/01.wav", "pump", "", "", "abnormal", "", 4 },
        { "pump/02.wav", "pump", "", "", "", "no such file", 0 },
        { "pump/03.wav", "pump", "", "", "", "", 3 },
    };
    return &recordings[i];
}

static inline double example_start_s(int patch)
{
    return patch * 0.512;
}

/* rows [n_patches][N_COLUMNS]: columns of very different size, one constant, one that is nearly so */
static inline void example_rows(const struct example *e, float *rows)
{
    for (int p = 0; p < e->n_patches; p++) {
        const double x = sin(1.7 * p + (double)strlen(e->path) + e->path[strlen(e->path) - 5]);
        const double row[N_COLUMNS] = { x, 1000 + 900 * x * x, 0.25, 1e-6 * x, p % 2 ? 100 : 100.00001 };
        for (int j = 0; j < N_COLUMNS; j++) rows[p * N_COLUMNS + j] = (float)row[j];
    }
}

static inline void example_check_row(const struct feature_recording *row, const struct example *e)
{
    assert_string_equal(row->of.path, e->path);
    assert_string_equal(row->of.root, "/data/mimii");
    assert_string_equal(row->of.machine, e->machine);
    assert_string_equal(row->of.id, e->id);
    assert_string_equal(row->of.snr, e->snr);
    assert_string_equal(row->of.label, e->label);
    assert_string_equal(row->of.split, "");
    assert_string_equal(row->error, e->error);
    assert_int_equal(row->status, *e->error ? RECORDING_FAILED : RECORDING_OK);
    assert_int_equal(row->n_patches, e->n_patches);
    assert_int_equal(row->sample_rate, 16000);
    assert_int_equal(row->samples, 160000);
    assert_true(isnan(row->level.dc) && row->level.peak == 0.5 && row->level.clipped == 7);
    assert_string_equal(row->hash, "0123456789abcdef0123456789abcdef");
}

/* The caller releases them. */
static inline enum status example_provenance(struct attributes *provenance, const char *network)
{
    TRY(attributes_set_text(provenance, "network", network));
    return attributes_set_real(provenance, "fmin", 0);
}

static inline struct feature_recording example_recording(const struct example *e)
{
    return (struct feature_recording){
        .of = { .path = memory_text(e->path),
                .root = memory_text("/data/mimii"),
                .machine = memory_text(e->machine),
                .id = memory_text(e->id),
                .snr = memory_text(e->snr),
                .label = memory_text(e->label) },
        .sample_rate = 16000,
        .samples = 160000,
        .level = { .rms_dbfs = -20, .peak = 0.5, .dc = NAN, .clipped = 7 },
        .status = *e->error ? RECORDING_FAILED : RECORDING_OK,
        .error = memory_text(e->error),
        .hash = memory_text("0123456789abcdef0123456789abcdef"),
    };
}

/* What is wrong with a part's first recording: fields that are not 0 replace what would be right. */
struct example_fault {
    float value;    /* of its last row, column 3 */
    double start_s; /* of its last patch */
    const char *error;
};

static inline enum status example_append(struct part *part, const struct example *e,
                                         const struct example_fault *fault)
{
    float rows[MOST_PATCHES * N_COLUMNS];
    double start_s[MOST_PATCHES];
    struct feature_recording row = example_recording(e);
    example_rows(e, rows);
    for (int p = 0; p < e->n_patches; p++) start_s[p] = example_start_s(p);
    const int last = e->n_patches - 1;
    if (fault && (fault->value != 0 || isnan(fault->value))) rows[last * N_COLUMNS + 3] = fault->value;
    if (fault && (fault->start_s != 0 || isnan(fault->start_s))) start_s[last] = fault->start_s;
    if (fault && fault->error) {
        memory_free(row.error);
        row.error = memory_text(fault->error);
    }
    return part_append(part, &row, e->n_patches, rows, start_s);
}

/* Recordings first … last of the example as one part. */
static inline enum status example_write(const char *path, int first, int last, const char *network,
                                        const struct example_fault *fault)
{
    struct attributes provenance = { 0 };
    struct part *part = NULL;
    enum status status = example_provenance(&provenance, network);
    if (status == OK) status = part_create(&part, path, N_COLUMNS, &provenance);
    for (int i = first; status == OK && i <= last; i++)
        status = example_append(part, example(i), i == first ? fault : NULL);
    if (status == OK) status = part_commit(&part);
    part_close(&part);
    attributes_release(&provenance);
    return status;
}

static inline enum status example_write_faulty_part(const char *path, int k, const char *network,
                                                    const struct example_fault *fault)
{
    return example_write(path, k * RECORDINGS_A_PART, (k + 1) * RECORDINGS_A_PART - 1, network, fault);
}

static inline enum status example_write_part(const char *path, int k, const char *network)
{
    return example_write_faulty_part(path, k, network, NULL);
}

static inline enum status example_write_all(const char *path, const char *network)
{
    return example_write(path, 0, N_RECORDINGS - 1, network, NULL);
}

static inline enum status example_write_failures(const char *path)
{
    return example_write(path, 2, 2, "resnet18", NULL);
}

/* ----------------------------------------------------------------------------------------------- files */

static char folder[64], parts[N_PARTS][96], final[96];

static inline void name_files(void)
{
    snprintf(folder, sizeof folder, "%s", test_folder());
    for (int k = 0; k < N_PARTS; k++) snprintf(parts[k], sizeof parts[k], "%s/part-%06d.h5", folder, k);
    snprintf(final, sizeof final, "%s/F.h5", folder);
}

static inline enum status merge_example(struct merge_result *result)
{
    const char *const paths[N_PARTS] = { parts[0], parts[1], parts[2] };
    return features_merge(final, paths, N_PARTS, NULL, result);
}

static inline void make_parts(void)
{
    name_files();
    for (int k = 0; k < N_PARTS; k++) assert_ok(example_write_part(parts[k], k, "resnet18"));
}

static inline void make_final(void)
{
    struct merge_result result;
    make_parts();
    assert_ok(merge_example(&result));
}

static inline char *read_bytes(const char *path, size_t *length)
{
    static char bytes[2][1 << 20];
    static int turn;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    turn = !turn;
    *length = fread(bytes[turn], 1, sizeof bytes[turn], file);
    assert_true(*length < sizeof bytes[turn]);
    fclose(file);
    return bytes[turn];
}

static inline void write_bytes(const char *path, const char *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

#endif
