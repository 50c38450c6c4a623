#include "cli/cmd.h"

#include "backend/backend.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct plan_options {
    int plan, chunk, conv;
};

static const struct option plan_options[] = {
    { .name = "plan",
      .type = OPTION_FLAG,
      .offset = offsetof(struct plan_options, plan),
      .standard = "0",
      .help = "also tell how the CPU backend computes each layer" },
    { .name = "patches",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct plan_options, chunk),
      .standard = "18",
      .low = 1,
      .high = 4096,
      .metavar = "N",
      .help = "patches of a recording that the plan is for; 18 are 10 s" },
    { .name = "conv",
      .type = OPTION_CHOICE,
      .offset = offsetof(struct plan_options, conv),
      .standard = "auto",
      .choices = "auto|direct",
      .help = "as --conv of extract" },
    { 0 },
};

/* "" without --plan. */
static void tell_way(const struct net *net, int layer, const struct plan_options *options, char *text,
                     size_t size)
{
    *text = '\0';
    for (int i = 0; options->plan && backend_number(i); i++)
        if (backend_number(i)->way)
            backend_number(i)->way(net, layer, options->chunk, (enum conv_choice)options->conv, text, size);
}

static void print_table(const struct net *net, const struct shape *shapes, const struct plan_options *options)
{
    printf("%-24s %-8s %-14s %9s %14s%s\n", "layer", "op", "shape", "features", "multiply-adds",
           options->plan ? "  on the CPU" : "");
    for (int i = 0; i < net->n_layers; i++) {
        const struct layer *layer = &net->layers[i];
        const int is_default = strcmp(layer->name, net->default_layer) == 0;
        char shape[48], way[48];
        tell_way(net, i, options, way, sizeof way);
        snprintf(shape, sizeof shape, "%dx%dx%d", shapes[i].channels, shapes[i].height, shapes[i].width);
        printf("%-24s %-8s %-14s %9d %14.0f%s%s%s\n", layer->name, net_op_name(layer->op), shape,
               shape_size(shapes[i]), net_work(net, shapes, i), *way ? "  " : "", way,
               is_default ? "  the default" : "");
    }
    printf("\nshape is channels x height x width for one patch; features are taken channel by channel\n");
}

static json_t *name_json(const struct net *net, int layer)
{
    return json_string(layer == LAYER_IMAGE ? "image" : net->layers[layer].name);
}

/* The layers that layer i reads, by name; "image" is the network's input. */
static json_t *reads_json(const struct net *net, int i)
{
    json_t *list = json_array();
    json_array_append_new(list, name_json(net, net->layers[i].from));
    if (net->layers[i].with != LAYER_NONE) json_array_append_new(list, name_json(net, net->layers[i].with));
    return list;
}

static json_t *layer_json(const struct net *net, const struct shape *shapes, int i,
                          const struct plan_options *options)
{
    char way[48];
    json_t *json =
        json_pack("{s:s, s:s, s:o, s:[i, i, i], s:I, s:I}", "name", net->layers[i].name, "op",
                  net_op_name(net->layers[i].op), "reads", reads_json(net, i), "shape", shapes[i].channels,
                  shapes[i].height, shapes[i].width, "weights", (json_int_t)net_weight_count(net, shapes, i),
                  "multiply_adds", (json_int_t)net_work(net, shapes, i));
    tell_way(net, i, options, way, sizeof way);
    if (json && *way) json_object_set_new(json, "way", json_string(way));
    return json;
}

static enum status print_json(const struct net *net, const struct shape *shapes,
                              const struct plan_options *options)
{
    json_t *list = json_array();
    for (int i = 0; i < net->n_layers; i++) json_array_append_new(list, layer_json(net, shapes, i, options));
    return command_json(json_pack("{s:s, s:s, s:i, s:o}", "network", net->name, "default_layer",
                                  net->default_layer, "input_size", net->input_size, "layers", list));
}

static enum status run(const struct command *command, int argc, char **argv)
{
    struct plan_options options = { 0 };
    const struct option_set sets[] = { { plan_options, &options, "Plan" } };
    struct command_line line;
    struct shape shapes[NET_MAX_LAYERS];
    const struct net *net;
    int done;
    enum status status;
    TRY_OR_DONE(command_parse(command, &line, sets, 1, argc, argv, &done));
    if (done) goto done;
    TRY_OR_DONE(command_words(command, &line, 1, 1));
    TRY_OR_DONE(net_require(line.options.words[0], &net));
    net_shapes(net, shapes);
    if (line.common.json)
        status = print_json(net, shapes, &options);
    else
        print_table(net, shapes, &options);
done:
    command_release(&line);
    return status;
}

const struct command command_layers = {
    .name = "layers",
    .summary = "the layers of a network, which --layer takes",
    .usage = "layers NETWORK [--plan] [--json]",
    .about =
        "Lists the layers of a network with the shape of their output. Names are those of torchvision's "
        "modules; where batch norm and ReLU follow a convolution, its layer's output is what comes out of "
        "them. A container's name, such as layer4 or features, stands for its last layer.",
    .example = "  earshot layers resnet18",
    .run = run,
};
