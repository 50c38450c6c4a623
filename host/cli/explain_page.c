#include "cli/explain_page.h"

#include "core/memory.h"
#include "eval/report_html.h"
#include "eval/report_parts.h"
#include "eval/svg_explained.h"
#include "pipeline/trace.h"

#include <stdlib.h>

/* The row whose samples trace_picture draws: the only one, or channel 0. */
static const struct scored *drawn_row(const struct explained_recording *of)
{
    return of->rows;
}

static const struct model_group *group_of(const struct explained_recording *of)
{
    size_t i = 0;
    while (i + 1 < of->n_rows && !of->rows[i].group) i++;
    return of->rows[i].group;
}

/* ------------------------------------------------------------------------------------------------ head */

static void put_head(FILE *stream, const struct explained_recording *of)
{
    const char *path = of->rows->row->of.path;
    const int is_random = provenance_has_random_weights(of->provenance);
    char title[512];
    snprintf(title, sizeof title, "%s%s", path, is_random ? " (RANDOM WEIGHTS)" : "");
    html_open(stream, title);
    html_element(stream, "h1", path);
    if (is_random)
        fputs("<p class=\"warning\"><b>RANDOM WEIGHTS.</b> The network was not trained: these numbers show "
              "that the line works, not how unusual the recording is.</p>\n",
              stream);
}

static void put_tiles(FILE *stream, const struct explained_recording *of)
{
    const struct model_group *group = group_of(of);
    char text[32];
    fputs("<div class=\"tiles\">\n", stream);
    snprintf(text, sizeof text, "%.6g", of->score);
    html_tile(stream, text, "score; higher is more anomalous");
    html_tile(stream, group->name, "judged as");
    html_tile(stream, of->model->detector->name, "detector");
    snprintf(text, sizeof text, "%lld", group->n_recordings);
    html_tile(stream, text, "recordings learned from");
    fputs("</div>\n", stream);
}

/* --------------------------------------------------------------------------------------------- drawing */

/* What is not in the drawing although it was scored. */
static void put_left_out(FILE *stream, const struct explained_recording *of, const struct explained *e)
{
    const struct feature_recording *row = drawn_row(of)->row;
    const double drawn_s = e->width * e->seconds_per_frame;
    const double all_s = (double)row->samples / row->sample_rate;
    const int is_cut = all_s > drawn_s + e->seconds_per_frame;
    if (of->n_rows > 1) fprintf(stream, "Channel %d of %zu is drawn. ", row->channel, of->n_rows);
    if (is_cut) fprintf(stream, "The first %.1f s of %.1f s are drawn. ", drawn_s, all_s);
    if (of->n_rows > 1 || is_cut) fputs("The recording's score rests on all of it. ", stream);
}

static void put_caption(FILE *stream, const struct explained_recording *of, const struct explained *e)
{
    fputs("<figcaption>", stream);
    put_left_out(stream, of, e);
    fprintf(stream,
            "A patch lasts %.3g s, and its score belongs to all bands of that time. What is pale lies in no "
            "patch. A score has no unit and no threshold: compare it with those of normal recordings of the "
            "same machine.</figcaption>\n",
            e->patch_frames * e->seconds_per_frame);
}

static enum status draw(FILE *stream, const struct explained_recording *of,
                        const struct extract_settings *settings, const char *file)
{
    const struct scored *scored = drawn_row(of);
    char name[128];
    uint8_t *rgb = NULL;
    struct explained e = { .seconds_per_frame = (double)settings->hop_length / settings->sample_rate,
                           .patch_frames = settings->patch,
                           .start_s = scored->starts_s,
                           .score = scored->scores,
                           .n_patches = scored->row->n_patches,
                           .recording_score = of->score,
                           .score_name = name,
                           .description = scored->row->of.path };
    snprintf(name, sizeof name, "score (%s), higher is more anomalous", of->model->detector->name);
    TRY(trace_picture(of->provenance, file, &rgb, &e.width, &e.height));
    e.rgb = rgb;
    const enum status status = svg_explained(stream, &e);
    memory_free(rgb);
    if (status == OK) put_caption(stream, of, &e);
    return status;
}

static enum status try_to_draw(FILE *stream, const struct explained_recording *of)
{
    struct extract_settings settings;
    REQUIRE(drawn_row(of)->scores, ERR_INPUT, "its first channel was not scored");
    TRY(extract_settings_restore(&settings, of->provenance));
    char *file = recording_file(&drawn_row(of)->row->of);
    TRY(memory_check(file));
    const enum status status = draw(stream, of, &settings, file);
    memory_free(file);
    return status;
}

static int put_drawing(FILE *stream, const struct explained_recording *of)
{
    fputs("<div class=\"card\"><figure>\n", stream);
    const int is_drawn = try_to_draw(stream, of) == OK;
    if (!is_drawn) report_no_picture(stream);
    fputs("</figure></div>\n", stream);
    return is_drawn;
}

/* ----------------------------------------------------------------------------------- the highest patches */

enum { SHOWN_PATCHES = 20 };

struct scored_patch {
    double start_s, score;
    int channel;
};

static int by_falling_score(const void *a, const void *b)
{
    const struct scored_patch *left = a, *right = b;
    if (left->score != right->score) return left->score < right->score ? 1 : -1;
    if (left->start_s != right->start_s) return left->start_s > right->start_s ? 1 : -1;
    return (left->channel > right->channel) - (left->channel < right->channel);
}

/* *patches is owned by the caller. */
static enum status sort_patches(const struct explained_recording *of, struct scored_patch **patches,
                                size_t *n)
{
    size_t most = 0;
    for (size_t i = 0; i < of->n_rows; i++) most += (size_t)of->rows[i].row->n_patches;
    *n = 0;
    TRY(memory_check(*patches = memory_new(most, sizeof **patches)));
    for (size_t i = 0; i < of->n_rows; i++) {
        const struct scored *scored = &of->rows[i];
        for (int p = 0; scored->scores && p < scored->row->n_patches; p++)
            (*patches)[(*n)++] =
                (struct scored_patch){ scored->starts_s[p], scored->scores[p], scored->row->channel };
    }
    qsort(*patches, *n, sizeof **patches, by_falling_score);
    return OK;
}

static enum status put_patches(FILE *stream, const struct explained_recording *of)
{
    struct scored_patch *patches = NULL;
    const int has_channels = of->n_rows > 1;
    size_t n;
    TRY(sort_patches(of, &patches, &n));
    const size_t shown = n < SHOWN_PATCHES ? n : SHOWN_PATCHES;
    fprintf(stream, "<h2>Highest patches: %zu of %zu</h2>\n<div class=\"card scroll\"><table>\n<tr>%s", shown,
            n, has_channels ? "<th class=\"n\">channel</th>" : "");
    fputs("<th class=\"n\">start, s</th><th class=\"n\">score</th></tr>\n", stream);
    for (size_t i = 0; i < shown; i++) {
        fputs("<tr>", stream);
        if (has_channels) fprintf(stream, "<td class=\"n\">%d</td>", patches[i].channel);
        fprintf(stream, "<td class=\"n\">%.9g</td><td class=\"n\">%.9g</td></tr>\n", patches[i].start_s,
                patches[i].score);
    }
    fputs("</table></div>\n", stream);
    memory_free(patches);
    return OK;
}

/* ---------------------------------------------------------------------------------------------- recipe */

static void put_row(FILE *stream, const char *name, const char *value)
{
    fputs("<tr>", stream);
    html_element(stream, "td", name);
    html_element(stream, "td", value);
    fputs("</tr>\n", stream);
}

static void put_recipe(FILE *stream, const struct explained_recording *of)
{
    static const char *const names[] = { "network", "layer", "weights", "weights_sha256" };
    const struct model_group *group = group_of(of);
    char text[96];
    fputs("<h2>Recipe</h2>\n<div class=\"card\"><table class=\"recipe\">\n", stream);
    put_row(stream, "model", of->model_path);
    put_row(stream, "detector", of->model->detector->summary);
    snprintf(text, sizeof text, "%lld patches of %lld recordings (%s)", group->n_patches, group->n_recordings,
             group->basis);
    put_row(stream, "learned from", text);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = attributes_text(of->provenance, names[i], "");
        if (*value) put_row(stream, names[i], value);
    }
    fputs("</table></div>\n", stream);
}

enum status explain_page(FILE *stream, const struct explained_recording *of, int *has_picture)
{
    put_head(stream, of);
    put_tiles(stream, of);
    *has_picture = put_drawing(stream, of);
    TRY(put_patches(stream, of));
    put_recipe(stream, of);
    html_close(stream);
    return OK;
}
