/* The printing thread: results in their order, each a line as soon as it is there. */
#include "cli/listen.h"
#include "cli/listen_watch.h"

#include "core/clock.h"
#include "core/log.h"
#include "core/memory.h"
#include "io/json_text.h"

#include <math.h>
#include <stdio.h>

/* What a line tells; NaN: not known. */
struct told {
    const char *time, *name; /* name: of a recording, else NULL */
    double start_s, end_s, score, smoothed, percentile, latency_s;
    const char *verdict, *error; /* NULL: none */
    int alarm;                   /* 0, 1; -1: nothing decides */
    long long dropped;
};

/* ----------------------------------------------------------------------------------------------- lines */

/* JSON knows no NaN. */
static json_t *json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *json_word(const char *word)
{
    return word ? json_text(word) : json_null();
}

static enum status print_json(const struct told *told)
{
    json_t *line = json_object();
    REQUIRE(line, ERR_MEMORY, "no memory for a line");
    json_object_set_new(line, "time", json_text(told->time));
    if (told->name) json_object_set_new(line, "recording", json_text(told->name));
    json_object_set_new(line, "start_s", json_number(told->start_s));
    json_object_set_new(line, "end_s", json_number(told->end_s));
    json_object_set_new(line, "score", json_number(told->score));
    json_object_set_new(line, "smoothed", json_number(told->smoothed));
    json_object_set_new(line, "percentile", json_number(told->percentile));
    json_object_set_new(line, "verdict", json_word(told->verdict));
    json_object_set_new(line, "alarm", told->alarm < 0 ? json_null() : json_boolean(told->alarm));
    json_object_set_new(line, "latency_s", json_number(told->latency_s));
    if (told->dropped) json_object_set_new(line, "dropped", json_integer(told->dropped));
    if (told->error) json_object_set_new(line, "error", json_text(told->error));
    return command_json(line);
}

static void print_text(const struct told *told)
{
    printf("%s  ", told->time);
    if (told->name) printf("%s  ", told->name);
    if (!told->name) printf("%.3f–%.3f s  ", told->start_s, told->end_s);
    if (told->error) printf("not scored: %s", told->error);
    if (!told->error) printf("score %.6g  smoothed %.6g", told->score, told->smoothed);
    if (isfinite(told->percentile)) printf("  percentile %.4f", told->percentile);
    if (told->verdict) printf("  %s", told->verdict);
    if (told->alarm == 1) printf("  ALARM");
    printf("  latency %.3f s", told->latency_s);
    if (told->dropped) printf("  %lld windows dropped before", told->dropped);
    putchar('\n');
}

static enum status print(const struct listen *listen, const struct told *told)
{
    if (listen->settings.lines == LINES_JSON)
        TRY(print_json(told));
    else
        print_text(told);
    REQUIRE(fflush(stdout) == 0, ERR_OUTPUT, "stdout cannot be written");
    return OK;
}

/* --------------------------------------------------------------------------------------------- deciding */

/* The levels of the alarm: those that were given, else what the model says of normal recordings. */
static enum status decide(struct listen *listen, struct told *told)
{
    const struct listen_settings *s = &listen->settings;
    const double smoothed = listen->alarm.smoothed;
    enum earshot_verdict verdict = EARSHOT_UNDECIDED;
    double percentile = NAN;
    if (isnan(s->threshold))
        TRY(listen_status(earshot_judge(listen->ear, s->group, smoothed, &percentile, &verdict)));
    else
        verdict = smoothed > s->threshold ? EARSHOT_NOT_NORMAL : EARSHOT_NORMAL;
    if (verdict == EARSHOT_UNDECIDED) return OK;
    int is_low = verdict == EARSHOT_NORMAL;
    if (!isnan(s->off))
        is_low = smoothed <= s->off;
    else if (isnan(s->threshold))
        is_low = is_low && percentile < s->off_percentile;
    alarm_decide(&listen->alarm, verdict == EARSHOT_NOT_NORMAL, is_low);
    told->alarm = listen->alarm.is_on;
    return OK;
}

static const char *verdict_word(enum earshot_verdict verdict)
{
    return verdict == EARSHOT_UNDECIDED ? NULL : verdict == EARSHOT_NORMAL ? "normal" : "not normal";
}

/* Of a result that is there. A recording is followed by the next after its own length. */
static enum status tell_result(struct listen *listen, const struct earshot_result *result, struct told *told)
{
    const double threshold = listen->settings.threshold;
    told->score = earshot_result_score(result);
    if (listen->watch) told->end_s = earshot_result_seconds(result);
    if (!isfinite(told->score)) {
        told->error = "its score is no finite number";
        return OK;
    }
    told->percentile = earshot_result_percentile(result);
    told->verdict = verdict_word(earshot_result_verdict(result));
    if (!isnan(threshold)) told->verdict = told->score > threshold ? "not normal" : "normal";
    alarm_hear(&listen->alarm, told->score,
               listen->watch ? told->end_s : listen->hop_s * (double)(1 + told->dropped));
    told->smoothed = listen->alarm.smoothed;
    return decide(listen, told);
}

static void count(struct listen *listen, const struct told *told)
{
    listen->n_failed += told->error != NULL;
    if (told->error) return;
    listen->n_scored++;
    listen->latency_sum_s += told->latency_s;
    if (told->latency_s > listen->latency_most_s) listen->latency_most_s = told->latency_s;
}

/* 2026-11-24T15:04:05.123Z */
static void print_time(const struct timespec *moment, char text[48])
{
    struct tm utc;
    char seconds[32];
    gmtime_r(&moment->tv_sec, &utc);
    strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text, 48, "%s.%03ldZ", seconds, moment->tv_nsec / 1000000);
}

/* A recording that cannot be used is told and the next one goes on; a lost backend is the end. */
static enum status pull(struct listen *listen, struct earshot_result **result, const char **error)
{
    const enum earshot_status pulled = earshot_pull(listen->ear, -1, result);
    if (pulled == EARSHOT_INPUT || pulled == EARSHOT_POISON)
        *error = earshot_error();
    else
        TRY(listen_status(pulled));
    return OK;
}

static enum status print_one(struct listen *listen, const struct waiting *waiting)
{
    struct earshot_result *result = NULL;
    char time[48];
    struct told told = { .time = time,
                         .name = waiting->name,
                         .error = waiting->error,
                         .start_s = waiting->start_s,
                         .end_s = waiting->end_s,
                         .score = NAN,
                         .smoothed = NAN,
                         .percentile = NAN,
                         .alarm = listen->decides ? listen->alarm.is_on : -1,
                         .dropped = waiting->dropped };
    enum status status = OK;
    print_time(&waiting->arrived, time);
    if (!told.error) status = pull(listen, &result, &told.error);
    if (listen->watch && !told.name) told.name = earshot_result_name(result);
    if (status == OK && !told.error) status = tell_result(listen, result, &told);
    told.latency_s = clock_seconds() - waiting->arrived_s;
    if (status == OK) {
        count(listen, &told);
        status = print(listen, &told);
    }
    earshot_release(&result);
    return status;
}

/* ---------------------------------------------------------------------------------------------- the loop */

/* 0: nothing more will come. */
static int take(struct listen *listen, struct waiting *waiting)
{
    pthread_mutex_lock(&listen->lock);
    while (listen->count == 0 && !listen->is_fed) pthread_cond_wait(&listen->changed, &listen->lock);
    const int is_there = listen->count > 0;
    if (is_there) {
        *waiting = listen->waiting[listen->first];
        listen->first = (listen->first + 1) % listen->settings.queue;
        listen->count--;
        pthread_cond_broadcast(&listen->changed);
    }
    pthread_mutex_unlock(&listen->lock);
    return is_there;
}

/* Another thread may be waiting for a place that only a pull makes free. */
static void tell_feeder(struct listen *listen)
{
    pthread_mutex_lock(&listen->lock);
    pthread_cond_broadcast(&listen->changed);
    pthread_mutex_unlock(&listen->lock);
}

static void warn_of_dropped(const struct waiting *waiting, int *is_warned)
{
    if (waiting->dropped == 0 || *is_warned) return;
    log_warning(
        "windows were dropped before %.3f s: scoring, or whoever reads the lines, is slower than the stream; "
        "a longer --hop needs less, --behind wait makes the stream wait",
        waiting->start_s);
    *is_warned = 1;
}

enum status listen_print_all(struct listen *listen)
{
    enum status status = OK;
    struct waiting waiting;
    int is_warned = 0;
    while (status == OK && take(listen, &waiting)) {
        warn_of_dropped(&waiting, &is_warned);
        status = print_one(listen, &waiting);
        memory_free(waiting.name);
        memory_free(waiting.error);
        tell_feeder(listen);
    }
    listen->is_off = 1;
    tell_feeder(listen);
    return status;
}

/* --------------------------------------------------------------------------------------------- summary */

static double mean_latency(const struct listen *listen)
{
    return listen->n_scored ? listen->latency_sum_s / (double)listen->n_scored : 0;
}

static enum status summary_json(const struct listen *listen)
{
    json_t *json = json_pack("{s:I, s:I, s:I, s:I, s:f, s:f}", "scored", (json_int_t)listen->n_scored,
                             "failed", (json_int_t)listen->n_failed, "dropped", (json_int_t)listen->n_dropped,
                             "alarms", (json_int_t)listen->alarm.n_alarms, "latency_mean_s",
                             mean_latency(listen), "latency_longest_s", listen->latency_most_s);
    if (json && !listen->watch) {
        json_object_set_new(json, "heard_s", json_real(listen->heard_s));
        json_object_set_new(json, "left_bytes", json_integer(listen->left_bytes));
    }
    return command_json(json);
}

enum status listen_print_summary(const struct listen *listen)
{
    const char *what = listen->watch ? "recordings" : "windows";
    if (!listen->watch && listen->fed == OK && listen->n_scored + listen->n_failed + listen->n_dropped == 0)
        log_warning("the stream ended after %.3f s, before one window of %g s was whole", listen->heard_s,
                    listen->settings.window);
    if (listen->left_bytes > 0)
        log_warning("the stream ended within a sample, of which %d bytes are left", listen->left_bytes);
    if (listen->n_dropped > 0)
        log_warning("%lld %s were dropped, %lld scored", listen->n_dropped, what, listen->n_scored);
    log_info(
        "%lld %s scored, %lld failed, %lld dropped, %lld alarms; from sound to score %.3f s, at most %.3f s",
        listen->n_scored, what, listen->n_failed, listen->n_dropped, listen->alarm.n_alarms,
        mean_latency(listen), listen->latency_most_s);
    if (listen->line.common.json) TRY(summary_json(listen));
    REQUIRE(listen->n_failed == 0, ERR_PARTIAL, "%lld of %lld %s could not be scored", listen->n_failed,
            listen->n_failed + listen->n_scored, what);
    return OK;
}
