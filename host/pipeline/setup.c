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

static enum status open_backend(struct setup *setup, const struct place *place, struct backend *backend)
{
    setup->borrows_backend = backend != NULL;
    if (!backend) return place_open(&setup->backend, place);
    setup->backend = backend;
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

int setup_usual_patches(const struct setup *setup)
{
    return larger(setup_patches(setup, usual_clip(setup)), 1);
}

/* Where every clip has a single patch there are as many clips as patches, and each is as long as one with a single
 * patch may be. */
struct line_spec setup_common_spec(const struct setup *setup, int chunk, int most_patches)
{
    const struct extract_settings *s = &setup->settings;
    const int n_frames = s->patch + s->offset;
    struct line_spec spec = setup_spec(setup, chunk);
    spec.max_clips = larger(spec.max_clips, most_patches);
    spec.max_patches = larger(spec.max_patches, most_patches);
    spec.max_frames = larger(spec.max_frames, most_patches * n_frames);
    spec.max_samples = larger(spec.max_samples, most_patches * n_frames * s->hop_length);
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
                              struct setup_shares shares)
{
    const struct extract_settings *s = &setup->settings;
    TRY(tables_init(&setup->tables, s));
    TRY(open_network(setup, compute->weights, shares.weights));
    TRY(open_backend(setup, &compute->place, shares.backend));
    REQUIRE(s->precision == PRECISION_FP32 || strcmp(setup->backend->ops->name, "cuda") == 0, ERR_DEVICE,
            "--precision: the backend %s has fp32 only", setup->backend->ops->name);
    fill_spec(setup);
    TRY(line_check(&setup->spec));
    REQUIRE(setup->spec.max_patches > 0, ERR_USAGE, "--segment %g: shorter than one patch of %d frames",
            s->segment, s->patch);
    return OK;
}

/* Where weights are not found, which they were that made what is there. */
static enum status name_weights(enum status status, const struct attributes *recorded)
{
    const char *weights = recorded ? attributes_text(recorded, "weights", "") : "";
    if (status != ERR_INPUT || !*weights) return status;
    return fail(status, "%s (recorded: %s, SHA-256 %s; --weights FILE names it)", status_sentence(), weights,
                attributes_text(recorded, "weights_sha256", ""));
}

enum status setup_sharing(struct setup *setup, const struct extract_settings *settings,
                          const struct compute_options *compute, const struct attributes *recorded,
                          struct setup_shares shares)
{
    *setup = (struct setup){ .settings = *settings };
    const enum status status = open_parts(setup, compute, shares);
    if (status != OK) setup_release(setup);
    return name_weights(status, recorded);
}

enum status setup_beside(struct setup *setup, const struct extract_settings *settings,
                         const struct compute_options *compute, const struct setup *elder)
{
    const struct setup_shares shares = { elder ? elder->backend : NULL, elder };
    return setup_sharing(setup, settings, compute, NULL, shares);
}

enum status setup_init(struct setup *setup, const struct extract_settings *settings,
                       const struct compute_options *compute)
{
    return setup_sharing(setup, settings, compute, NULL, (struct setup_shares){ 0 });
}

enum status setup_like(struct setup *setup, const struct extract_settings *settings,
                       const struct compute_options *compute, const struct attributes *recorded)
{
    return setup_sharing(setup, settings, compute, recorded, (struct setup_shares){ 0 });
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

enum status settings_record(const struct extract_settings *settings, struct attributes *recorded)
{
    struct extract_settings copy = *settings;
    const struct option_set front = { front_options, &copy, NULL },
                            network = { network_options, &copy, NULL };
    TRY(options_record(&front, recorded));
    return options_record(&network, recorded);
}

enum status setup_provenance(const struct setup *setup, struct attributes *provenance)
{
    TRY(settings_record(&setup->settings, provenance));
    TRY(record_weights(setup->weights, provenance));
    TRY(attributes_set_text(provenance, "backend", setup->backend->ops->name));
    return attributes_set_text(provenance, "device", setup->backend->ops->device(setup->backend));
}
