#include "eval/synth.h"

#include "core/log.h"
#include "core/memory.h"
#include "core/output.h"
#include "eval/synth_machines.h"
#include "eval/synth_sound.h"
#include "io/wav.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#define FIELD(name) .offset = offsetof(struct synth_settings, name)

const struct option synth_options[] = {
    { .name = "seed",
      .type = OPTION_INTEGER,
      FIELD(seed),
      .standard = "1",
      .low = 0,
      .high = 2147483647,
      .metavar = "N",
      .help = "another seed gives other recordings of the same machines" },
    { .name = "normal",
      .type = OPTION_INTEGER,
      FIELD(normal),
      .standard = "40",
      .low = 1,
      .high = 100000,
      .metavar = "N",
      .help = "normal recordings of each machine" },
    { .name = "abnormal",
      .type = OPTION_INTEGER,
      FIELD(abnormal),
      .standard = "20",
      .low = 0,
      .high = 100000,
      .metavar = "N",
      .help = "abnormal recordings of each machine" },
    { .name = "seconds",
      .type = OPTION_REAL,
      FIELD(seconds),
      .standard = "10",
      .low = 0.1,
      .high = 3600,
      .metavar = "S",
      .help = "length of a recording" },
    { .name = "machines",
      .type = OPTION_TEXT,
      FIELD(machines),
      .standard = "fan,pump,slider,valve",
      .metavar = "NAMES",
      .help = "which kinds, joined by commas" },
    { .name = "channels",
      .type = OPTION_INTEGER,
      FIELD(channels),
      .standard = "1",
      .low = 1,
      .high = 16,
      .metavar = "N",
      .help = "microphones; MIMII has 8" },
    { .name = "overwrite",
      .type = OPTION_FLAG,
      FIELD(overwrite),
      .standard = "0",
      .help = "write into a folder that is not empty; files that are not replaced stay" },
    { 0 },
};

/* Of full scale; with it a recording's peaks stay well below 1. */
static const double gain = 0.1;

/* The factory's level where the machine's is 1: about as loud, hence the folder's name. */
static const double factory_level = 1.0;

enum { MIC_DELAY = 3 }; /* samples by which the machine comes later to the next microphone */

/* --------------------------------------------------------------------------------------- one recording */

int synth_samples(const struct synth_settings *settings)
{
    return sound_samples(settings->seconds);
}

static int16_t to_pcm(double x)
{
    const double scaled = 32768.0 * x;
    if (scaled >= 32767.0) return 32767;
    if (scaled <= -32768.0) return -32768;
    return (int16_t)((int)(scaled + 32768.5) - 32768); /* to the nearest, without libm */
}

/* Streams of random numbers: one for the machine in a recording, one for what each microphone hears else. */
static struct rng stream_of(const struct synth_settings *settings, int machine, int is_abnormal, int index,
                            int part)
{
    const uint64_t recording = (uint64_t)(2 * machine + is_abnormal) << 32 | (uint64_t)index;
    return rng_seeded((uint64_t)settings->seed, recording << 8 | (uint64_t)part);
}

/* The machine as microphone `channel` hears it: later and weaker the farther, and the factory. */
static void mix_channel(const double *source, double *mix, int n, int channel, struct rng rng)
{
    const int delay = MIC_DELAY * channel;
    for (int i = 0; i < n; i++) mix[i] = i < delay ? 0.0 : source[i - delay] * (1.0 - 0.03 * channel);
    synth_add_factory(&rng, factory_level, mix, n);
}

enum status synth_recording(const struct synth_settings *settings, int machine, int is_abnormal, int index,
                            int16_t *pcm)
{
    enum status status;
    const int n = synth_samples(settings), channels = settings->channels;
    const struct synth_machine *kind = &synth_machines[machine];
    double *source = memory_new((size_t)n, sizeof *source), *mix = memory_new((size_t)n, sizeof *mix);
    TRY_OR_DONE(memory_check(source && mix ? source : NULL));

    struct rng rng = stream_of(settings, machine, is_abnormal, index, 0);
    const double loudness = gain * sound_between(&rng, 0.9, 1.1);
    kind->add(&rng, is_abnormal ? kind->fault : 0.0, source, n);
    for (int c = 0; c < channels; c++) {
        mix_channel(source, mix, n, c, stream_of(settings, machine, is_abnormal, index, 1 + c));
        for (int i = 0; i < n; i++) pcm[(size_t)i * channels + c] = to_pcm(loudness * mix[i]);
    }
done:
    memory_free(source);
    memory_free(mix);
    return status;
}

/* ------------------------------------------------------------------------------------------ the corpus */

struct corpus {
    const struct synth_settings *settings;
    const char *folder;
    int machines[SYNTH_MACHINES], n_machines;
};

static int machine_called(const char *name, size_t length)
{
    for (int m = 0; m < SYNTH_MACHINES; m++)
        if (strlen(synth_machines[m].name) == length && strncmp(synth_machines[m].name, name, length) == 0)
            return m;
    return -1;
}

static enum status add_machine(struct corpus *corpus, const char *name, size_t length)
{
    const int machine = machine_called(name, length);
    REQUIRE(machine >= 0, ERR_USAGE,
            "--machines: no machine is called \"%.*s\"; there are fan, pump, slider and valve", (int)length,
            name);
    for (int m = 0; m < corpus->n_machines; m++)
        REQUIRE(corpus->machines[m] != machine, ERR_USAGE, "--machines: %s is named twice",
                synth_machines[machine].name);
    corpus->machines[corpus->n_machines++] = machine;
    return OK;
}

static enum status read_machines(struct corpus *corpus, const char *names)
{
    for (const char *name = names;; name++) {
        const size_t length = strcspn(name, ",");
        TRY(add_machine(corpus, name, length));
        name += length;
        if (!*name) return OK;
    }
}

static enum status check_folder(const char *folder, int overwrite)
{
    DIR *directory = opendir(folder);
    if (!directory && errno == ENOENT) return OK;
    REQUIRE(directory, ERR_OUTPUT, "%s cannot be used as a folder: %s", folder, strerror(errno));
    int entries = 0;
    while (readdir(directory)) entries++;
    closedir(directory);
    REQUIRE(entries <= 2 || overwrite, ERR_OUTPUT,
            "%s exists and is not empty; --overwrite writes into it all the same", folder);
    return OK;
}

static enum status write_one(const struct corpus *corpus, int machine, int is_abnormal, int index,
                             int16_t *pcm)
{
    char *path = memory_print("%s/0dB/%s/id_00/%s/%08d.wav", corpus->folder, synth_machines[machine].name,
                              is_abnormal ? "abnormal" : "normal", index);
    if (!path) return ERR_MEMORY;
    enum status status = synth_recording(corpus->settings, machine, is_abnormal, index, pcm);
    if (status == OK)
        status = wav_write_channels(path, pcm, synth_samples(corpus->settings), corpus->settings->channels,
                                    SYNTH_RATE);
    memory_free(path);
    return status;
}

static enum status write_machine(const struct corpus *corpus, int machine, int16_t *pcm)
{
    const struct synth_settings *settings = corpus->settings;
    log_info("%s: %d normal and %d abnormal recordings", synth_machines[machine].name, settings->normal,
             settings->abnormal);
    for (int is_abnormal = 0; is_abnormal < 2; is_abnormal++) {
        const int count = is_abnormal ? settings->abnormal : settings->normal;
        char *folder = memory_print("%s/0dB/%s/id_00/%s", corpus->folder, synth_machines[machine].name,
                                    is_abnormal ? "abnormal" : "normal");
        if (!folder) return ERR_MEMORY;
        const enum status status = output_folder(folder);
        memory_free(folder);
        TRY(status);
        for (int i = 0; i < count; i++) TRY(write_one(corpus, machine, is_abnormal, i, pcm));
    }
    return OK;
}

enum status synth_write(const char *folder, const struct synth_settings *settings, int *n_files)
{
    enum status status;
    struct corpus corpus = { .settings = settings, .folder = folder };
    TRY(read_machines(&corpus, settings->machines));
    TRY(check_folder(folder, settings->overwrite));
    int16_t *pcm = memory_new((size_t)synth_samples(settings) * (size_t)settings->channels, sizeof *pcm);
    TRY(memory_check(pcm));
    for (int m = 0; m < corpus.n_machines; m++) TRY_OR_DONE(write_machine(&corpus, corpus.machines[m], pcm));
    *n_files = corpus.n_machines * (settings->normal + settings->abnormal);
done:
    memory_free(pcm);
    return status;
}
