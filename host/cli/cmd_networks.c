#include "cli/cmd.h"

#include "nets/net.h"

#include <stdio.h>

/* What a network costs up to its default layer. */
struct cost {
    int columns;
    double work;       /* multiply-adds a patch */
    double parameters; /* weights and biases, batch norm folded */
};

/* No network at all: the decibel cells of a patch, at the standard options (pipeline/config.c). */
static const struct {
    const char *name, *title;
    int columns;
} patch = { "patch", "no network: the 64 x 64 decibel cells", 64 * 64 };

static struct cost cost_of(const struct net *net, int layer)
{
    struct shape shapes[NET_MAX_LAYERS];
    int needed[NET_MAX_LAYERS];
    net_shapes(net, shapes);
    net_needed(net, layer, needed);
    struct cost cost = { .columns = shape_size(shapes[layer]) };
    for (int i = 0; i <= layer; i++) {
        if (!needed[i] || !net->layers[i].tensor) continue;
        cost.work += net_work(net, shapes, i);
        cost.parameters += (double)net_weight_count(net, shapes, i) + net->layers[i].channels;
    }
    return cost;
}

static enum status print_table(void)
{
    const struct net *net;
    int layer;
    printf("%-14s %-13s %8s %14s %11s  %s\n", "network", "default layer", "features", "multiply-adds",
           "parameters", "what it is");
    for (int i = 0; (net = net_number(i)); i++) {
        TRY(net_layer(net, NULL, &layer));
        const struct cost cost = cost_of(net, layer);
        printf("%-14s %-13s %8d %14.0f %11.0f  %s\n", net->name, net->default_layer, cost.columns, cost.work,
               cost.parameters, net->title);
    }
    printf("%-14s %-13s %8d %14d %11d  %s\n", patch.name, "-", patch.columns, 0, 0, patch.title);
    printf("\nmultiply-adds are those of one patch; `earshot layers NETWORK` lists what --layer takes\n");
    return OK;
}

static enum status print_json(void)
{
    const struct net *net;
    json_t *list = json_array();
    int layer;
    for (int i = 0; (net = net_number(i)); i++) {
        if (net_layer(net, NULL, &layer) != OK) continue; /* every network has its default layer */
        const struct cost cost = cost_of(net, layer);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:i, s:I, s:I}", "name", net->name, "title",
                                              net->title, "default_layer", net->default_layer, "features",
                                              cost.columns, "multiply_adds", (json_int_t)cost.work,
                                              "parameters", (json_int_t)cost.parameters));
    }
    json_array_append_new(list, json_pack("{s:s, s:s, s:n, s:i, s:i, s:i}", "name", patch.name, "title",
                                          patch.title, "default_layer", "features", patch.columns,
                                          "multiply_adds", 0, "parameters", 0));
    return command_json(json_pack("{s:o}", "networks", list));
}

static enum status run(const struct command *command, int argc, char **argv)
{
    const struct option_set none = { 0 };
    struct command_line line;
    int done;
    enum status status;
    TRY_OR_DONE(command_parse(command, &line, &none, 0, argc, argv, &done));
    if (done) goto done;
    TRY_OR_DONE(command_words(command, &line, 0, 0));
    status = line.common.json ? print_json() : print_table();
done:
    command_release(&line);
    return status;
}

const struct command command_networks = {
    .name = "networks",
    .summary = "the networks that there are, with their sizes",
    .usage = "networks [--json]",
    .about =
        "Lists the networks that --network takes: the layer whose output is the feature unless --layer says "
        "otherwise, how many numbers that is for each patch, and what it costs.",
    .example = "  earshot networks",
    .run = run,
};
