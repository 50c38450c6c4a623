#include "cli/listen.h"
#include "cli/listen_stream.h"
#include "cli/listen_watch.h"

#include "core/log.h"
#include "core/memory.h"
#include "pipeline/setup.h"

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIELD(name) .offset = offsetof(struct listen_settings, name)

static const struct option listen_options[] = {
    { .name = "model",
      .type = OPTION_TEXT,
      FIELD(model),
      .metavar = "M.h5",
      .help = "the fitted model; what is heard is made into features with the options that it recorded" },
    { .name = "group",
      .type = OPTION_TEXT,
      FIELD(group),
      .alias = "as",
      .metavar = "GROUP",
      .help = "the machine that is listened to, e.g. fan,id_00, where the model knows several" },
    { .name = "watch",
      .type = OPTION_TEXT,
      FIELD(watch),
      .metavar = "DIR",
      .help =
          "score new recordings of this folder, once they are closed or renamed into it, instead of stdin" },
    { .name = "format",
      .type = OPTION_CHOICE,
      FIELD(format),
      .standard = "s16le",
      .choices = "s16le|f32le",
      .help = "samples on stdin: 16 bit integers or 32 bit floats, little-endian, channels interleaved" },
    { .name = "sample-rate",
      .type = OPTION_INTEGER,
      FIELD(sample_rate),
      .standard = "0",
      .low = 0,
      .high = 384000,
      .metavar = "HZ",
      .help = "of the stream; another one than the model's is converted, window by window; 0: the model's" },
    { .name = "channels",
      .type = OPTION_INTEGER,
      FIELD(channels),
      .standard = "1",
      .low = 1,
      .high = 64,
      .metavar = "N",
      .help = "of the stream" },
    { .name = "channel",
      .type = OPTION_TEXT,
      FIELD(channel),
      .metavar = "N",
      .help = "which of them is heard: 0, 1, … or mean [the model's]" },
    { .name = "window",
      .type = OPTION_REAL,
      FIELD(window),
      .standard = "10",
      .low = 0.01,
      .high = 3600,
      .metavar = "S",
      .help = "seconds that are scored at once, as a recording of that length; thresholds hold for windows "
              "as long as "
              "the recordings of which the model has learned" },
    { .name = "hop",
      .type = OPTION_REAL,
      FIELD(hop),
      .standard = "0",
      .low = 0,
      .high = 3600,
      .metavar = "S",
      .help = "seconds from one window to the next; 0: from one patch of the model to the next" },
    { .name = "smooth",
      .type = OPTION_REAL,
      FIELD(smooth),
      .standard = "0",
      .low = 0,
      .high = 86400,
      .metavar = "S",
      .help =
          "smooth scores exponentially with this time constant; alarms go by smoothed scores; 0: do not" },
    { .name = "alarm-after",
      .type = OPTION_INTEGER,
      FIELD(alarm_after),
      .standard = "3",
      .low = 1,
      .high = 1e6,
      .metavar = "N",
      .help = "scores in a row above the threshold that set the alarm off" },
    { .name = "off-percentile",
      .type = OPTION_REAL,
      FIELD(off_percentile),
      .standard = "0.9",
      .low = 0,
      .high = 1,
      .metavar = "P",
      .help =
          "an alarm ends where the score is normal and lower than this share of normal recordings' scores" },
    { .name = "threshold",
      .type = OPTION_REAL,
      FIELD(threshold),
      .low = -DBL_MAX,
      .high = DBL_MAX,
      .metavar = "SCORE",
      .help = "instead of the model's" },
    { .name = "off",
      .type = OPTION_REAL,
      FIELD(off),
      .low = -DBL_MAX,
      .high = DBL_MAX,
      .metavar = "SCORE",
      .help = "an alarm ends at this score, instead of at --off-percentile" },
    { .name = "behind",
      .type = OPTION_CHOICE,
      FIELD(behind),
      .standard = "auto",
      .choices = "auto|wait|drop",
      .help = "where scoring is slower than the stream: make it wait, or drop windows and tell how many; "
              "auto: a file "
              "waits, a pipe does not" },
    { .name = "queue",
      .type = OPTION_INTEGER,
      FIELD(queue),
      .standard = "8",
      .low = 1,
      .high = 1024,
      .metavar = "N",
      .help = "windows or recordings that are being scored, at most" },
    { .name = "lines",
      .type = OPTION_CHOICE,
      FIELD(lines),
      .standard = "json",
      .choices = "json|text",
      .help = "a JSON object a line, or words for a person" },
    { 0 },
};

enum status listen_status(enum earshot_status status)
{
    static const enum status ours[] = {
        [EARSHOT_OK] = OK,
        [EARSHOT_INTERNAL] = ERR_INTERNAL,
        [EARSHOT_MEMORY] = ERR_MEMORY,
        [EARSHOT_USAGE] = ERR_USAGE,
        [EARSHOT_INPUT] = ERR_INPUT,
        [EARSHOT_POISON] = ERR_POISON,
        [EARSHOT_DEVICE] = ERR_DEVICE,
        [EARSHOT_BUSY] = ERR_BUSY,
        [EARSHOT_TIMEOUT] = ERR_TIMEOUT,
        [EARSHOT_END] = ERR_INTERNAL,
    };
    return ours[status];
}

/* --------------------------------------------------------------------------------------------- opening */

/* What the user gave for one table, as the library takes it. */
static enum status add_given(const struct listen *listen, const struct option *table, char **texts,
                             size_t *count)
{
    for (const struct option *option = table; option->name; option++) {
        const char *given = options_given(&listen->line.options, option->name);
        if (!given) continue;
        TRY(memory_check(texts[*count] = memory_print("%s=%s", option->name, given)));
        (*count)++;
    }
    return OK;
}

static enum status open_model(struct listen *listen)
{
    enum { MOST = 32 };
    char *texts[MOST] = { NULL };
    size_t count = 1;
    enum status status;
    REQUIRE(listen->settings.model, ERR_USAGE, "no model was named: --model M.h5");
    TRY(memory_check(texts[0] = memory_print("ahead=%d", listen->settings.queue)));
    TRY_OR_DONE(add_given(listen, weights_options, texts, &count));
    TRY_OR_DONE(add_given(listen, place_options, texts, &count));
    status = listen_status(
        earshot_open_model(&listen->ear, listen->settings.model, (const char *const *)texts, count));
done:
    for (size_t i = 0; i < MOST; i++) memory_free(texts[i]);
    return status;
}

/* One machine: its threshold, its alarm. */
static enum status check_model(struct listen *listen)
{
    enum earshot_verdict verdict;
    char text[256];
    TRY(listen_status(earshot_judge(listen->ear, listen->settings.group, 0, NULL, &verdict)));
    listen->decides = verdict != EARSHOT_UNDECIDED || !isnan(listen->settings.threshold);
    if (!listen->decides)
        log_warning("the model has no threshold: no verdicts and no alarms without --threshold");
    if (earshot_setting(listen->ear, "random_weights", text, sizeof text) == EARSHOT_OK &&
        strcmp(text, "0") != 0)
        log_warning("RANDOM WEIGHTS: the features have seen no photograph");
    return OK;
}

static enum status read_number(const struct listen *listen, const char *name, int *number)
{
    char text[64];
    TRY(listen_status(earshot_setting(listen->ear, name, text, sizeof text)));
    *number = atoi(text);
    return OK;
}

/* The channel that is heard: the model's own word, or the user's. */
static enum status choose_channel(const struct listen *listen, int *channel)
{
    const int channels = listen->settings.channels;
    char text[64], *end;
    TRY(listen_status(earshot_setting(listen->ear, "channel", text, sizeof text)));
    const char *word = listen->settings.channel ? listen->settings.channel : text;
    *channel = STREAM_MEAN;
    if (strcmp(word, "mean") == 0) return OK;
    const long number = strtol(word, &end, 10);
    REQUIRE(*word && !*end && number >= 0 && number < channels, ERR_USAGE,
            "--channel %s: expected mean or a number below %d, the channels of the stream", word, channels);
    *channel = (int)number;
    return OK;
}

/* Windows in samples of the stream. One that has no patch would never have a score. */
static enum status open_stream(struct listen *listen)
{
    const struct listen_settings *s = &listen->settings;
    struct stream_format format = { .is_float = s->format == 1, .channels = s->channels };
    int rate, hop_length, offset, patch;
    TRY(choose_channel(listen, &format.channel));
    TRY(read_number(listen, "sample_rate", &rate));
    TRY(read_number(listen, "hop_length", &hop_length));
    TRY(read_number(listen, "offset", &offset));
    TRY(read_number(listen, "patch", &patch));
    const double shortest = (double)(patch - 1) * hop_length / rate;
    REQUIRE(s->window > shortest, ERR_USAGE, "--window %g: one patch of the model takes more than %g s",
            s->window, shortest);
    listen->sample_rate = s->sample_rate ? s->sample_rate : rate;
    const double hop_s = s->hop > 0 ? s->hop : (double)offset * hop_length / rate;
    const long window = lround(s->window * listen->sample_rate), hop = lround(hop_s * listen->sample_rate);
    REQUIRE(hop >= 1, ERR_USAGE, "--hop %g: less than one sample", s->hop);
    listen->hop_s = (double)hop / listen->sample_rate;
    return stream_open(&listen->stream, STDIN_FILENO, &format, (int)window, (int)hop);
}

static int must_wait(const struct listen *listen)
{
    struct stat found;
    if (listen->settings.behind != BEHIND_AUTO) return listen->settings.behind == BEHIND_WAIT;
    return fstat(STDIN_FILENO, &found) == 0 && S_ISREG(found.st_mode);
}

/* Signals are caught first: who starts us may tell us to stop at any time. */
static enum status open_all(struct listen *listen)
{
    listen->stop = command_catch_signals();
    TRY(open_model(listen));
    TRY(check_model(listen));
    TRY(listen->settings.watch ? watch_open(&listen->watch, listen->settings.watch) : open_stream(listen));
    listen->waits = must_wait(listen);
    listen->alarm =
        (struct alarm){ .smooth_s = listen->settings.smooth, .after = listen->settings.alarm_after };
    return memory_check(listen->waiting =
                            memory_new((size_t)listen->settings.queue, sizeof *listen->waiting));
}

/* ------------------------------------------------------------------------------------------- listening */

static enum status listen_on(struct listen *listen)
{
    pthread_t feeder;
    log_info(listen->watch ? "watching %s" : "listening to %s",
             listen->watch ? listen->settings.watch : "stdin");
    REQUIRE(pthread_create(&feeder, NULL, listen_feed, listen) == 0, ERR_MEMORY,
            "no thread could be started");
    const enum status status = listen_print_all(listen);
    pthread_join(feeder, NULL);
    TRY(status);
    if (listen->fed != OK) {
        TRY(listen_print_summary(listen) == ERR_OUTPUT ? ERR_OUTPUT : OK);
        return fail(listen->fed, "%s", listen->fed_sentence);
    }
    return listen_print_summary(listen);
}

static void close_all(struct listen *listen)
{
    for (int i = 0; i < listen->count; i++) {
        struct waiting *left = &listen->waiting[(listen->first + i) % listen->settings.queue];
        memory_free(left->name);
        memory_free(left->error);
    }
    memory_free(listen->waiting);
    stream_close(&listen->stream);
    watch_close(&listen->watch);
    earshot_close(&listen->ear);
}

static enum status run(const struct command *command, int argc, char **argv)
{
    struct listen listen = { .settings = { .threshold = NAN, .off = NAN },
                             .lock = PTHREAD_MUTEX_INITIALIZER,
                             .changed = PTHREAD_COND_INITIALIZER };
    struct compute_options compute; /* only read as texts, which the library takes */
    const struct option_set sets[] = { { listen_options, &listen.settings, "Options of listen" },
                                       { weights_options, &compute, "Weights" },
                                       { place_options, &compute.place, "Where to compute" } };
    int done = 0;
    enum status status;
    TRY_OR_DONE(command_parse(command, &listen.line, sets, sizeof sets / sizeof *sets, argc, argv, &done));
    if (done) goto done;
    TRY_OR_DONE(command_words(command, &listen.line, 0, 0));
    status = open_all(&listen);
    if (status == OK) status = listen_on(&listen);
    close_all(&listen);
done:
    command_release(&listen.line);
    return status;
}

const struct command command_listen = {
    .name = "listen",
    .summary = "scores a live stream or the new recordings of a folder, and tells when it sounds wrong",
    .usage = "listen --model M.h5 [--watch DIR] [options]",
    .about = "Reads raw samples from stdin, from arecord, a FIFO or tail -f, and prints a line for each "
             "window: time, score, "
             "smoothed score, percentile and verdict, whether there is an alarm, and how long it took from "
             "the sound to "
             "the score. With --watch, a line for each recording that comes into a folder. It ends with the "
             "stream or on "
             "SIGTERM with a summary. A window's score is that of a file with the same samples. Windows that "
             "have to be "
             "dropped are counted and told.",
    .example = "  earshot synth corpus\n"
               "  earshot extract corpus -o features.h5 --weights seeded:1\n"
               "  earshot fit features.h5 -o model.h5 --components 8\n"
               "  tail -c +45 corpus/0dB/fan/id_00/abnormal/00000000.wav |\n"
               "      earshot listen --model model.h5 --group fan --window 5 --behind wait --lines text",
    .run = run,
};
