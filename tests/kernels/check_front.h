/* What check_front.c runs: settings, recordings made on the spot, and a backend's answer for them. */
#ifndef CHECK_FRONT_H
#define CHECK_FRONT_H

#include "backend/backend.h"
#include "backend/cpu_isa.h"
#include "core/rng.h"
#include "test.h"

enum { N_GUARDS = 64 };
static const float guard = -12345.678F;

static const char *const isas[] = { "generic", "avx2" };
enum { N_ISAS = sizeof isas / sizeof *isas };

/* 1: this machine has it, and the next backend "cpu" runs on it. Says so where it has not. */
static inline int use_isa(const char *isa)
{
    const struct cpu_isa *chosen;
    assert_int_equal(setenv("EARSHOT_ISA", isa, 1), 0);
    if (cpu_isa_choose(NULL, &chosen) == OK) return 1;
    printf("SKIPPED: %s: %s\n", isa, status_sentence());
    return 0;
}

/* -------------------------------------------------------------------------------------------- settings */

struct settings {
    struct line_spec spec;
    float *window, *bank, *colormap;
};

/* Triangles side by side, each reaching to its neighbours' tops; every third one is empty where there are
 * more of them than bins. */
static inline void fill_bank(float *bank, int n_mels, int n_bins)
{
    for (int m = 0; m < n_mels; m++) {
        const double top = (double)(m + 1) * n_bins / (n_mels + 1), reach = (double)n_bins / (n_mels + 1);
        for (int k = 0; k < n_bins; k++)
            bank[(size_t)m * n_bins + k] = (float)fmax(0, 1 - fabs(k - top) / reach);
    }
}

/* Colours that rise from entry to entry, so that a colour tells its entry. */
static inline void fill_colormap(float *colormap)
{
    for (int i = 0; i < 256; i++) {
        colormap[3 * i] = (float)i / 255;
        colormap[3 * i + 1] = (float)(i * i) / (255 * 255);
        colormap[3 * i + 2] = sqrtf((float)i / 255);
    }
}

/* The paper's settings, but for the sizes; no network. */
static inline struct settings settings_new(int n_fft, int hop, int n_mels, int width, int offset)
{
    const int n_bins = n_fft / 2 + 1;
    struct settings s = {
        .window = memory_new((size_t)n_fft, sizeof(float)),
        .bank = memory_new((size_t)n_mels * n_bins, sizeof(float)),
        .colormap = memory_new(256 * 3, sizeof(float)),
    };
    assert_true(s.window && s.bank && s.colormap);
    for (int i = 0; i < n_fft; i++) s.window[i] = (float)(0.5 - 0.5 * cos(2 * M_PI * i / n_fft));
    fill_bank(s.bank, n_mels, n_bins);
    fill_colormap(s.colormap);
    s.spec = (struct line_spec){
        .n_fft = n_fft,
        .hop = hop,
        .n_mels = n_mels,
        .window = s.window,
        .bank = s.bank,
        .colormap = s.colormap,
        .range_db = 80,
        .width = width,
        .offset = offset,
    };
    return s;
}

static inline void settings_free(struct settings *s)
{
    memory_free(s->window);
    memory_free(s->bank);
    memory_free(s->colormap);
}

/* ------------------------------------------------------------------------------------------ recordings */

enum sound { NOISE, FLOAT_NOISE, SILENCE, CLICK, FULL_SCALE, QUIET_TONE, N_SOUNDS };

static inline int16_t sound_at(enum sound sound, int i, int n, struct rng *rng)
{
    const double noise = 2 * rng_uniform(rng) - 1;
    switch (sound) {
    case NOISE:
        return (int16_t)(3000 * noise * (1 + sin(i * 1e-3)));
    case CLICK:
        return i == n / 3 ? INT16_MAX : 0;
    case FULL_SCALE:
        return noise < 0 ? INT16_MIN : INT16_MAX;
    case QUIET_TONE:
        return (int16_t)(30 * sin(i * 0.3) + 2 * noise);
    default:
        return 0;
    }
}

/* Owned by the caller: memory_free(clip.pcm or clip.wave). */
static inline struct clip clip_new(const struct line_spec *spec, enum sound sound, int n_samples)
{
    struct rng rng = rng_seeded((uint64_t)n_samples, (uint64_t)sound);
    struct clip clip = { .n_samples = n_samples, .n_frames = frame_count(n_samples, spec->hop) };
    clip.n_patches = patch_count(clip.n_frames, spec->width, spec->offset);
    float *wave = sound == FLOAT_NOISE ? memory_new((size_t)n_samples, sizeof *wave) : NULL;
    int16_t *pcm = wave ? NULL : memory_new((size_t)n_samples, sizeof *pcm);
    assert_true(wave || pcm);
    for (int i = 0; i < n_samples; i++) {
        if (wave) wave[i] = (float)(2 * rng_uniform(&rng) - 1) / 3;
        if (pcm) pcm[i] = sound_at(sound, i, n_samples, &rng);
    }
    clip.wave = wave;
    clip.pcm = pcm;
    return clip;
}

/* The part of a plain RIFF file that follows its 44 bytes of header. */
static inline struct clip clip_read(const char *path, const struct line_spec *spec)
{
    enum { HEADER = 44, SAMPLES = 160000 };
    int16_t *pcm = memory_new(SAMPLES, sizeof *pcm);
    FILE *file = fopen(path, "rb");
    assert_true(pcm && file);
    assert_int_equal(fseek(file, HEADER, SEEK_SET), 0);
    assert_int_equal(fread(pcm, sizeof *pcm, SAMPLES, file), SAMPLES);
    fclose(file);
    struct clip clip = { .pcm = pcm, .n_samples = SAMPLES, .n_frames = frame_count(SAMPLES, spec->hop) };
    clip.n_patches = patch_count(clip.n_frames, spec->width, spec->offset);
    return clip;
}

static inline void clip_free(struct clip *clip)
{
    memory_free((void *)(uintptr_t)clip->pcm);
    memory_free((void *)(uintptr_t)clip->wave);
}

/* Sets the clips' places, and the spec's limits to what these clips need. */
static inline void line_up(struct line_spec *spec, struct clip *clips, int n)
{
    spec->max_clips = n;
    spec->max_samples = spec->max_frames = spec->max_patches = 0;
    for (int i = 0; i < n; i++) {
        clips[i].first_frame = spec->max_frames;
        clips[i].first_patch = spec->max_patches;
        spec->max_samples += clips[i].n_samples;
        spec->max_frames += clips[i].n_frames;
        spec->max_patches += clips[i].n_patches;
    }
    spec->chunk = spec->max_patches;
}

/* --------------------------------------------------------------------------------------------- answers */

/* Floats between guards. */
struct floats {
    float *values;
    size_t n;
};

static inline struct floats floats_new(size_t n)
{
    float *all = memory_new(n + 2 * N_GUARDS, sizeof *all);
    assert_non_null(all);
    for (size_t i = 0; i < n + 2 * N_GUARDS; i++) all[i] = guard;
    return (struct floats){ all + N_GUARDS, n };
}

static inline void assert_guards(struct floats floats)
{
    for (size_t i = 1; i <= N_GUARDS; i++) {
        assert_true(*(floats.values - i) == guard);
        assert_true(floats.values[floats.n + i - 1] == guard);
    }
}

static inline void floats_free(struct floats floats)
{
    memory_free(floats.values - N_GUARDS);
}

struct answer {
    struct floats decibel, cells; /* clip after clip; patch after patch */
};

static inline struct answer answer_of(const char *backend_name, int threads, const struct line_spec *spec,
                                      const struct clip *clips, int n)
{
    struct backend *backend;
    struct line *line;
    struct answer answer = { floats_new((size_t)spec->max_frames * spec->n_mels),
                             floats_new((size_t)spec->max_patches * line_columns(spec)) };
    assert_ok(backend_open(&backend, backend_name, &(struct backend_options){ .threads = threads }));
    assert_ok(backend->ops->line_open(backend, spec, &line));
    assert_ok(line->ops->upload(line, clips, n));
    assert_ok(line->ops->logmel(line));
    assert_ok(line->ops->picture(line, 0, spec->max_patches));
    assert_ok(line->ops->net(line, 0, spec->max_patches));
    assert_ok(line->ops->download(line, answer.cells.values));
    assert_ok(line->ops->download_decibel(line, answer.decibel.values));
    assert_ok(line->ops->sync(line));
    backend->ops->line_close(&line);
    backend->ops->close(&backend);
    assert_guards(answer.decibel);
    assert_guards(answer.cells);
    return answer;
}

static inline void answer_free(struct answer answer)
{
    floats_free(answer.decibel);
    floats_free(answer.cells);
}

#endif
