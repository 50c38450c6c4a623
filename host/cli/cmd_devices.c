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

static void print_table(int threads)
{
    printf("%-8s %-6s %-12s %s\n", "backend", "opens", "device", "what it is");
    for (int i = 0; backend_number(i); i++) {
        const struct trial trial = try_backend(backend_number(i));
        if (trial.opens)
            printf("%-8s %-6s %-12s %s\n", trial.ops->name, "yes", trial.words, trial.ops->summary);
        else
            printf("%-8s %-6s %s\n", trial.ops->name, "no", trial.words);
    }
    printf("\n--backend auto takes the first that opens; this process may use %d thread%s\n", threads,
           threads == 1 ? "" : "s");
}

static enum status print_json(int threads)
{
    json_t *list = json_array();
    for (int i = 0; backend_number(i); i++) {
        const struct trial trial = try_backend(backend_number(i));
        json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:s}", "name", trial.ops->name, "summary",
                                              trial.ops->summary, "opens", trial.opens,
                                              trial.opens ? "device" : "reason", trial.words));
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
        "why it does not open.",
    .example = "  earshot devices\n  EARSHOT_ISA=generic earshot devices",
    .run = run,
};
