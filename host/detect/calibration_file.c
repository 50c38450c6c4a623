/* A calibration in a model file: the group `calibration` with `scores` [n], `method` and `false_alarms`, from which all
 * else follows. */
#include "detect/calibration.h"

#include "core/memory.h"
#include "detect/saved.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { NAME = 512 };
static const char *const methods[] = { [CALIBRATION_QUANTILE] = "quantile", [CALIBRATION_GAMMA] = "gamma" };

enum status calibration_save(const struct calibration *c, struct store *store, const char *name)
{
    char group[NAME];
    struct attributes told = { 0 };
    if (c->n == 0) return OK;
    snprintf(group, sizeof group, "%s/calibration", name);
    TRY(saved_put(store, group, "scores", STORE_DOUBLE, (size_t)c->n, 0, c->scores));
    enum status status = attributes_set_text(&told, "method", methods[c->method]);
    if (status == OK) status = attributes_set_real(&told, "false_alarms", c->false_alarms);
    if (status == OK) status = store_set(store, group, &told);
    attributes_release(&told);
    return status;
}

static enum status take_told(struct calibration *c, const struct store *store, const char *group,
                             const struct attributes *told)
{
    const char *method = attributes_text(told, "method", "");
    const struct attribute *rate = attributes_find(told, "false_alarms");
    for (int m = CALIBRATION_QUANTILE; m <= CALIBRATION_GAMMA; m++)
        if (strcmp(method, methods[m]) == 0) c->method = (enum calibration_method)m;
    REQUIRE(c->method != CALIBRATION_AUTO, ERR_INPUT, "%s: %s: method is \"%s\", expected quantile or gamma",
            store_path(store), group, method);
    REQUIRE(rate && rate->type == ATTRIBUTE_REAL && rate->real > 0 && rate->real < 1, ERR_INPUT,
            "%s: %s: false_alarms is not between 0 and 1", store_path(store), group);
    c->false_alarms = rate->real;
    return OK;
}

static enum status load_scores(struct calibration *c, struct store *store, const char *group)
{
    size_t n, columns;
    TRY(saved_shape(store, group, "scores", INT_MAX, &n, &columns));
    TRY(memory_check(c->scores = memory_new(n, sizeof *c->scores)));
    TRY(saved_doubles(store, group, "scores", n, 0, c->scores));
    c->n = (int)n;
    return OK;
}

enum status calibration_load(struct calibration *calibration, struct store *store, const char *name)
{
    char group[NAME];
    struct attributes told = { 0 };
    snprintf(group, sizeof group, "%s/calibration", name);
    if (!store_has(store, group)) return OK;
    enum status status = store_get(store, group, &told);
    if (status == OK) status = take_told(calibration, store, group, &told);
    if (status == OK) status = load_scores(calibration, store, group);
    attributes_release(&told);
    TRY(status);
    if (calibration_set(calibration) != OK)
        return fail(ERR_INPUT, "%s: %s: %s", store_path(store), group, status_sentence());
    return OK;
}
