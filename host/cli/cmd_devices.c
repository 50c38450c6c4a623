#include "cli/cmd.h"

#include "backend/backend.h"
#include "core/pool.h"

#include <stdio.h>

/* What became of opening one backend. */
struct trial {
    const struct backend_ops *ops;
    int opens;
    char words[512]; /* the instruction set or the card, or why it does not open */
};

static struct trial try_backend(const struct backend_ops *ops)
{
    struct trial trial = { .ops = ops };
    struct backend *backend = NULL;
    trial.opens = ops->open(&backend, &(struct backend_options){ 0 }) == OK;
    snprintf(trial.words, sizeof trial.words, "%s", trial.opens ? ops->device(backend) : status_sentence());
    ops->close(&backend);
    return trial;
}

static enum status count_threads(int *threads)
{
    struct pool *pool;
    TRY(pool_open(&pool, 0));
    *threads = pool_threads(pool);
    pool_close(&pool);
    return OK;
}

static void print_backends(void)
{
    printf("%-8s %-6s %-12s %s\n", "backend", "opens", "device", "what it is");
    for (int i = 0; backend_number(i); i++) {
        const struct trial trial = try_backend(backend_number(i));
        if (trial.opens)
            printf("%-8s %-6s %-12s %s\n", trial.ops->name, "yes", trial.words, trial.ops->summary);
        else
            printf("%-8s %-6s %s\n", trial.ops->name, "no", trial.words);
    }
}

/* 1: the backend was able to look for cards, whether or not there is one. */
static int look_for_cards(const struct backend_ops *ops, struct card_list *list)
{
    if (!ops->cards) return 0;
    const enum status status = ops->cards(list);
    return status == OK || list->driver_found[0];
}

static double gibibytes(size_t bytes)
{
    return (double)bytes / (1 << 30);
}

static void print_cards(const struct card_list *list)
{
    if (list->n) printf("\n%-5s %-32s %10s  %s\n", "card", "model", "memory", "compute capability");
    for (int i = 0; i < list->n; i++) {
        const struct card *card = &list->card[i];
        printf("%-5d %-32s %6.1f GiB  %d.%d%s%s\n", i, card->name, gibibytes(card->memory_bytes), card->major,
               card->minor, card->reason[0] ? "; cannot be used: " : "", card->reason);
    }
    printf("\ndriver found: %s; needed: %s\n", list->driver_found, list->driver_needed);
}

static void print_table(int threads)
{
    struct card_list cards;
    print_backends();
    for (int i = 0; backend_number(i); i++)
        if (look_for_cards(backend_number(i), &cards)) print_cards(&cards);
    printf("\n--backend auto takes the first that opens; this process may use %d thread%s\n", threads,
           threads == 1 ? "" : "s");
}

static json_t *json_of_cards(const struct card_list *list)
{
    json_t *cards = json_array();
    for (int i = 0; i < list->n; i++) {
        const struct card *card = &list->card[i];
        char capability[24];
        snprintf(capability, sizeof capability, "%d.%d", card->major, card->minor);
        json_array_append_new(cards,
                              json_pack("{s:i, s:s, s:I, s:s, s:s*}", "card", i, "model", card->name,
                                        "memory_bytes", (json_int_t)card->memory_bytes, "compute_capability",
                                        capability, "reason", card->reason[0] ? card->reason : NULL));
    }
    return cards;
}

static json_t *json_of_trial(const struct trial *trial)
{
    struct card_list cards;
    json_t *row = json_pack("{s:s, s:s, s:b, s:s}", "name", trial->ops->name, "summary", trial->ops->summary,
                            "opens", trial->opens, trial->opens ? "device" : "reason", trial->words);
    if (!look_for_cards(trial->ops, &cards)) return row;
    json_object_set_new(row, "cards", json_of_cards(&cards));
    json_object_set_new(row, "driver_found", json_string(cards.driver_found));
    json_object_set_new(row, "driver_needed", json_string(cards.driver_needed));
    return row;
}

static enum status print_json(int threads)
{
    json_t *list = json_array();
    for (int i = 0; backend_number(i); i++) {
        const struct trial trial = try_backend(backend_number(i));
        json_array_append_new(list, json_of_trial(&trial));
    }
    return command_json(json_pack("{s:o, s:i}", "backends", list, "threads", threads));
}

static enum status run(const struct command *command, int argc, char **argv)
{
    const struct option_set none = { 0 };
    struct command_line line;
    int done, threads;
    enum status status;
    TRY_OR_DONE(command_parse(command, &line, &none, 0, argc, argv, &done));
    if (done) goto done;
    TRY_OR_DONE(command_words(command, &line, 0, 0));
    TRY_OR_DONE(count_threads(&threads));
    if (line.common.json)
        status = print_json(threads);
    else
        print_table(threads);
done:
    command_release(&line);
    return status;
}

const struct command command_devices = {
    .name = "devices",
    .summary = "what this machine can compute on",
    .usage = "devices [--json]",
    .about =
        "Lists the backends, tries to open each, and says which instruction set or card it would use, or "
        "why it does not open. Where the CUDA plug-in is, it lists every card, and the driver that was found "
        "beside the one that is needed.",
    .example = "  earshot devices\n  EARSHOT_ISA=generic earshot devices",
    .run = run,
};
