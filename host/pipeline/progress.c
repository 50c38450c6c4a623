#include "pipeline/progress.h"

#include "core/clock.h"
#include "core/log.h"

#include <math.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SMOOTHING_S 60.0

void progress_start(struct progress_state *state, enum progress kind)
{
    *state = (struct progress_state){ .kind = kind };
    if (kind == PROGRESS_AUTO) state->kind = isatty(STDERR_FILENO) ? PROGRESS_BAR : PROGRESS_NONE;
    state->started_s = state->shown_s = state->measured_s = clock_seconds();
}

static double pause_s(enum progress kind)
{
    return kind == PROGRESS_BAR ? 1.0 / 6.0 : kind == PROGRESS_JSON ? 1.0 : 10.0;
}

static double per(double amount, double of)
{
    return of > 0 ? amount / of : 0;
}

/* A run of hours does not go on as it began: the rate forgets what is longer ago than a minute. */
static void measure(struct progress_state *state, const struct progress_report *r, double now)
{
    const double elapsed = now - state->measured_s;
    if (elapsed <= 0 || r->done == state->measured_done) return;
    const double rate = (double)(r->done - state->measured_done) / elapsed;
    const double keep = state->rate > 0 ? exp(-elapsed / SMOOTHING_S) : 0;
    state->rate = keep * state->rate + (1 - keep) * rate;
    state->measured_s = now;
    state->measured_done = r->done;
}

void progress_duration(double seconds, char *text, int size)
{
    const long long s = (long long)(seconds + 0.5);
    if (s < 60)
        snprintf(text, (size_t)size, "%lld s", s);
    else if (s < 3600)
        snprintf(text, (size_t)size, "%lld min %lld s", s / 60, s % 60);
    else
        snprintf(text, (size_t)size, "%lld h %lld min", s / 3600, s % 3600 / 60);
}

/* A line that is longer than the terminal is wide could not be rewritten. Never cuts a letter in two. */
static void cut_to_terminal(char *line)
{
    struct winsize window = { 0 };
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col < 2) return;
    int columns = 0;
    for (char *c = line; *c; c++) {
        const int is_first_byte = (*c & 0xc0) != 0x80;
        columns += is_first_byte;
        if (!is_first_byte || columns < window.ws_col) continue;
        *c = '\0';
        return;
    }
}

static void show_words(const struct progress_state *state, const struct progress_report *r, double elapsed,
                       double left_s)
{
    char words[512], line[544], left[32];
    const double done = (double)r->done, each_ms = per(1e3, done);
    progress_duration(left_s, left, sizeof left);
    snprintf(
        words, sizeof words,
        "%lld of %lld recordings, %.1f/s, %.0f MB/s, %.0f× real time, %lld failed, %s left; ms each: decode "
        "%.1f, compute %.1f, write %.1f, starved %.1f",
        r->done, r->total, per(done, elapsed), per(r->bytes / 1e6, elapsed), per(r->audio_s, elapsed),
        r->failed, left, each_ms * r->decode_s, each_ms * r->compute_s, each_ms * r->write_s,
        each_ms * r->starved_s);
    if (state->kind != PROGRESS_BAR) {
        log_info("%s", words);
        return;
    }
    snprintf(line, sizeof line, "%3.0f %%  %s", 100.0 * per(done, (double)r->total), words);
    cut_to_terminal(line);
    log_progress("%s", line);
}

static void show_json(const struct progress_report *r, double elapsed, double left_s)
{
    fprintf(stderr,
            "{\"done\":%lld,\"total\":%lld,\"failed\":%lld,\"patches\":%lld,\"seconds\":%.1f,"
            "\"recordings_per_second\":%.3f,\"megabytes_per_second\":%.3f,\"realtime_factor\":%.1f,\"eta_s\":"
            "%.1f,"
            "\"decode_s\":%.6f,\"compute_s\":%.6f,\"write_s\":%.6f,\"starved_s\":%.6f}\n",
            r->done, r->total, r->failed, r->patches, elapsed, per((double)r->done, elapsed),
            per(r->bytes / 1e6, elapsed), per(r->audio_s, elapsed), left_s, r->decode_s, r->compute_s,
            r->write_s, r->starved_s);
}

void progress_show(struct progress_state *state, const struct progress_report *r, int last)
{
    const double now = clock_seconds(), elapsed = now - state->started_s;
    if (state->kind == PROGRESS_NONE || (!last && now - state->shown_s < pause_s(state->kind))) return;
    state->shown_s = now;
    measure(state, r, now);
    const double left_s = per((double)(r->total - r->done), state->rate);
    if (state->kind == PROGRESS_JSON)
        show_json(r, elapsed, left_s);
    else
        show_words(state, r, elapsed, left_s);
    if (last && state->kind == PROGRESS_BAR) log_progress_end();
}
