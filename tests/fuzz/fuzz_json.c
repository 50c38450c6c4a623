/* JSON that the program wrote once and reads again: a plan, compared with the one that this extraction would have, and,
 * where the first byte is odd, a finished cell of an evaluation. (Headers of safetensors: fuzz_tensors.c.) */
#include "fuzz.h"

#include "core/log.h"
#include "core/memory.h"
#include "eval/cell_file.h"
#include "pipeline/parts.h"
#include "pipeline/plan_file.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ----------------------------------------------------------------------------------------------- plan */

static struct recording recordings[] = {
    { "fan/id_00/normal/0.wav", "/data", "", "fan", "id_00", "0dB", "", "", "", "normal", "" },
    { "fan/id_00/normal/1.wav", "/data", "", "fan", "id_00", "0dB", "", "", "", "normal", "" },
};
static const struct dataset dataset = { .recordings = recordings, .count = 2, .capacity = 2 };
static struct attributes made_by;
static char *output;

/* The plan's name leads to the input's file in memory. */
static void make_folder(const char *path)
{
    output = memory_print("%s/F.h5", fuzz_folder());
    char *folder = parts_folder(output), *plan = parts_plan_path(output);
    if (!folder || !plan || mkdir(folder, 0700) != 0 || symlink(path, plan) != 0) abort();
    memory_free(folder);
    memory_free(plan);
    if (attributes_set_text(&made_by, "network", "resnet18") != OK) abort();
    if (attributes_set_integer(&made_by, "n_fft", 1024) != OK) abort();
}

static void read_plan(void)
{
    struct plan plan = {
        .output = output, .dataset = &dataset, .options = &made_by, .shard_size = 64, .n_parts = 1
    };
    char device[32];
    json_t *json;
    plan.folder = parts_folder(output);
    (void)fuzz_ok(plan_file_compare(&plan));
    parts_device(output, device, sizeof device);
    (void)parts_all_there(output);
    if (fuzz_ok(parts_read_plan(output, &json))) json_decref(json);
    memory_free(plan.folder);
}

/* ----------------------------------------------------------------------------------------------- cell */

enum { N_SUBJECTS = 4, N_SPLITS = 2 };

static struct feature_recording rows[N_SUBJECTS];
static const struct feature_recording *row_of[N_SUBJECTS];
static struct subject subjects[N_SUBJECTS];
static struct group group = { .name = "fan/id_00/0dB", .subjects = subjects, .n_subjects = N_SUBJECTS };
static const struct option no_options[] = { { 0 } };
static const struct detector detector = { .name = "gmm", .options = no_options };
static const struct contender contender = { &detector, "" };

static void make_group(void)
{
    static char *const paths[N_SUBJECTS] = { "n0.wav", "n1.wav", "a0.wav", "a1.wav" };
    for (int i = 0; i < N_SUBJECTS; i++) {
        rows[i].of =
            (struct recording){ paths[i], "/data", "", "fan", "id_00", "0dB", "", "", "", "normal", "" };
        rows[i].hash = "";
        row_of[i] = &rows[i];
        subjects[i] = (struct subject){ &row_of[i], 1, i >= N_SUBJECTS / 2, 3 };
    }
    group.of = &rows[0].of;
}

/* The recipe is the file's own, so that the splits behind it are looked at as well. */
static json_t *recipe_in(const char *path)
{
    json_t *json = json_load_file(path, JSON_DECODE_ANY, NULL), *recipe = json_object_get(json, "recipe");
    json_incref(recipe);
    json_decref(json);
    return recipe;
}

static void read_cell(const char *path)
{
    struct split_result splits[N_SPLITS] = { { 0 } };
    struct cell cell = { &group, &contender, splits, N_SPLITS };
    int found = 0;
    for (int i = 0; i < N_SPLITS; i++) splits[i] = (struct split_result){ &group, &detector, .seed = i };
    json_t *recipe = recipe_in(path);
    (void)fuzz_ok(cell_load(&cell, recipe, path, &found));
    for (int i = 0; i < N_SPLITS; i++) {
        if (found) (void)fuzz_ok(split_result_judge(&splits[i]));
        split_result_release(&splits[i]);
    }
    json_decref(recipe);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    const char *path = fuzz_file(data + 1, size - 1);
    log_set_level(LOG_ERROR);
    if (!output) make_folder(path);
    if (!group.of) make_group();
    if (data[0] & 1)
        read_cell(path);
    else
        read_plan();
    return 0;
}
