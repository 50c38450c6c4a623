/* POST /v1/score */
#include "http/plain_sound.h"
#include "http/routes.h"

#include "io/json_text.h"

#include <math.h>

enum status plain_score_begin(struct exchange *x)
{
    return plain_ask(x, ASK_SCORES);
}

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *patches_json(const struct exchange *x, const struct heard *heard)
{
    const struct extract_settings *s = x->ask.served->settings;
    const double patch_s = (double)s->patch * s->hop_length / s->sample_rate;
    json_t *list = json_array();
    for (int p = 0; p < heard->n_patches; p++)
        json_array_append_new(list, json_pack("{s:f, s:f, s:o}", "start_s", heard->start_s[p], "end_s",
                                              heard->start_s[p] + patch_s, "score",
                                              number(heard->patch_scores[p])));
    return list;
}

/* The group's whole name, also where somebody named a part of it or nothing. */
static json_t *group_json(const struct exchange *x)
{
    const struct model *model = x->ask.served->model;
    const struct model_group *group = NULL;
    if (!x->ask.group) return model->count == 1 ? json_text(model->groups[0].name) : json_null();
    return model_named(model, x->ask.group, &group) == OK ? json_text(group->name) : json_text(x->ask.group);
}

enum status plain_score_finish(struct exchange *x)
{
    const struct heard *heard = x->ask.heard;
    const int decides = heard->decides;
    json_t *json =
        json_pack("{s:o, s:o, s:o, s:f, s:i, s:o, s:o, s:o}", "model", json_text(x->ask.served->name),
                  "group", group_json(x), "recording", json_text(x->recording), "seconds", heard->seconds,
                  "sample_rate", heard->sample_rate, "score", number(heard->score), "threshold",
                  decides ? number(heard->threshold) : json_null(), "percentile",
                  decides ? number(heard->percentile) : json_null());
    if (json)
        json_object_update_new(
            json, json_pack("{s:o, s:o, s:o, s:o}", "verdict",
                            decides ? json_string(heard->is_abnormal ? "not normal" : "normal") : json_null(),
                            "patches", patches_json(x, heard), "level_dbfs", number(heard->level.rms_dbfs),
                            "warnings", plain_warnings(x, heard)));
    return answer_json(&x->answer, json);
}
