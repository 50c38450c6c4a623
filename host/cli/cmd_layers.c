#include "cli/cmd.h"

#include "nets/net.h"

#include <stdio.h>
#include <string.h>

static void print_table(const struct net *net, const struct shape *shapes)
{
    printf("%-24s %-8s %-14s %9s %14s\n", "layer", "op", "shape", "features", "multiply-adds");
    for (int i = 0; i < net->n_layers; i++) {
        const struct layer *layer = &net->layers[i];
        const int is_default = strcmp(layer->name, net->default_layer) == 0;
        char shape[48];
        snprintf(shape, sizeof shape, "%dx%dx%d", shapes[i].channels, shapes[i].height, shapes[i].width);
        printf("%-24s %-8s %-14s %9d %14.0f%s\n", layer->name, net_op_name(layer->op), shape,
               shape_size(shapes[i]), net_work(net, shapes, i), is_default ? "  the default" : "");
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

static json_t *layer_json(const struct net *net, const struct shape *shapes, int i)
{
    return json_pack("{s:s, s:s, s:o, s:[i, i, i], s:I, s:I}", "name", net->layers[i].name, "op",
                     net_op_name(net->layers[i].op), "reads", reads_json(net, i), "shape", shapes[i].channels,
                     shapes[i].height, shapes[i].width, "weights",
                     (json_int_t)net_weight_count(net, shapes, i), "multiply_adds",
                     (json_int_t)net_work(net, shapes, i));
}

static enum status print_json(const struct net *net, const struct shape *shapes)
{
    json_t *list = json_array();
    for (int i = 0; i < net->n_layers; i++) json_array_append_new(list, layer_json(net, shapes, i));
    return command_json(json_pack("{s:s, s:s, s:i, s:o}", "network", net->name, "default_layer",
                                  net->default_layer, "input_size", net->input_size, "layers", list));
}

static enum status run(const struct command *command, int argc, char **argv)
{
    const struct option_set none = { 0 };
    struct command_line line;
    struct shape shapes[NET_MAX_LAYERS];
    const struct net *net;
    int done;
    enum status status;
    TRY_OR_DONE(command_parse(command, &line, &none, 0, argc, argv, &done));
    if (done) goto done;
    TRY_OR_DONE(command_words(command, &line, 1, 1));
    TRY_OR_DONE(net_require(line.options.words[0], &net));
    net_shapes(net, shapes);
    if (line.common.json)
        status = print_json(net, shapes);
    else
        print_table(net, shapes);
done:
    command_release(&line);
    return status;
}

const struct command command_layers = {
    .name = "layers",
    .summary = "the layers of a network, which --layer takes",
    .usage = "layers NETWORK [--json]",
    .about =
        "Lists the layers of a network with the shape of their output. Names are those of torchvision's "
        "modules; where batch norm and ReLU follow a convolution, its layer's output is what comes out of "
        "them. A container's name, such as layer4 or features, stands for its last layer.",
    .example = "  earshot layers resnet18",
    .run = run,
};
