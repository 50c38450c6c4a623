#include "http/kserve_write.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* All recordings' answers, and one tensor of them. */
struct writing {
    const struct kserve_request *request;
    const struct served *served;
    const struct heard *heard; /* [n] */
    int n;
    size_t n_patches; /* of all */
};

static size_t count_values(const struct writing *w, enum kserve_output output)
{
    if (!kserve_outputs[output].is_of_patches) return (size_t)w->n;
    return output == OUTPUT_FEATURES ? w->n_patches * (size_t)w->served->columns : w->n_patches;
}

/* What is one number a recording. */
static double number_of(const struct heard *heard, enum kserve_output output)
{
    switch (output) {
    case OUTPUT_PATCHES:
        return heard->n_patches;
    case OUTPUT_SCORE:
        return heard->score;
    case OUTPUT_THRESHOLD:
        return heard->decides ? heard->threshold : (double)NAN;
    default:
        return heard->decides ? heard->percentile : (double)NAN;
    }
}

/* ---------------------------------------------------------------------------------------------- binary */

/* Four bytes a value, the lowest first, as on every machine that this is built for. */
static void add_binary(const struct writing *w, enum kserve_output output, struct text *out)
{
    for (int i = 0; i < w->n; i++) {
        const struct heard *heard = &w->heard[i];
        const size_t n_patches = (size_t)heard->n_patches;
        if (output == OUTPUT_FEATURES) {
            text_add(out, heard->features, n_patches * (size_t)w->served->columns * sizeof *heard->features);
        } else if (output == OUTPUT_PATCH_SCORES) {
            for (size_t p = 0; p < n_patches; p++)
                text_add(out, &(float){ (float)heard->patch_scores[p] }, sizeof(float));
        } else if (output == OUTPUT_PATCHES) {
            text_add(out, &(int32_t){ heard->n_patches }, sizeof(int32_t));
        } else {
            text_add(out, &(float){ (float)number_of(heard, output) }, sizeof(float));
        }
    }
}

/* ------------------------------------------------------------------------------------------------ JSON */

static void add_number(struct text *out, int *n, float value)
{
    if ((*n)++) text_add(out, ",", 1);
    text_json_float(out, value);
}

static void add_json_data(const struct writing *w, enum kserve_output output, struct text *out)
{
    int n = 0;
    text_put(out, ",\"data\":[");
    for (int i = 0; i < w->n; i++) {
        const struct heard *heard = &w->heard[i];
        const size_t n_patches = (size_t)heard->n_patches;
        if (output == OUTPUT_FEATURES)
            for (size_t k = 0; k < n_patches * (size_t)w->served->columns; k++)
                add_number(out, &n, heard->features[k]);
        else if (output == OUTPUT_PATCH_SCORES)
            for (size_t p = 0; p < n_patches; p++) add_number(out, &n, (float)heard->patch_scores[p]);
        else
            add_number(out, &n, (float)number_of(heard, output));
    }
    text_put(out, "]");
}

static void add_output(const struct writing *w, enum kserve_output output, int is_binary, struct text *out)
{
    const struct kserve_output_row *row = &kserve_outputs[output];
    text_print(out, "{\"name\":\"%s\",\"datatype\":\"%s\",\"shape\":[", row->name, row->datatype);
    text_print(out, "%zu", row->is_of_patches ? w->n_patches : (size_t)w->n);
    if (output == OUTPUT_FEATURES) text_print(out, ",%d", w->served->columns);
    text_put(out, "]");
    if (is_binary)
        text_print(out, ",\"parameters\":{\"binary_data_size\":%zu}", 4 * count_values(w, output));
    else
        add_json_data(w, output, out);
    text_put(out, "}");
}

static void add_header(const struct writing *w, struct text *out)
{
    const struct kserve_request *request = w->request;
    text_put(out, "{\"model_name\":");
    text_json_string(out, w->served->name);
    text_put(out, ",\"model_version\":\"1\"");
    if (request->id) {
        text_put(out, ",\"id\":");
        text_json_string(out, request->id);
    }
    text_put(out, ",\"outputs\":[");
    for (int i = 0; i < request->n_wanted; i++) {
        if (i) text_put(out, ",");
        add_output(w, request->wanted[i].output, request->wanted[i].is_binary, out);
    }
    text_put(out, "]}");
}

enum status kserve_write(const struct kserve_request *request, const struct served *served,
                         const struct heard *heard, struct text *out, long long *header_length)
{
    struct writing w = { .request = request, .served = served, .heard = heard, .n = request->n_sounds };
    *header_length = -1;
    for (int i = 0; i < w.n; i++) w.n_patches += (size_t)heard[i].n_patches;
    add_header(&w, out);
    for (int i = 0; i < request->n_wanted; i++) {
        if (!request->wanted[i].is_binary) continue;
        if (*header_length < 0) *header_length = (long long)out->size;
        add_binary(&w, request->wanted[i].output, out);
    }
    return text_check(out);
}
