#include "http/plain_sound.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static enum status sound_of_form(struct exchange *x)
{
    struct multipart_file file;
    TRY(multipart_find(x->request.content_type, x->request.body.bytes, x->request.body.size, "file", &file));
    x->sound.bytes = file.bytes;
    x->sound.size = file.size;
    if (file.name[0]) snprintf(x->recording, sizeof x->recording, "%s", file.name);
    return OK;
}

/* A form's other type is what curl --data-binary says where it is told nothing. */
static int is_raw(const char *content_type)
{
    static const char *const types[] = { "audio/", "video/", "application/octet-stream",
                                         "application/x-www-form-urlencoded" };
    for (size_t i = 0; content_type && i < sizeof types / sizeof *types; i++)
        if (content_type_is(content_type, types[i])) return 1;
    return !content_type || !*content_type;
}

static enum status find_sound(struct exchange *x)
{
    const char *type = x->request.content_type;
    snprintf(x->recording, sizeof x->recording, "recording");
    x->sound =
        (struct sound){ .bytes = x->request.body.bytes, .size = x->request.body.size, .name = x->recording };
    REQUIRE(x->sound.size > 0, ERR_USAGE, "the body is empty; a recording expected");
    if (content_type_is(type, "multipart/form-data"))
        TRY(sound_of_form(x));
    else if (!is_raw(type))
        return refuse(&x->answer, 415,
                      "Content-Type %.60s found; multipart/form-data with the field file, audio/* or "
                      "application/octet-stream expected",
                      type);
    REQUIRE(x->sound.size > 0, ERR_USAGE, "the field file is empty; a recording expected");
    return OK;
}

enum status plain_ask(struct exchange *x, unsigned wants)
{
    double seconds;
    const char *group = request_query(&x->request, "group");
    TRY(exchange_served(x, request_query(&x->request, "model"), &x->ask.served));
    REQUIRE(!(wants & ASK_SCORES) || x->ask.served->kind == SERVED_MODEL, ERR_USAGE,
            "%.60s is a network without a model: it has features, and no scores", x->ask.served->name);
    TRY(request_seconds(&x->request, x->site->most_seconds, &seconds));
    TRY(find_sound(x));
    x->ask.group = group && *group ? group : NULL;
    return exchange_ask(x, &x->sound, 1, wants, seconds);
}

/* -------------------------------------------------------------------------------------------- warnings */

static void warn(json_t *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void warn(json_t *list, const char *format, ...)
{
    char words[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    json_array_append_new(list, json_string(words));
}

/* The bounds are those of docs/guards.md. */
static void warn_of_level(const struct heard *heard, json_t *list)
{
    const struct level *level = &heard->level;
    const double power = pow(10.0, level->rms_dbfs / 10.0), rest = power - level->dc * level->dc;
    const double n = heard->seconds * heard->sample_rate;
    if (rest < 1.0 / (32768.0 * 32768.0))
        warn(list, "the recording is silent");
    else if (fabs(level->dc) > 0.01 || fabs(level->dc) > sqrt(rest))
        warn(list, "the mean of the samples is %.3g, far from 0", level->dc);
    if ((double)level->clipped > 1e-4 * n)
        warn(list, "%lld samples are at full scale: the recording is clipped", level->clipped);
}

json_t *plain_warnings(const struct exchange *x, const struct heard *heard)
{
    const struct served *served = x->ask.served;
    json_t *list = json_array();
    warn_of_level(heard, list);
    if (heard->sample_rate != served->settings->sample_rate)
        warn(list, "the recording has %d Hz and was resampled to %d Hz", heard->sample_rate,
             served->settings->sample_rate);
    if (attributes_integer(served->provenance, "random_weights", 0))
        warn(list, "RANDOM WEIGHTS: the network has seen no photograph");
    return list;
}
