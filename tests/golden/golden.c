#include "golden.h"

#include "core/memory.h"

static char *print_name(const char *format, va_list arguments)
{
    static char name[256];
    vsnprintf(name, sizeof name, format, arguments);
    return name;
}

struct store *golden_open(const char *name)
{
    struct store *golden = NULL;
    char path[4096];
    snprintf(path, sizeof path, TEST_SOURCE "/tests/golden/%s", name);
    assert_ok(store_open(&golden, path));
    return golden;
}

/* All elements of an array, as `type`, each `size` bytes wide. */
static void *read_array(struct store *golden, const char *name, enum store_type type, size_t size, int *rows,
                        int *columns)
{
    size_t n_rows, n_columns;
    assert_ok(store_shape(golden, name, &n_rows, &n_columns));
    const size_t width = n_columns ? n_columns : 1;
    void *values = memory_new(n_rows * width, size);
    assert_non_null(values);
    assert_ok(store_read(golden, name, type, 0, n_rows, values));
    if (rows) *rows = (int)n_rows;
    if (columns) *columns = (int)width;
    return values;
}

float *golden_floats(struct store *golden, int *rows, int *columns, const char *name, ...)
{
    va_list arguments;
    va_start(arguments, name);
    const char *full_name = print_name(name, arguments);
    va_end(arguments);
    return read_array(golden, full_name, STORE_FLOAT, sizeof(float), rows, columns);
}

int *golden_integers(struct store *golden, int *rows, int *columns, const char *name, ...)
{
    va_list arguments;
    va_start(arguments, name);
    const char *full_name = print_name(name, arguments);
    va_end(arguments);
    return read_array(golden, full_name, STORE_INT32, sizeof(int), rows, columns);
}

double *golden_doubles(struct store *golden, int *n, const char *name, ...)
{
    int columns;
    va_list arguments;
    va_start(arguments, name);
    const char *full_name = print_name(name, arguments);
    va_end(arguments);
    double *values = read_array(golden, full_name, STORE_DOUBLE, sizeof(double), n, &columns);
    *n *= columns;
    return values;
}

int16_t *golden_samples(struct store *golden, int *n_samples, const char *name, ...)
{
    va_list arguments;
    va_start(arguments, name);
    const char *full_name = print_name(name, arguments);
    va_end(arguments);
    int *wide = read_array(golden, full_name, STORE_INT32, sizeof(int), n_samples, NULL);
    int16_t *samples = memory_new((size_t)*n_samples, sizeof *samples);
    assert_non_null(samples);
    for (int i = 0; i < *n_samples; i++) samples[i] = (int16_t)wide[i];
    memory_free(wide);
    return samples;
}

struct attributes golden_attributes(struct store *golden, const char *name, ...)
{
    struct attributes attributes = { 0 };
    va_list arguments;
    va_start(arguments, name);
    const char *full_name = print_name(name, arguments);
    va_end(arguments);
    assert_ok(store_get(golden, full_name, &attributes));
    return attributes;
}

double golden_number(const struct attributes *attributes, const char *name)
{
    const struct attribute *found = attributes_find(attributes, name);
    assert_non_null(found);
    return found->type == ATTRIBUTE_REAL ? found->real : (double)found->integer;
}

void golden_each(struct store *golden, const char *group,
                 void (*visit)(struct store *golden, const char *member))
{
    char **names = NULL;
    size_t count = 0;
    assert_ok(store_members(golden, group, &names, &count));
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        visit(golden, names[i]);
        memory_free(names[i]);
    }
    memory_free(names);
}

double relative_error(double found, double expected)
{
    return fabs(found - expected) / fmax(1, fabs(expected));
}

double largest_value(const float *values, size_t n)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++) largest = fmax(largest, fabs((double)values[i]));
    return largest;
}

/* NAN where one of the values is no number: fmax alone would hide it. */
double largest_error(const float *found, const float *expected, size_t n)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++) {
        const double error = fabs((double)found[i] - (double)expected[i]);
        if (isnan(error)) return NAN;
        largest = fmax(largest, error);
    }
    return largest;
}

void worst_add(struct worst *worst, double error)
{
    if (!(error <= worst->error)) worst->error = error;
}

void golden_report(const char *what, const struct worst *worst, double tolerance)
{
    printf("largest error: %s %.3g\n", what, worst->error);
    if (!(worst->error <= tolerance)) fail_msg("%s: %.9g is above %.3g", what, worst->error, tolerance);
}

const char *const version_names[N_VERSIONS] = { "ref", "cpu", "cpu generic" };

struct backend *version_open(int version)
{
    static const char *const backends[N_VERSIONS] = { "ref", "cpu", "cpu" };
    const struct backend_options options = { .threads = 2 };
    struct backend *backend = NULL;
    if (version == N_VERSIONS - 1)
        setenv("EARSHOT_ISA", "generic", 1);
    else
        unsetenv("EARSHOT_ISA");
    assert_ok(backend_open(&backend, backends[version], &options));
    return backend;
}

void copy_net_init(struct copy_net *copy, int input_size)
{
    static const char *const unused[] = { NULL };
    static const struct layer layers[] = {
        { .name = "copy",
          .op = OP_CONV,
          .tensor = "copy",
          .from = LAYER_IMAGE,
          .with = LAYER_NONE,
          .channels = COPY_CHANNELS,
          .size = 1,
          .stride = 1 },
    };
    *copy = (struct copy_net){ .net = { .name = "copy",
                                        .title = "copies the picture",
                                        .input_size = input_size,
                                        .layers = layers,
                                        .n_layers = 1,
                                        .default_layer = "copy",
                                        .unused = unused },
                               .weight = { 1, 0, 0, 0, 1, 0, 0, 0, 1 } };
    copy->weights.net = &copy->net;
    copy->weights.layer[0] = (struct layer_weights){ copy->weight, copy->bias };
    snprintf(copy->weights.source, sizeof copy->weights.source, "copy");
}

static void run_line(struct line *line, const struct line_spec *spec, const struct clip *clips, int n_clips,
                     float *decibel, float *features)
{
    const struct backend_ops *ops = line->ops;
    assert_ok(ops->upload(line, clips, n_clips));
    assert_ok(ops->logmel(line));
    if (decibel) assert_ok(ops->download_decibel(line, decibel));
    const int n_patches = clips[n_clips - 1].first_patch + clips[n_clips - 1].n_patches;
    for (int first = 0; first < n_patches; first += spec->chunk) {
        const int n = n_patches - first < spec->chunk ? n_patches - first : spec->chunk;
        assert_ok(ops->picture(line, first, n));
        assert_ok(ops->net(line, first, n));
    }
    if (n_patches) assert_ok(ops->download(line, features));
    assert_ok(ops->sync(line));
}

float *line_features(struct backend *backend, const struct line_spec *spec, const struct clip *clips,
                     int n_clips, float *decibel)
{
    struct line *line = NULL;
    float *features = memory_new((size_t)spec->max_patches * line_columns(spec), sizeof *features);
    assert_non_null(features);
    assert_ok(backend->ops->line_open(backend, spec, &line));
    run_line(line, spec, clips, n_clips, decibel, features);
    backend->ops->line_close(&line);
    return features;
}
