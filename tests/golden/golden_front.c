/* The front end against librosa: every stage on the golden file's own input, then samples → dB on every
 * backend. */
#include "golden.h"

#include "core/memory.h"
#include "fft.h"
#include "mel.h"
#include "pipeline/colormap.h"
#include "pipeline/tables.h"
#include "power.h"

/* How the front end of one group /settings/<name> was set. */
struct setting {
    char name[64];
    int n_fft, hop, n_mels, n_bins;
    enum pad_mode pad;
    enum decibel_reference reference;
    float range_db;
    float *window, *bank; /* librosa's */
    struct attributes attributes;
};

static struct setting setting_read(struct store *golden, const char *name)
{
    struct setting s = { .attributes = golden_attributes(golden, "/settings/%s", name) };
    const struct attributes *a = &s.attributes;
    snprintf(s.name, sizeof s.name, "%s", name);
    s.n_fft = (int)attributes_integer(a, "n_fft", 0);
    s.hop = (int)attributes_integer(a, "hop", 0);
    s.n_mels = (int)attributes_integer(a, "n_mels", 0);
    s.n_bins = s.n_fft / 2 + 1;
    s.pad = strcmp(attributes_text(a, "pad", ""), "reflect") == 0 ? PAD_REFLECT : PAD_ZERO;
    s.reference = strcmp(attributes_text(a, "reference", ""), "max") == 0 ? DECIBEL_MAX : DECIBEL_ONE;
    s.range_db = (float)attributes_find(a, "range_db")->real;
    s.window = golden_floats(golden, NULL, NULL, "/settings/%s/window", name);
    s.bank = golden_floats(golden, NULL, NULL, "/settings/%s/bank", name);
    return s;
}

static void setting_release(struct setting *s)
{
    memory_free(s->window);
    memory_free(s->bank);
    attributes_release(&s->attributes);
}

/* One golden recording under one setting. */
struct recording {
    int16_t *pcm;
    int n_samples, n_frames, n_rows;
    int *rows; /* the frames that stand in `frames` and `power` */
    float *frames, *power, *mel, *decibel;
};

static struct recording recording_read(struct store *golden, const struct setting *s, const char *signal)
{
    struct recording r;
    r.pcm = golden_samples(golden, &r.n_samples, "/signals/%s", signal);
    r.rows = golden_integers(golden, &r.n_rows, NULL, "/settings/%s/%s/rows", s->name, signal);
    r.frames = golden_floats(golden, NULL, NULL, "/settings/%s/%s/frames", s->name, signal);
    r.power = golden_floats(golden, NULL, NULL, "/settings/%s/%s/power", s->name, signal);
    r.mel = golden_floats(golden, &r.n_frames, NULL, "/settings/%s/%s/mel", s->name, signal);
    r.decibel = golden_floats(golden, NULL, NULL, "/settings/%s/%s/decibel", s->name, signal);
    assert_int_equal(r.n_frames, frame_count(r.n_samples, s->hop));
    return r;
}

static void recording_release(struct recording *r)
{
    memory_free(r->pcm);
    memory_free(r->rows);
    memory_free(r->frames);
    memory_free(r->power);
    memory_free(r->mel);
    memory_free(r->decibel);
}

static float *floats(int rows, int columns)
{
    float *values = memory_new((size_t)rows * (size_t)columns, sizeof *values);
    assert_non_null(values);
    return values;
}

/* ---------------------------------------------------------------------------- one stage, one recording */

typedef double stage_error(const struct setting *s, const struct recording *r);

static double frame_error(const struct setting *s, const struct recording *r)
{
    float *frames = floats(r->n_frames, s->n_fft);
    double error = 0;
    frame_ref(&(struct frame_args){ .pcm = r->pcm,
                                    .window = s->window,
                                    .frames = frames,
                                    .n_samples = r->n_samples,
                                    .n_fft = s->n_fft,
                                    .hop = s->hop,
                                    .n_frames = r->n_frames,
                                    .pad = s->pad });
    for (int i = 0; i < r->n_rows; i++)
        error = fmax(error, largest_error(frames + (size_t)r->rows[i] * s->n_fft,
                                          r->frames + (size_t)i * s->n_fft, (size_t)s->n_fft));
    memory_free(frames);
    return error;
}

/* fft and power together, since librosa's spectrum is not stored: relative to each frame's largest power. */
static double power_error(const struct setting *s, const struct recording *r)
{
    float *spectrum = floats(r->n_rows, 2 * s->n_bins), *power = floats(r->n_rows, s->n_bins);
    double error = 0;
    fft_ref(&(struct fft_args){
        .frames = r->frames, .spectrum = spectrum, .n_frames = r->n_rows, .n_fft = s->n_fft });
    power_ref(&(struct power_args){
        .spectrum = spectrum, .power = power, .n_frames = r->n_rows, .n_bins = s->n_bins });
    for (int i = 0; i < r->n_rows; i++) {
        const float *expected = r->power + (size_t)i * s->n_bins;
        const double largest = largest_value(expected, (size_t)s->n_bins);
        const double off = largest_error(power + (size_t)i * s->n_bins, expected, (size_t)s->n_bins);
        error = fmax(error, largest > 0 ? off / largest : off);
    }
    memory_free(spectrum);
    memory_free(power);
    return error;
}

/* Relative to each value: all terms of the sum are positive. */
static double mel_error(const struct setting *s, const struct recording *r)
{
    float *mel = floats(r->n_rows, s->n_mels);
    double error = 0;
    mel_ref(&(struct mel_args){ .power = r->power,
                                .bank = s->bank,
                                .mel = mel,
                                .n_frames = r->n_rows,
                                .n_bins = s->n_bins,
                                .n_mels = s->n_mels });
    for (int i = 0; i < r->n_rows; i++)
        for (int m = 0; m < s->n_mels; m++) {
            const double expected = (double)r->mel[(size_t)r->rows[i] * s->n_mels + m];
            const double off = fabs((double)mel[(size_t)i * s->n_mels + m] - expected);
            error = fmax(error, expected > 0 ? off / expected : off);
        }
    memory_free(mel);
    return error;
}

static double decibel_error(const struct setting *s, const struct recording *r)
{
    float *decibel = floats(r->n_frames, s->n_mels);
    decibel_ref(&(struct decibel_args){ .mel = r->mel,
                                        .decibel = decibel,
                                        .n_frames = r->n_frames,
                                        .n_mels = s->n_mels,
                                        .reference = s->reference,
                                        .range_db = s->range_db });
    const double error = largest_error(decibel, r->decibel, (size_t)r->n_frames * s->n_mels);
    memory_free(decibel);
    return error;
}

static struct backend *opened; /* for logmel_error: which backend is tried */

/* samples → dB on a backend */
static double logmel_error(const struct setting *s, const struct recording *r)
{
    struct copy_net copy;
    copy_net_init(&copy, 64);
    const struct clip clip = { .pcm = r->pcm, .n_samples = r->n_samples, .n_frames = r->n_frames };
    const struct line_spec spec = { .n_fft = s->n_fft,
                                    .hop = s->hop,
                                    .n_mels = s->n_mels,
                                    .pad = s->pad,
                                    .window = s->window,
                                    .bank = s->bank,
                                    .reference = s->reference,
                                    .range_db = s->range_db,
                                    .width = 64,
                                    .offset = 32,
                                    .colormap = colormap_viridis[0],
                                    .net = &copy.net,
                                    .weights = &copy.weights,
                                    .max_clips = 1,
                                    .max_samples = r->n_samples,
                                    .max_frames = r->n_frames,
                                    .max_patches = 1,
                                    .chunk = 1 };
    float *decibel = floats(r->n_frames, s->n_mels);
    float *features = line_features(opened, &spec, &clip, 1, decibel);
    const double error = largest_error(decibel, r->decibel, (size_t)r->n_frames * s->n_mels);
    memory_free(features);
    memory_free(decibel);
    return error;
}

/* ------------------------------------------------------------------------ all settings, all recordings */

static stage_error *tried; /* what each_setting measures */
static struct worst worst;

static void each_setting(struct store *golden, const char *name)
{
    static const char *const signals[] = { "tones", "clicks", "silent", "faint", "short" };
    struct setting s = setting_read(golden, name);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        char path[256];
        snprintf(path, sizeof path, "/settings/%s/%s/mel", name, signals[i]);
        if (!store_has(golden, path)) continue;
        struct recording r = recording_read(golden, &s, signals[i]);
        worst_add(&worst, tried(&s, &r));
        recording_release(&r);
    }
    setting_release(&s);
}

static void try_all(const char *stage, stage_error *measure, double tolerance)
{
    struct store *golden = golden_open("front.h5");
    tried = measure;
    worst = (struct worst){ 0 };
    golden_each(golden, "/settings", each_setting);
    store_close(&golden);
    golden_report(stage, &worst, tolerance);
}

static void test_frame(void **state)
{
    (void)state;
    try_all("frame", frame_error, 2e-7); /* the window and the product are rounded to float */
}

static void test_power(void **state)
{
    (void)state;
    try_all("power", power_error, 1e-6); /* frames and spectrum are rounded to float */
}

static void test_mel(void **state)
{
    (void)state;
    try_all("mel", mel_error, 1e-6); /* power and bank are rounded to float */
}

static void test_decibel(void **state)
{
    (void)state;
    try_all("decibel dB", decibel_error, 2e-5); /* an ulp of 100 dB is 8e-6 */
}

static void test_logmel(void **state)
{
    (void)state;
    for (int version = 0; version < N_VERSIONS; version++) {
        char stage[64];
        snprintf(stage, sizeof stage, "log-mel %s dB", version_names[version]);
        opened = version_open(version);
        try_all(stage, logmel_error, 1e-3); /* a third of a hundredth of a colour step */
        opened->ops->close(&opened);
    }
}

/* ---------------------------------------------------------------------------------------------- tables */

static struct worst worst_window, worst_bank;

/* Our own window and filters from the same settings. */
static void compare_tables(struct store *golden, const char *name)
{
    struct setting s = setting_read(golden, name);
    struct extract_settings settings = { .sample_rate =
                                             (int)attributes_integer(&s.attributes, "sample_rate", 0),
                                         .n_fft = s.n_fft,
                                         .win_length =
                                             (int)attributes_integer(&s.attributes, "win_length", 0),
                                         .n_mels = s.n_mels,
                                         .fmin = attributes_find(&s.attributes, "fmin")->real,
                                         .fmax = attributes_find(&s.attributes, "fmax")->real };
    struct tables tables;
    settings.mel_scale = attributes_integer(&s.attributes, "htk", 0) ? MEL_HTK : MEL_SLANEY;
    settings.mel_norm =
        strcmp(attributes_text(&s.attributes, "norm", ""), "slaney") == 0 ? MEL_AREA : MEL_NO_NORM;
    assert_ok(tables_init(&tables, &settings));
    worst_add(&worst_window, largest_error(tables.window, s.window, (size_t)s.n_fft));
    worst_add(&worst_bank, largest_error(tables.bank, s.bank, (size_t)s.n_mels * s.n_bins) /
                               largest_value(s.bank, (size_t)s.n_mels * s.n_bins));
    tables_release(&tables);
    setting_release(&s);
}

/* What --profile NAME makes of the options is what librosa was asked for. */
static void compare_profile(struct store *golden, const char *name)
{
    struct setting s = setting_read(golden, name);
    struct extract_settings found;
    struct options options;
    const struct option_set sets[] = { { front_options, &found, "" }, { network_options, &found, "" } };
    options_init(&options, sets, 2);
    assert_ok(options_collect(&options, "profile", name, OPTION_FROM_COMMAND_LINE, "test"));
    assert_ok(options_apply(&options));
    assert_ok(extract_settings_resolve(&found));
    assert_int_equal(found.sample_rate, attributes_integer(&s.attributes, "sample_rate", 0));
    assert_int_equal(found.n_fft, s.n_fft);
    assert_int_equal(found.hop_length, s.hop);
    assert_int_equal(found.win_length, attributes_integer(&s.attributes, "win_length", 0));
    assert_int_equal(found.n_mels, s.n_mels);
    assert_true(found.fmin == attributes_find(&s.attributes, "fmin")->real);
    assert_true(found.fmax == attributes_find(&s.attributes, "fmax")->real);
    assert_int_equal(found.pad_mode, s.pad);
    assert_int_equal(found.mel_scale, MEL_SLANEY);
    assert_int_equal(found.mel_norm, MEL_AREA);
    assert_int_equal(found.db_ref, s.reference);
    assert_true((float)found.db_range == s.range_db);
    options_release(&options);
    setting_release(&s);
}

static void test_profiles(void **state)
{
    (void)state;
    static const char *const profiles[] = { "paper", "librosa", "mimii-baseline" };
    struct store *golden = golden_open("front.h5");
    for (int i = 0; i < 3; i++) compare_profile(golden, profiles[i]);
    store_close(&golden);
}

static void test_tables(void **state)
{
    (void)state;
    struct store *golden = golden_open("front.h5");
    golden_each(golden, "/settings", compare_tables);
    store_close(&golden);
    golden_report("window", &worst_window, 1e-7); /* one rounding to float */
    golden_report("bank", &worst_bank, 1e-6);     /* relative to its largest weight */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_profiles), cmocka_unit_test(test_tables), cmocka_unit_test(test_frame),
        cmocka_unit_test(test_power),    cmocka_unit_test(test_mel),    cmocka_unit_test(test_decibel),
        cmocka_unit_test(test_logmel),
    };
    return cmocka_run_group_tests_name("golden.front", tests, NULL, NULL);
}
