#include "cli/serve_options.h"

#include "core/memory.h"

#include <stddef.h>
#include <string.h>

#define FIELD(name) .offset = offsetof(struct serve_settings, name)

const struct option serve_options[] = {
    { .name = "model",
      .type = OPTION_TEXT,
      FIELD(model),
      .metavar = "NAME=M.h5",
      .help = "a fitted model and the name it is asked by; as often as there are models. M.h5 alone: its "
              "name is M" },
    { .name = "host",
      .type = OPTION_TEXT,
      FIELD(host),
      .standard = "127.0.0.1",
      .metavar = "ADDRESS",
      .help = "where to listen; 0.0.0.0: to the whole network" },
    { .name = "port",
      .type = OPTION_INTEGER,
      FIELD(port),
      .standard = "8000",
      .low = 0,
      .high = 65535,
      .metavar = "N",
      .help = "0: any that is free; the first line on stderr tells which" },
    { .name = "max-batch",
      .type = OPTION_INTEGER,
      FIELD(max_batch),
      .standard = "0",
      .low = 0,
      .high = 1024,
      .metavar = "N",
      .help = "recordings of 10 s, or as many shorter ones as have no more patches, that are computed "
              "together at "
              "most; 0: as the backend wants; 1: each alone" },
    { .name = "max-delay-ms",
      .type = OPTION_REAL,
      FIELD(max_delay_ms),
      .standard = "5",
      .low = 0,
      .high = 60000,
      .metavar = "MS",
      .help = "how long a recording waits for others at most" },
    { .name = "max-queue",
      .type = OPTION_INTEGER,
      FIELD(max_queue),
      .standard = "256",
      .low = 1,
      .high = 1e6,
      .metavar = "N",
      .help = "recordings that wait at most; who comes then is told 429" },
    { .name = "timeout",
      .type = OPTION_REAL,
      FIELD(timeout),
      .standard = "30",
      .low = 0.001,
      .high = 86400,
      .metavar = "S",
      .help = "an ask that is not answered after so long is dropped with 504; a request may ask for less" },
    { .name = "max-seconds",
      .type = OPTION_REAL,
      FIELD(max_seconds),
      .standard = "600",
      .low = 0,
      .high = 1e6,
      .metavar = "S",
      .help = "the longest recording that is taken; 0: no limit" },
    { .name = "max-body-mib",
      .type = OPTION_INTEGER,
      FIELD(max_body_mib),
      .standard = "64",
      .low = 1,
      .high = 65536,
      .metavar = "MIB",
      .help = "the largest body that is taken; more is told 413" },
    { .name = "max-connections",
      .type = OPTION_INTEGER,
      FIELD(max_connections),
      .standard = "1024",
      .low = 2,
      .high = 65536,
      .metavar = "N",
      .help = "that are open at a time" },
    { .name = "max-connections-per-address",
      .type = OPTION_INTEGER,
      FIELD(max_connections_per_address),
      .standard = "512",
      .low = 1,
      .high = 65536,
      .metavar = "N",
      .help = "of them from one address" },
    { .name = "client-timeout",
      .type = OPTION_REAL,
      FIELD(client_timeout),
      .standard = "30",
      .low = 0.1,
      .high = 86400,
      .metavar = "S",
      .help = "how long a client may take for its headers, its body and for reading its answer, each (and a "
              "second "
              "more for every 32 KiB), and stay without a request" },
    { .name = "rate",
      .type = OPTION_INTEGER,
      FIELD(rate),
      .standard = "0",
      .low = 0,
      .high = 1e6,
      .metavar = "N",
      .help = "requests a second that one address may make; more are told 429; 0: no limit" },
    { .name = "api-key-file",
      .type = OPTION_TEXT,
      FIELD(api_key_file),
      .metavar = "FILE",
      .help = "keys of 16 letters and more, one a line; who has none is told 401" },
    { .name = "log",
      .type = OPTION_CHOICE,
      FIELD(log),
      .standard = "text",
      .choices = "text|json|none",
      .help = "a line on stderr for each request" },
    { .name = "decoders",
      .type = OPTION_INTEGER,
      FIELD(decoders),
      .standard = "0",
      .low = 0,
      .high = 64,
      .metavar = "N",
      .help = "threads that decode; 0: one a core, four at most" },
    { 0 },
};

static enum status add(struct option_words *words, const char *word)
{
    TRY(memory_grow((void **)&words->words, &words->capacity, words->count, sizeof *words->words));
    words->words[words->count++] = word;
    return OK;
}

static enum status add_list(struct option_words *words, const char *list)
{
    char *copy = memory_text(list), *word;
    TRY(memory_check(copy));
    if (memory_grow((void **)&words->copies, &words->copies_capacity, words->n_copies,
                    sizeof *words->copies) != OK) {
        memory_free(copy);
        return ERR_MEMORY;
    }
    words->copies[words->n_copies++] = copy;
    while ((word = strsep(&copy, ",")))
        if (*word) TRY(add(words, word));
    return OK;
}

enum status option_words_of(struct option_words *words, const struct options *options, const char *name)
{
    int strongest = -1;
    for (size_t i = 0; i < options->count; i++)
        if (strcmp(options->values[i].name, name) == 0 && (int)options->values[i].source > strongest)
            strongest = (int)options->values[i].source;
    for (size_t i = 0; i < options->count; i++) {
        const struct option_value *value = &options->values[i];
        if (strcmp(value->name, name) != 0 || (int)value->source != strongest) continue;
        TRY(value->source == OPTION_FROM_COMMAND_LINE ? add(words, value->value)
                                                      : add_list(words, value->value));
    }
    return OK;
}

void option_words_release(struct option_words *words)
{
    for (size_t i = 0; i < words->n_copies; i++) memory_free(words->copies[i]);
    memory_free(words->copies);
    memory_free(words->words);
    *words = (struct option_words){ 0 };
}
