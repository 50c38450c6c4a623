#include "cli/cmd.h"
#include "cli/show.h"

#include "core/memory.h"
#include "detect/model.h"
#include "io/store.h"
#include "pipeline/setup.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --------------------------------------------------------------------------------- shared by all kinds */

void show_attributes(const struct attributes *attributes)
{
    for (size_t i = 0; i < attributes->count; i++) {
        char text[512];
        attribute_print(&attributes->items[i], text, sizeof text);
        printf("  %-20s %s\n", attributes->items[i].name, text);
    }
}

static json_t *attribute_json(const struct attribute *item)
{
    if (item->type == ATTRIBUTE_TEXT) return json_text(item->text);
    if (item->type == ATTRIBUTE_INTEGER) return json_integer(item->integer);
    return isfinite(item->real) ? json_real(item->real) : json_null();
}

json_t *show_attributes_json(const struct attributes *attributes)
{
    json_t *object = json_object();
    for (size_t i = 0; i < attributes->count; i++)
        json_object_set_new(object, attributes->items[i].name, attribute_json(&attributes->items[i]));
    return object;
}

void show_random_weights(const struct attributes *attributes)
{
    if (provenance_has_random_weights(attributes))
        printf("RANDOM WEIGHTS (%s): these features have seen no photograph\n",
               attributes_text(attributes, "weights", "unknown"));
}

/* ------------------------------------------------------------------------------------------ which kind */

/* The root attribute `format`, or "" where there is none. */
static enum status read_format(const char *path, char *format, size_t size)
{
    struct store *store = NULL;
    struct attributes root = { 0 };
    enum status status = store_open_sealed(&store, path);
    if (status == OK) status = store_get(store, "/", &root);
    if (status == OK) snprintf(format, size, "%s", attributes_text(&root, "format", ""));
    attributes_release(&root);
    store_close(&store);
    return status;
}

static enum status show_file(const char *path, json_t **json)
{
    char format[64];
    TRY(read_format(path, format, sizeof format));
    if (strcmp(format, MODEL_FORMAT) == 0) return show_model(path, json);
    if (strcmp(format, FEATURES_FORMAT) == 0) return show_features(path, 0, json);
    if (strcmp(format, FEATURES_PART_FORMAT) == 0) return show_features(path, 1, json);
    return fail(ERR_INPUT,
                "%s is an HDF5 file, but neither features nor a model of earshot: format is \"%s\"", path,
                format);
}

static enum status run(const struct command *command, int argc, char **argv)
{
    const struct option_set none = { 0 };
    struct command_line line;
    json_t *json = NULL;
    int done;
    enum status status;
    TRY_OR_DONE(command_parse(command, &line, &none, 0, argc, argv, &done));
    if (done) goto done;
    TRY_OR_DONE(command_words(command, &line, 1, 1));
    TRY_OR_DONE(show_file(line.options.words[0], line.common.json ? &json : NULL));
    if (line.common.json) status = command_json(json);
done:
    command_release(&line);
    return status;
}

const struct command command_show = {
    .name = "show",
    .summary = "what a feature file or a model is, and how it was made",
    .usage = "show F.h5|M.h5 [--json]",
    .about = "Prints the recordings, groups and failures of a feature file (or of one of its parts), or the "
             "groups "
             "of a model, and\nevery option, network and weight that shaped it.",
    .example = "  earshot synth corpus\n"
               "  earshot extract corpus -o features.h5 --weights seeded:1\n"
               "  earshot show features.h5",
    .run = run,
};
