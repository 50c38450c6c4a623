#include "pipeline/config.h"

#include "io/wav.h"
#include "nets/net.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(name) .offset = offsetof(struct extract_settings, name)

static const char *const profiles[] = {
    "",
    "pad-mode=constant",
    "hop-length=512 db-ref=one db-range=0 color-range=minmax",
};

const struct option front_options[] = {
    { .name = "profile",
      .type = OPTION_PRESET,
      FIELD(profile),
      .standard = "paper",
      .shapes = 1,
      .choices = "paper|librosa|mimii-baseline",
      .presets = profiles,
      .help = "a named set of the options below, single ones win over it; paper = Müller et al. 2020, "
              "librosa = the same with "
              "zero padding (librosa since 0.9), mimii-baseline = hop 512, 10 log10 without a reference" },
    { .name = "sample-rate",
      .type = OPTION_INTEGER,
      FIELD(sample_rate),
      .standard = "16000",
      .low = 1000,
      .high = 384000,
      .metavar = "HZ",
      .shapes = 1,
      .help = "what recordings must have (or --resample converts them to)" },
    { .name = "n-fft",
      .type = OPTION_INTEGER,
      FIELD(n_fft),
      .standard = "1024",
      .low = 16,
      .high = 65536,
      .metavar = "N",
      .shapes = 1,
      .help = "samples of one Fourier transform" },
    { .name = "hop-length",
      .type = OPTION_INTEGER,
      FIELD(hop_length),
      .standard = "256",
      .low = 1,
      .high = 65536,
      .metavar = "N",
      .shapes = 1,
      .help = "samples from one frame to the next" },
    { .name = "win-length",
      .type = OPTION_INTEGER,
      FIELD(win_length),
      .standard = "0",
      .low = 0,
      .high = 65536,
      .metavar = "N",
      .shapes = 1,
      .help = "samples of the Hann window, centred in the transform; 0: n-fft" },
    { .name = "n-mels",
      .type = OPTION_INTEGER,
      FIELD(n_mels),
      .standard = "64",
      .low = 1,
      .high = 1024,
      .metavar = "N",
      .shapes = 1,
      .help = "mel bands" },
    { .name = "fmin",
      .type = OPTION_REAL,
      FIELD(fmin),
      .standard = "0",
      .low = 0,
      .high = 192000,
      .metavar = "HZ",
      .shapes = 1,
      .help = "lowest frequency of the mel bands" },
    { .name = "fmax",
      .type = OPTION_REAL,
      FIELD(fmax),
      .standard = "0",
      .low = 0,
      .high = 192000,
      .metavar = "HZ",
      .shapes = 1,
      .help = "highest frequency of the mel bands; 0: half the sample rate" },
    { .name = "pad-mode",
      .type = OPTION_CHOICE,
      FIELD(pad_mode),
      .standard = "reflect",
      .choices = "reflect|constant",
      .shapes = 1,
      .help = "how a recording goes on beyond its ends: mirrored, or zeros" },
    { .name = "mel-scale",
      .type = OPTION_CHOICE,
      FIELD(mel_scale),
      .standard = "slaney",
      .choices = "slaney|htk",
      .shapes = 1,
      .help = "formula of the mel scale" },
    { .name = "mel-norm",
      .type = OPTION_CHOICE,
      FIELD(mel_norm),
      .standard = "slaney",
      .choices = "slaney|none",
      .shapes = 1,
      .help = "bands of equal area, or of equal height" },
    { .name = "db-ref",
      .type = OPTION_CHOICE,
      FIELD(db_ref),
      .standard = "max",
      .choices = "max|one",
      .shapes = 1,
      .help = "0 dB is the recording's loudest value, or an energy of 1" },
    { .name = "db-range",
      .type = OPTION_REAL,
      FIELD(db_range),
      .standard = "80",
      .low = 0,
      .high = 1000,
      .metavar = "DB",
      .shapes = 1,
      .help = "values further below the loudest are raised to it; 0: no floor" },
    { .name = "patch",
      .type = OPTION_INTEGER,
      FIELD(patch),
      .standard = "64",
      .low = 1,
      .high = 4096,
      .metavar = "FRAMES",
      .shapes = 1,
      .help = "frames of one patch" },
    { .name = "offset",
      .type = OPTION_INTEGER,
      FIELD(offset),
      .standard = "32",
      .low = 1,
      .high = 4096,
      .metavar = "FRAMES",
      .shapes = 1,
      .help = "frames from one patch to the next" },
    { .name = "colormap",
      .type = OPTION_CHOICE,
      FIELD(colormap),
      .standard = "viridis",
      .choices = "viridis|gray",
      .alias = "color-map|colour-map",
      .shapes = 1,
      .help = "colours of the picture" },
    { .name = "color-range",
      .type = OPTION_CHOICE,
      FIELD(color_range),
      .standard = "recording",
      .choices = "recording|patch|minmax",
      .shapes = 1,
      .help = "what the colour map spans: db-range below the recording's loudest, the patch's own values, or "
              "the recording's" },
    { .name = "resize",
      .type = OPTION_CHOICE,
      FIELD(resize),
      .standard = "bilinear",
      .choices = "bilinear|nearest",
      .shapes = 1,
      .help = "filter that scales a patch up to the network's input" },
    { .name = "flip",
      .type = OPTION_FLAG,
      FIELD(flip),
      .standard = "0",
      .shapes = 1,
      .help = "high frequencies at the top" },
    { 0 },
};

const struct option network_options[] = {
    { .name = "network",
      .type = OPTION_TEXT,
      FIELD(network),
      .standard = "resnet18",
      .metavar = "NAME",
      .shapes = 1,
      .help = "alexnet, resnet18, resnet34, squeezenet1_0, squeezenet1_1, or patch: no network, the patch's "
              "own cells" },
    { .name = "layer",
      .type = OPTION_TEXT,
      FIELD(layer),
      .metavar = "NAME",
      .shapes = 1,
      .help = "whose output is the feature; `earshot layers NETWORK` lists them [the network's default]" },
    { .name = "precision",
      .type = OPTION_CHOICE,
      FIELD(precision),
      .standard = "fp32",
      .choices = "fp32|tf32|fp16",
      .shapes = 1,
      .help = "arithmetic of the network; the CPU has fp32" },
    { .name = "channel",
      .type = OPTION_TEXT,
      FIELD(channel),
      .standard = "0",
      .metavar = "N",
      .shapes = 1,
      .help = "channel of the recordings: 0, 1, …, mean, or all (each channel is a row)" },
    { .name = "resample",
      .type = OPTION_FLAG,
      FIELD(resample),
      .standard = "0",
      .shapes = 1,
      .help = "convert recordings of other sample rates instead of failing them" },
    { .name = "segment",
      .type = OPTION_REAL,
      FIELD(segment),
      .standard = "60",
      .low = 1,
      .high = 3600,
      .metavar = "S",
      .shapes = 1,
      .help = "seconds; longer recordings are cut, each piece with its own loudest value" },
    { 0 },
};

enum status extract_settings_channel(const struct extract_settings *settings, int *channel)
{
    char *end;
    const long number = strtol(settings->channel, &end, 10);
    if (strcmp(settings->channel, "mean") == 0)
        *channel = CHANNEL_MEAN;
    else if (strcmp(settings->channel, "all") == 0)
        *channel = CHANNEL_ALL;
    else {
        char written[24];
        snprintf(written, sizeof written, "%ld", number);
        REQUIRE(!*end && strcmp(written, settings->channel) == 0 && number >= 0 && number < 4096, ERR_USAGE,
                "--channel %s: expected a number from 0 on, mean or all", settings->channel);
        *channel = (int)number;
    }
    return OK;
}

static enum status resolve_layer(struct extract_settings *settings)
{
    const struct net *net;
    int layer;
    if (strcmp(settings->network, "patch") == 0) {
        REQUIRE(!settings->layer || !*settings->layer, ERR_USAGE,
                "--network patch is no network: it has no --layer %s", settings->layer);
        settings->layer = "";
        return OK;
    }
    TRY(net_require(settings->network, &net));
    TRY(net_layer(net, settings->layer && *settings->layer ? settings->layer : NULL, &layer));
    settings->network = net->name;
    settings->layer = net->layers[layer].name;
    return OK;
}

enum status extract_settings_resolve(struct extract_settings *settings)
{
    int channel;
    if (settings->win_length == 0) settings->win_length = settings->n_fft;
    if (settings->fmax == 0) settings->fmax = settings->sample_rate / 2.0;
    REQUIRE(settings->win_length <= settings->n_fft, ERR_USAGE, "--win-length %d is longer than --n-fft %d",
            settings->win_length, settings->n_fft);
    REQUIRE(settings->fmin < settings->fmax && settings->fmax <= settings->sample_rate / 2.0, ERR_USAGE,
            "--fmin %g --fmax %g: expected fmin < fmax <= %g, half the sample rate", settings->fmin,
            settings->fmax, settings->sample_rate / 2.0);
    REQUIRE(settings->db_range > 0 || settings->color_range != 0, ERR_USAGE,
            "--db-range 0 leaves no range to colour: --color-range patch or minmax goes with it");
    TRY(extract_settings_channel(settings, &channel));
    return resolve_layer(settings);
}

enum status extract_settings_restore(struct extract_settings *settings, const struct attributes *attributes)
{
    const struct option_set front = { front_options, settings, NULL },
                            network = { network_options, settings, NULL };
    TRY(options_restore(&front, attributes));
    TRY(options_restore(&network, attributes));
    return extract_settings_resolve(settings);
}
