#include "backend/cpu_plan.h"

#include "core/memory.h"

/* What the planner knows of a layer. Times are numbers of layers: layer i is written at time i. */
struct place {
    struct shape shape;
    int root;      /* the layer whose buffer it lives in, itself if it has its own */
    int block;     /* its first block of eight channels there */
    int last_read; /* time of its last reader */
};

/* Of the layer that is its root. */
struct buffer {
    int pad, margin; /* the largest that a reader needs */
    int first, last; /* times of its first writer and its last reader; first NET_MAX_LAYERS: no buffer */
    int slot;
    int clear; /* its border is zeroed before the first write */
};

struct slot {
    size_t floats;
    int last;  /* time of the last reader of what is in it */
    int root;  /* what is in it */
    int mixed; /* buffers of different shapes share it */
    float *data;
};

struct plan {
    const struct net *net;
    int layer, max_patches;
    int needed[NET_MAX_LAYERS];
    struct cpu_way ways[NET_MAX_LAYERS];
    struct place places[NET_MAX_LAYERS];
    struct buffer buffers[NET_MAX_LAYERS];
    struct slot slots[NET_MAX_LAYERS];
    int n_slots, image_pad, image_margin;
};

/* ------------------------------------------------------------------------------------ what is expected */

static enum status check_channels(const struct plan *plan, int i)
{
    const struct layer *layer = &plan->net->layers[i];
    REQUIRE(plan->places[i].shape.channels % CPU_LANES == 0, ERR_INTERNAL,
            "%s, layer %s: %d channels found, the CPU's networks need a multiple of %d", plan->net->name,
            layer->name, plan->places[i].shape.channels, CPU_LANES);
    return OK;
}

/* A residual has the result's shape, a half of a concatenation its height and width. */
static enum status check_with(const struct plan *plan, int i)
{
    const struct layer *layer = &plan->net->layers[i];
    if (layer->with == LAYER_NONE && layer->op != OP_CONCAT) return OK;
    REQUIRE(layer->with >= 0 && layer->with < i, ERR_INTERNAL,
            "%s, layer %s: layer %d found where an earlier one is to be joined", plan->net->name, layer->name,
            layer->with);
    const struct shape out = plan->places[i].shape, with = plan->places[layer->with].shape;
    const int has_channels = layer->op == OP_CONCAT || with.channels == out.channels;
    REQUIRE(has_channels && with.height == out.height && with.width == out.width, ERR_INTERNAL,
            "%s, layer %s: %d×%d×%d found to be joined to %d×%d×%d", plan->net->name, layer->name,
            with.channels, with.height, with.width, out.channels, out.height, out.width);
    return OK;
}

static enum status check(const struct plan *plan)
{
    for (int i = 0; i <= plan->layer; i++) {
        if (!plan->needed[i]) continue;
        TRY(check_channels(plan, i));
        TRY(check_with(plan, i));
    }
    return OK;
}

/* ---------------------------------------------------------------------------------------------- places */

static void find_readers(struct plan *plan)
{
    for (int i = 0; i <= plan->layer; i++) {
        const struct layer *layer = &plan->net->layers[i];
        if (!plan->needed[i]) continue;
        if (layer->from >= 0) plan->places[layer->from].last_read = i;
        if (layer->with >= 0) plan->places[layer->with].last_read = i;
    }
    plan->places[plan->layer].last_read = NET_MAX_LAYERS; /* read at the end */
}

/* `half` moves into the buffer of the concatenation, unless it lives in another already. */
static void move_half(struct plan *plan, int concatenation, int half, int block)
{
    const struct place *whole = &plan->places[concatenation];
    if (plan->places[half].root != half) return;
    plan->places[half].root = whole->root;
    plan->places[half].block = whole->block + block;
}

/* Later concatenations first, so that one inside another takes its halves along. */
static void place_concatenations(struct plan *plan)
{
    for (int i = plan->layer; i >= 0; i--) {
        const struct layer *layer = &plan->net->layers[i];
        if (!plan->needed[i] || layer->op != OP_CONCAT) continue;
        move_half(plan, i, layer->from, 0);
        move_half(plan, i, layer->with, plan->places[layer->from].shape.channels / CPU_LANES);
    }
}

/* Whether nobody reads the buffer of `root` after layer i, and i itself only as its residual. */
static int is_given_up(const struct plan *plan, int root, int i)
{
    const int from = plan->net->layers[i].from;
    if (from >= 0 && plan->places[from].root == root) return 0;
    for (int j = 0; j < i; j++)
        if (plan->places[j].root == root && plan->places[j].last_read > i) return 0;
    return 1;
}

/* The epilogue reads a residual's pixel just before it writes the result's: it may be the same place. */
static void place_residuals(struct plan *plan)
{
    for (int i = 0; i <= plan->layer; i++) {
        const struct layer *layer = &plan->net->layers[i];
        if (!plan->needed[i] || layer->op == OP_CONCAT || layer->with < 0) continue;
        const struct place *with = &plan->places[layer->with];
        const int is_whole = with->shape.channels == plan->places[with->root].shape.channels;
        if (plan->places[i].root == i && is_whole && is_given_up(plan, with->root, i))
            plan->places[i].root = with->root;
    }
}

/* --------------------------------------------------------------------------------------------- buffers */

static void raise_to(int *known, int value)
{
    if (value > *known) *known = value;
}

/* What reads `layer` needs so many zeros around it. */
static void widen(struct plan *plan, int layer, int pad, int margin)
{
    if (layer == LAYER_IMAGE) {
        raise_to(&plan->image_pad, pad);
        raise_to(&plan->image_margin, margin);
        return;
    }
    struct buffer *buffer = &plan->buffers[plan->places[layer].root];
    raise_to(&buffer->pad, pad);
    raise_to(&buffer->margin, margin);
}

static void find_buffers(struct plan *plan)
{
    for (int i = 0; i < NET_MAX_LAYERS; i++) plan->buffers[i] = (struct buffer){ .first = NET_MAX_LAYERS };
    for (int i = 0; i <= plan->layer; i++) {
        if (!plan->needed[i]) continue;
        struct buffer *buffer = &plan->buffers[plan->places[i].root];
        if (i < buffer->first) buffer->first = i;
        if (plan->places[i].last_read > buffer->last) buffer->last = plan->places[i].last_read;
        if (plan->net->layers[i].op == OP_CONV)
            widen(plan, plan->net->layers[i].from, plan->net->layers[i].pad, plan->ways[i].margin);
    }
}

/* The buffer of a root, as a view without memory. */
static struct cpu_view shape_buffer(const struct plan *plan, int root)
{
    const struct shape shape = plan->places[root].shape;
    struct cpu_view view = { .blocks = shape.channels / CPU_LANES,
                             .height = shape.height,
                             .width = shape.width,
                             .pad = plan->buffers[root].pad,
                             .margin = plan->buffers[root].margin,
                             .lanes = CPU_LANES };
    view.row = (size_t)(view.width + 2 * view.pad + view.margin) * CPU_LANES;
    view.block = (size_t)(view.height + 2 * view.pad + view.margin) * view.row;
    view.patch = (size_t)view.blocks * view.block;
    return view;
}

static int same_shape(const struct cpu_view *a, const struct cpu_view *b)
{
    return a->blocks == b->blocks && a->height == b->height && a->width == b->width && a->pad == b->pad &&
           a->margin == b->margin;
}

/* ----------------------------------------------------------------------------------------------- slots */

/* Among the slots that are free at this time the smallest that is large enough, else the largest, which
 * grows; else a new one. */
static struct slot *find_slot(struct plan *plan, int time, size_t floats)
{
    struct slot *best = NULL;
    for (int i = 0; i < plan->n_slots; i++) {
        struct slot *slot = &plan->slots[i];
        if (slot->last >= time) continue;
        const int fits = slot->floats >= floats, best_fits = best && best->floats >= floats;
        const int smaller = best && slot->floats < best->floats;
        if (!best || (fits && (!best_fits || smaller)) || (!fits && !best_fits && !smaller)) best = slot;
    }
    if (best) return best;
    plan->slots[plan->n_slots].root = -1;
    return &plan->slots[plan->n_slots++];
}

static void take_slot(struct plan *plan, int root)
{
    struct buffer *buffer = &plan->buffers[root];
    const struct cpu_view view = shape_buffer(plan, root);
    const size_t floats = (size_t)plan->max_patches * view.patch;
    struct slot *slot = find_slot(plan, buffer->first, floats);
    if (slot->root >= 0) {
        const struct cpu_view before = shape_buffer(plan, slot->root);
        buffer->clear = !same_shape(&view, &before);
        slot->mixed |= buffer->clear;
    } else {
        buffer->clear = 1; /* as long as its slot is mixed: the last run left another shape there */
    }
    if (floats > slot->floats) slot->floats = floats;
    slot->last = buffer->last;
    slot->root = root;
    buffer->slot = (int)(slot - plan->slots);
}

/* A border may be dirty in a mixed slot, for the first buffer of a run and wherever the shape changes. */
static void find_slots(struct plan *plan)
{
    for (int time = 0; time <= plan->layer; time++)
        for (int root = 0; root <= plan->layer; root++)
            if (plan->buffers[root].first == time) take_slot(plan, root);
    for (int root = 0; root <= plan->layer; root++) {
        struct buffer *buffer = &plan->buffers[root];
        if (buffer->first == NET_MAX_LAYERS) continue;
        buffer->clear = buffer->clear && buffer->pad + buffer->margin > 0 && plan->slots[buffer->slot].mixed;
    }
}

static enum status allocate(struct cpu_net *net, struct plan *plan)
{
    for (int i = 0; i < plan->n_slots; i++)
        TRY(memory_check(plan->slots[i].data = cpu_net_new(net, plan->slots[i].floats, sizeof(float))));
    struct cpu_image *image = &net->image;
    image->size = plan->net->input_size;
    image->pad = plan->image_pad;
    const size_t side = (size_t)(image->size + 2 * image->pad + plan->image_margin);
    image->row = side * CPU_COLOURS;
    image->patch = side * image->row;
    return memory_check(image->data =
                            cpu_net_new(net, (size_t)plan->max_patches * image->patch, sizeof(float)));
}

/* ----------------------------------------------------------------------------------------------- steps */

static struct cpu_view view_image(const struct cpu_image *image)
{
    return (struct cpu_view){ .data = image->data + (size_t)image->pad * (image->row + CPU_COLOURS),
                              .blocks = 1,
                              .height = image->size,
                              .width = image->size,
                              .pad = image->pad,
                              .lanes = CPU_COLOURS,
                              .patch = image->patch,
                              .row = image->row };
}

static struct cpu_view view_buffer(const struct plan *plan, int root)
{
    const struct slot *slot = &plan->slots[plan->buffers[root].slot];
    struct cpu_view view = shape_buffer(plan, root);
    view.data = slot->data + (size_t)view.pad * (view.row + CPU_LANES);
    view.patch = slot->floats / (size_t)plan->max_patches;
    return view;
}

static struct cpu_view view_layer(const struct cpu_net *net, const struct plan *plan, int layer)
{
    if (layer == LAYER_NONE) return (struct cpu_view){ 0 };
    if (layer == LAYER_IMAGE) return view_image(&net->image);
    const struct place *place = &plan->places[layer];
    struct cpu_view view = view_buffer(plan, place->root);
    view.data += (size_t)place->block * view.block;
    view.blocks = place->shape.channels / CPU_LANES;
    return view;
}

static void add_step(struct cpu_net *net, struct plan *plan, const struct cpu_step *step)
{
    struct buffer *buffer = &plan->buffers[plan->places[step->layer].root];
    struct cpu_step *added = &net->steps[net->n_steps++];
    *added = *step;
    if (buffer->clear) added->border = view_buffer(plan, plan->places[step->layer].root);
    buffer->clear = 0;
}

static void add_layer(struct cpu_net *net, struct plan *plan, int i)
{
    const struct layer *layer = &plan->net->layers[i];
    struct cpu_step step = { .layer = i,
                             .op = layer->op,
                             .way = plan->ways[i],
                             .size = layer->size,
                             .stride = layer->stride,
                             .pad = layer->pad,
                             .relu = layer->relu };
    step.in = view_layer(net, plan, layer->from);
    step.with = view_layer(net, plan, layer->with);
    step.out = view_layer(net, plan, i);
    add_step(net, plan, &step);
}

/* A half that does not live in the concatenation's buffer is copied to `block` of it. */
static void add_copy(struct cpu_net *net, struct plan *plan, int i, int half, int block)
{
    struct cpu_step step = { .layer = i, .op = OP_CONCAT };
    step.in = view_layer(net, plan, half);
    step.out = view_layer(net, plan, i);
    step.out.data += (size_t)block * step.out.block;
    step.out.blocks = step.in.blocks;
    if (step.in.data != step.out.data) add_step(net, plan, &step);
}

/* A layer is whole once its own steps have run, and stays so until the next one's. */
static void place_taps(struct cpu_net *net, const struct plan *plan, int layer)
{
    for (int i = 0; i < net->n_taps; i++)
        if (net->taps[i].layer == layer)
            net->taps[i] = (struct cpu_tap){ layer, net->n_steps, view_layer(net, plan, layer) };
}

static void add_steps(struct cpu_net *net, struct plan *plan)
{
    for (int i = 0; i <= plan->layer; i++) {
        const struct layer *layer = &plan->net->layers[i];
        if (!plan->needed[i]) continue;
        if (layer->op == OP_CONCAT) {
            add_copy(net, plan, i, layer->from, 0);
            add_copy(net, plan, i, layer->with, plan->places[layer->from].shape.channels / CPU_LANES);
        } else {
            add_layer(net, plan, i);
        }
        place_taps(net, plan, i);
    }
    net->features = view_layer(net, plan, plan->layer);
}

enum status cpu_plan(struct cpu_net *net, const struct net *table, int layer)
{
    struct plan plan = { .net = table, .layer = layer, .max_patches = net->max_patches };
    struct shape shapes[NET_MAX_LAYERS];
    net_shapes(table, shapes);
    net_needed(table, layer, plan.needed);
    for (int i = 0; i <= layer; i++) {
        plan.places[i] = (struct place){ .shape = shapes[i], .root = i };
        plan.ways[i] = cpu_way_of(table, shapes, i, net->max_patches, net->conv);
    }
    TRY(check(&plan));
    find_readers(&plan);
    place_concatenations(&plan);
    place_residuals(&plan);
    find_buffers(&plan);
    find_slots(&plan);
    TRY(allocate(net, &plan));
    add_steps(net, &plan);
    return OK;
}
