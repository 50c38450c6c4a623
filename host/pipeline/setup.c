#include "pipeline/setup.h"

#include "core/log.h"

#include <stddef.h>
#include <string.h>

const struct option weights_options[] = {
    { .name = "weights",
      .type = OPTION_TEXT,
      .offset = offsetof(struct compute_options, weights),
      .standard = "auto",
      .metavar = "FILE",
      .help = ".safetensors or .pth file, seeded:N for random weights, or auto: EARSHOT_WEIGHTS_DIR, then "
              "the cache that `earshot weights fetch` fills" },
    { 0 },
};

const struct option place_options[] = {
    { .name = "backend",
      .type = OPTION_TEXT,
      .offset = offsetof(struct place, backend),
      .standard = "auto",
      .metavar = "NAME",
      .help = "where to compute: auto, cpu, cuda, ref (slow, the definition)" },
    { .name = "device",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct place, device),
      .standard = "0",
      .low = 0,
      .high = 1023,
      .metavar = "N",
      .help = "which GPU" },
    { .name = "threads",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct place, threads),
      .standard = "0",
      .low = 0,
      .high = 4096,
      .metavar = "N",
      .help = "threads of the CPU backend; 0: all that this process may use" },
    { .name = "conv",
      .type = OPTION_CHOICE,
      .offset = offsetof(struct place, conv),
      .standard = "auto",
      .choices = "auto|direct",
      .help = "convolutions of the CPU backend: as fast as it can, or direct: slower, in the least memory" },
    { 0 },
};

enum status place_open(struct backend **out, const struct place *place)
{
    const struct backend_options options = { .device = place->device,
                                             .threads = place->threads,
                                             .conv = (enum conv_choice)place->conv,
                                             .device_then = place->device_then };
    return backend_open(out, place->backend, &options);
}

/* Where the backend has no wish of its own, a network sees as many patches at once as the usual 10 s recording
 * has, so that memory stays small however long a recording is. */
enum { USUAL_SECONDS = 10, LARGEST_CHUNK = 32 };

int setup_frames(const struct setup *setup, int n_samples)
{
    return frame_count(n_samples, setup->settings.hop_length);
}

int setup_patches(const struct setup *setup, int n_samples)
{
    return patch_count(setup_frames(setup, n_samples), setup->settings.patch, setup->settings.offset);
}

static enum status open_network(struct setup *setup, const char *weights, const struct setup *elder)
{
    if (strcmp(setup->settings.network, "patch") == 0) return OK;
    TRY(net_require(setup->settings.network, &setup->net));
    TRY(net_layer(setup->net, setup->settings.layer, &setup->layer));
    setup->borrows_weights = elder && elder->net == setup->net && elder->layer >= setup->layer;
    if (!setup->borrows_weights) return weights_open(&setup->weights, setup->net, setup->layer, weights);
    setup->weights = elder->weights;
    return OK;
}

static enum status open_backend(struct setup *setup, const struct place *place, const struct setup *elder)
{
    setup->borrows_backend = elder != NULL;
    if (!elder) return place_open(&setup->backend, place);
    setup->backend = elder->backend;
    return OK;
}

static int usual_samples(const struct setup *setup)
{
    return USUAL_SECONDS * setup->settings.sample_rate;
}

/* A usual recording, or as much of it as a clip may have. */
static int usual_clip(const struct setup *setup)
{
    const int usual = usual_samples(setup);
    return usual < setup->segment_samples ? usual : setup->segment_samples;
}

static int choose_chunk(const struct setup *setup)
{
    const struct backend *backend = setup->backend;
    if (backend->ops->chunk) return backend->ops->chunk(backend);
    const int usual = setup_patches(setup, usual_clip(setup));
    return usual < 1 ? 1 : usual > LARGEST_CHUNK ? LARGEST_CHUNK : usual;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

int setup_recordings(const struct setup *setup, int chunk)
{
    if (!setup->backend->ops->chunk) return 1;
    return larger(chunk / larger(setup_patches(setup, usual_clip(setup)), 1), 1);
}

struct line_spec setup_spec(const struct setup *setup, int chunk)
{
    struct line_spec spec = setup->spec;
    const int n_samples = usual_clip(setup), n = setup_recordings(setup, chunk);
    spec.chunk = chunk;
    if (!setup->backend->ops->chunk) return spec;
    spec.max_clips = chunk;
    spec.max_samples = larger(spec.max_samples, n * n_samples);
    spec.max_frames = larger(spec.max_frames, n * setup_frames(setup, n_samples));
    spec.max_patches = larger(spec.max_patches, n * setup_patches(setup, n_samples));
    return spec;
}

static void fill_spec(struct setup *setup)
{
    const struct extract_settings *s = &setup->settings;
    setup->segment_samples = (int)(s->segment * s->sample_rate);
    setup->spec = (struct line_spec){
        .n_fft = s->n_fft,
        .hop = s->hop_length,
        .n_mels = s->n_mels,
        .pad = s->pad_mode,
        .window = setup->tables.window,
        .bank = setup->tables.bank,
        .reference = s->db_ref,
        .range_db = (float)s->db_range,
        .width = s->patch,
        .offset = s->offset,
        .flip = s->flip,
        .color_range = s->color_range,
        .colormap = setup->tables.colormap,
        .filter = s->resize,
        .net = setup->net,
        .layer = setup->layer,
        .weights = setup->weights,
        .precision = (enum precision)s->precision,
        .max_clips = 1,
        .max_samples = setup->segment_samples,
        .max_frames = setup_frames(setup, setup->segment_samples),
        .max_patches = setup_patches(setup, setup->segment_samples),
        .chunk = choose_chunk(setup),
    };
    setup->columns = line_columns(&setup->spec);
}

static enum status open_parts(struct setup *setup, const struct compute_options *compute,
                              const struct setup *elder)
{
    const struct extract_settings *s = &setup->settings;
    TRY(tables_init(&setup->tables, s));
    TRY(open_network(setup, compute->weights, elder));
    TRY(open_backend(setup, &compute->place, elder));
    REQUIRE(s->precision == PRECISION_FP32 || strcmp(setup->backend->ops->name, "cuda") == 0, ERR_DEVICE,
            "--precision: the backend %s has fp32 only", setup->backend->ops->name);
    fill_spec(setup);
    TRY(line_check(&setup->spec));
    REQUIRE(setup->spec.max_patches > 0, ERR_USAGE, "--segment %g: shorter than one patch of %d frames",
            s->segment, s->patch);
    return OK;
}

enum status setup_beside(struct setup *setup, const struct extract_settings *settings,
                         const struct compute_options *compute, const struct setup *elder)
{
    *setup = (struct setup){ .settings = *settings };
    const enum status status = open_parts(setup, compute, elder);
    if (status != OK) setup_release(setup);
    return status;
}

enum status setup_init(struct setup *setup, const struct extract_settings *settings,
                       const struct compute_options *compute)
{
    return setup_beside(setup, settings, compute, NULL);
}

enum status setup_like(struct setup *setup, const struct extract_settings *settings,
                       const struct compute_options *compute, const struct attributes *recorded)
{
    const char *weights = attributes_text(recorded, "weights", "");
    const enum status status = setup_init(setup, settings, compute);
    if (status != ERR_INPUT || !*weights) return status;
    return fail(status, "%s (recorded: %s, SHA-256 %s; --weights FILE names it)", status_sentence(), weights,
                attributes_text(recorded, "weights_sha256", ""));
}

void setup_release(struct setup *setup)
{
    if (setup->backend && !setup->borrows_backend) setup->backend->ops->close(&setup->backend);
    if (!setup->borrows_weights) weights_close(&setup->weights);
    tables_release(&setup->tables);
    *setup = (struct setup){ 0 };
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static enum status record_weights(const struct weights *weights, struct attributes *provenance)
{
    TRY(attributes_set_text(provenance, "weights", weights ? file_name(weights->source) : ""));
    TRY(attributes_set_text(provenance, "weights_sha256", weights ? weights->sha256 : ""));
    return attributes_set_integer(provenance, "random_weights", weights ? weights->is_seeded : 0);
}

enum status setup_provenance(const struct setup *setup, struct attributes *provenance)
{
    struct extract_settings settings = setup->settings;
    const struct option_set front = { front_options, &settings, NULL },
                            network = { network_options, &settings, NULL };
    TRY(options_record(&front, provenance));
    TRY(options_record(&network, provenance));
    TRY(record_weights(setup->weights, provenance));
    TRY(attributes_set_text(provenance, "backend", setup->backend->ops->name));
    return attributes_set_text(provenance, "device", setup->backend->ops->device(setup->backend));
}

/* ------------------------------------------------------------------------------------------- comparing */

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

static enum status compare_set(const struct option *options, struct making a, struct making b)
{
    char left[256], right[256], name[64];
    for (const struct option *option = options; option->name; option++) {
        snprintf(name, sizeof name, "%s", option->name);
        for (char *c = name; *c; c++)
            if (*c == '-') *c = '_';
        const int is_told_only = strcmp(name, "precision") == 0 || strcmp(name, "profile") == 0;
        if (is_told_only || !option->shapes ||
            !differing(name, a.provenance, b.provenance, left, right, sizeof left))
            continue;
        return fail(ERR_INPUT, "%s with --%s %s, %s with %s", a.words, option->name, left, b.words, right);
    }
    return OK;
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
