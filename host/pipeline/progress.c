#include "pipeline/progress.h"

#include "core/clock.h"
#include "core/log.h"

#include <stdio.h>
#include <unistd.h>

void progress_start(struct progress_state *state, enum progress kind)
{
    state->kind = kind;
    if (kind == PROGRESS_AUTO) state->kind = isatty(STDERR_FILENO) ? PROGRESS_BAR : PROGRESS_NONE;
    state->started_s = state->shown_s = clock_seconds();
}

static double pause_s(enum progress kind)
{
    return kind == PROGRESS_BAR ? 1.0 / 6.0 : kind == PROGRESS_JSON ? 1.0 : 10.0;
}

static void show_words(enum progress kind, const struct progress_report *r, double rate, double realtime,
                       double left_s)
{
    char words[256];
    snprintf(words, sizeof words,
             "%lld of %lld recordings, %.1f/s, %.0f× real time, %lld failed, %.0f s left", r->done, r->total,
             rate, realtime, r->failed, left_s);
    if (kind == PROGRESS_BAR)
        log_progress("%3.0f %%  %s", 100.0 * (double)r->done / (double)(r->total > 0 ? r->total : 1), words);
    else
        log_info("%s", words);
}

void progress_show(struct progress_state *state, const struct progress_report *r, int last)
{
    const double now = clock_seconds(), elapsed = now - state->started_s;
    if (state->kind == PROGRESS_NONE || (!last && now - state->shown_s < pause_s(state->kind))) return;
    state->shown_s = now;
    const double rate = elapsed > 0 ? (double)r->done / elapsed : 0,
                 realtime = elapsed > 0 ? r->audio_s / elapsed : 0;
    const double left_s = rate > 0 ? (double)(r->total - r->done) / rate : 0;
    if (state->kind == PROGRESS_JSON)
        fprintf(stderr,
                "{\"done\":%lld,\"total\":%lld,\"failed\":%lld,\"recordings_per_second\":%.3f,\"realtime_"
                "factor\":%.1f,"
                "\"eta_s\":%.1f}\n",
                r->done, r->total, r->failed, rate, realtime, left_s);
    else
        show_words(state->kind, r, rate, realtime, left_s);
    if (last && state->kind == PROGRESS_BAR) log_progress_end();
}
