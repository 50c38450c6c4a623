#include "http/access_log.h"

#include "http/exchange.h"
#include "io/json_text.h"

#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* "2026-11-24T15:04:05.678Z" */
static void now_words(char *words, size_t size)
{
    struct timeval now;
    struct tm utc;
    gettimeofday(&now, NULL);
    gmtime_r(&now.tv_sec, &utc);
    const size_t n = strftime(words, size, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(words + n, size - n, ".%03dZ", (int)(now.tv_usec / 1000));
}

/* What came from outside cannot make a line of its own, nor colour a terminal. */
static void put_safely(struct text *line, const char *words)
{
    for (; *words; words++) text_print(line, *words > ' ' && *words < 127 ? "%c" : "?", *words);
}

static size_t answer_size(const struct answer *answer)
{
    return answer->fixed ? answer->fixed_size : answer->body.size;
}

static const char *model_name(const struct exchange *x)
{
    return x->ask.served ? x->ask.served->name : "";
}

static void write_words(const struct exchange *x, int code, double seconds, const char *now,
                        struct text *line)
{
    const struct ask_times *t = &x->ask.times;
    text_print(line, "%s ", now);
    put_safely(line, x->request.method);
    text_put(line, " ");
    put_safely(line, x->request.raw_path);
    text_print(line, " %d %.1f ms, %zu bytes in, %zu out, %s id %s", code, 1e3 * seconds,
               x->request.body.size, answer_size(&x->answer), x->address, x->request.id);
    if (x->ask.n_sounds) {
        text_put(line, ", ");
        put_safely(line, model_name(x));
        text_print(line, ": %d recordings, decode %.1f queue %.1f compute %.1f score %.1f ms, batch of %d",
                   x->ask.n_sounds, 1e3 * t->decode_s, 1e3 * t->queue_s, 1e3 * t->compute_s, 1e3 * t->score_s,
                   t->batch_recordings);
    }
    if (x->answer.error[0]) {
        text_put(line, ", error: ");
        for (const char *c = x->answer.error; *c; c++)
            text_print(line, "%c", (unsigned char)*c < ' ' ? '?' : *c);
    }
    text_put(line, "\n");
}

static void write_json(const struct exchange *x, int code, double seconds, const char *now, struct text *line)
{
    const struct ask_times *t = &x->ask.times;
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:i, s:f, s:I, s:I}", "time", now, "level",
                  code >= 500 ? "error" : "info", "event", "request", "id", x->request.id, "method",
                  json_text(x->request.method), "path", json_text(x->request.raw_path), "address", x->address,
                  "status", code, "duration_s", seconds, "bytes_in", (json_int_t)x->request.body.size,
                  "bytes_out", (json_int_t)answer_size(&x->answer));
    if (json && x->ask.n_sounds)
        json_object_update_new(json, json_pack("{s:o, s:i, s:f, s:f, s:f, s:f, s:i, s:i}", "model",
                                               json_text(model_name(x)), "recordings", x->ask.n_sounds,
                                               "decode_s", t->decode_s, "queue_s", t->queue_s, "compute_s",
                                               t->compute_s, "score_s", t->score_s, "batch_recordings",
                                               t->batch_recordings, "batch_patches", t->batch_patches));
    if (json && x->answer.error[0]) json_object_set_new(json, "error", json_text(x->answer.error));
    text_json(line, json);
    text_put(line, "\n");
}

/* One write a line, so that lines of several threads do not run into each other. */
void access_log(const struct exchange *x, int code, double seconds)
{
    struct text line = { 0 };
    char now[64];
    if (x->site->log == ACCESS_LOG_NONE) return;
    now_words(now, sizeof now);
    if (x->site->log == ACCESS_LOG_JSON)
        write_json(x, code, seconds, now, &line);
    else
        write_words(x, code, seconds, now, &line);
    if (!line.has_failed && write(STDERR_FILENO, line.bytes, line.size) < 0) { /* nobody listens: go on */
    }
    text_release(&line);
}
