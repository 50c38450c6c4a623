/* Whether what two setups make, or what two files tell of their making, is the same. */
#include "pipeline/setup.h"

#include "core/log.h"

#include <stdio.h>
#include <string.h>

int setup_hears_alike(const struct setup *a, const struct setup *b)
{
    return a->settings.sample_rate == b->settings.sample_rate &&
           a->settings.resample == b->settings.resample &&
           strcmp(a->settings.channel, b->settings.channel) == 0;
}

/* All that is recorded but one name, and the profile, which is a name for other options. */
static int differ_only_in(const char *only, const struct attributes *a, const struct attributes *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const char *name = a->items[i].name;
        char left[512], right[512];
        const struct attribute *other = attributes_find(b, name);
        if (strcmp(name, only) == 0 || strcmp(name, "profile") == 0) continue;
        attribute_print(&a->items[i], left, sizeof left);
        *right = '\0';
        if (other) attribute_print(other, right, sizeof right);
        if (strcmp(left, right) != 0) return 0;
    }
    return 1;
}

static enum status compare_but(const char *only, const struct setup *a, const struct setup *b, int *is_alike)
{
    struct attributes of_a = { 0 }, of_b = { 0 };
    enum status status = setup_provenance(a, &of_a);
    if (status == OK) status = setup_provenance(b, &of_b);
    if (status == OK) *is_alike = differ_only_in(only, &of_a, &of_b);
    attributes_release(&of_a);
    attributes_release(&of_b);
    return status;
}

enum status setup_is_within(const struct setup *wide, const struct setup *close, int *is_within)
{
    const int step = close->settings.offset;
    *is_within = 0;
    if (wide->settings.offset <= step || wide->settings.offset % step != 0) return OK;
    return compare_but("offset", wide, close, is_within);
}

enum status setup_is_tapped(const struct setup *shallow, const struct setup *deep, int *is_tapped)
{
    int needed[NET_MAX_LAYERS] = { 0 };
    *is_tapped = 0;
    if (!deep->backend->ops->download_tap || !deep->net || deep->net != shallow->net) return OK;
    if (shallow->layer >= deep->layer) return OK;
    net_needed(deep->net, deep->layer, needed);
    return needed[shallow->layer] ? compare_but("layer", shallow, deep, is_tapped) : OK;
}

static const struct attribute *differing(const char *name, const struct attributes *a,
                                         const struct attributes *b, char *left, char *right, size_t size)
{
    const struct attribute *of_a = attributes_find(a, name), *of_b = attributes_find(b, name);
    *left = *right = '\0';
    if (of_a) attribute_print(of_a, left, size);
    if (of_b) attribute_print(of_b, right, size);
    return strcmp(left, right) != 0 ? (of_a ? of_a : of_b) : NULL;
}

/* Under which name an option is recorded. */
static void record_name(const struct option *option, char *name, size_t size)
{
    snprintf(name, size, "%s", option->name);
    for (char *c = name; *c; c++)
        if (*c == '-') *c = '_';
}

static enum status compare_set(const struct option *options, struct making a, struct making b)
{
    char left[256], right[256], name[64];
    for (const struct option *option = options; option->name; option++) {
        record_name(option, name, sizeof name);
        const int is_told_only = strcmp(name, "precision") == 0 || strcmp(name, "profile") == 0;
        if (is_told_only || !option->shapes ||
            !differing(name, a.provenance, b.provenance, left, right, sizeof left))
            continue;
        return fail(ERR_INPUT, "%s with --%s %s, %s with %s", a.words, option->name, left, b.words, right);
    }
    return OK;
}

static int differs_in(const struct option *options, const struct attributes *a, const struct attributes *b)
{
    char left[256], right[256], name[64];
    for (const struct option *option = options; option->name; option++) {
        record_name(option, name, sizeof name);
        const int is_profile = strcmp(name, "profile") == 0;
        if (!is_profile && option->shapes && differing(name, a, b, left, right, sizeof left)) return 1;
    }
    return 0;
}

int provenance_is_same(const struct attributes *a, const struct attributes *b)
{
    char left[256], right[256];
    return !differs_in(front_options, a, b) && !differs_in(network_options, a, b) &&
           !differing("weights_sha256", a, b, left, right, sizeof left);
}

enum status provenance_compare(struct making a, struct making b, int *is_elsewhere)
{
    static const char *const told[] = { "backend", "device", "precision" };
    char left[256], right[256];
    TRY(compare_set(front_options, a, b));
    TRY(compare_set(network_options, a, b));
    REQUIRE(!differing("weights_sha256", a.provenance, b.provenance, left, right, sizeof left), ERR_INPUT,
            "%s with weights of SHA-256 %s, %s with %s", a.words, left, b.words, right);
    if (is_elsewhere) *is_elsewhere = 0;
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        if (!differing(told[i], a.provenance, b.provenance, left, right, sizeof left)) continue;
        if (is_elsewhere) *is_elsewhere = 1;
        log_warning("%s on %s %s, %s on %s; they agree within stated bounds", a.words, told[i], left, b.words,
                    right);
    }
    return OK;
}

int provenance_has_random_weights(const struct attributes *provenance)
{
    return attributes_integer(provenance, "random_weights", 0) != 0;
}
