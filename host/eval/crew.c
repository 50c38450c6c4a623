#include "eval/crew.h"

#include "core/memory.h"
#include "core/pool.h"
#include "pipeline/setup.h"

#include <stdio.h>

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static enum status add_members(struct crew *crew, const struct place *place, int n)
{
    const int threads = crew->whole->ops->threads(crew->whole);
    struct backend_options options = { .device = place->device,
                                       .device_then = place->device_then,
                                       .conv = (enum conv_choice)place->conv };
    options.threads = (threads + n - 1) / n;
    TRY(pool_open(&crew->pool, n));
    TRY(memory_check(crew->members = memory_new((size_t)n, sizeof(struct backend *))));
    for (int i = 0; i < n; i++) {
        TRY(crew->whole->ops->open(&crew->members[i], &options));
        crew->n_members++;
    }
    return OK;
}

enum status crew_open(struct crew *crew, const struct place *place, int most)
{
    *crew = (struct crew){ 0 };
    enum status status = place_open(&crew->whole, place);
    if (status != OK) return status;
    const int n = smaller(crew->whole->ops->threads(crew->whole), most);
    if (n > 1) status = add_members(crew, place, n);
    if (status != OK) crew_close(crew);
    return status;
}

void crew_close(struct crew *crew)
{
    for (int i = 0; i < crew->n_members; i++) crew->members[i]->ops->close(&crew->members[i]);
    memory_free(crew->members);
    pool_close(&crew->pool);
    if (crew->whole) crew->whole->ops->close(&crew->whole);
    *crew = (struct crew){ 0 };
}

/* What a task ended with; the sentence belongs to the thread that ran it. */
struct outcome {
    enum status status;
    char sentence[1024];
};

struct round {
    struct crew *crew;
    enum status (*task)(void *context, int index, struct backend *backend);
    void *context;
    struct outcome *outcomes; /* [tasks] */
    int first;                /* of the tasks that run now */
};

static void run_task(const struct round *round, int index, struct backend *backend)
{
    struct outcome *outcome = &round->outcomes[index];
    outcome->status = round->task(round->context, index, backend);
    if (outcome->status != OK) snprintf(outcome->sentence, sizeof outcome->sentence, "%s", status_sentence());
}

static void run_member(void *context, int index, int thread)
{
    const struct round *round = context;
    run_task(round, round->first + index, round->crew->members[thread]);
}

static void run_all(struct round *round, int n_tasks)
{
    struct crew *crew = round->crew;
    const int n_members = crew ? crew->n_members : 0;
    while (round->first < n_tasks) {
        const int n = smaller(n_members, n_tasks - round->first);
        if (n > 1)
            pool_run(crew->pool, n, run_member, round);
        else
            run_task(round, round->first, crew ? crew->whole : NULL);
        round->first += n > 1 ? n : 1;
    }
}

enum status crew_run(struct crew *crew, int n_tasks,
                     enum status (*task)(void *context, int index, struct backend *backend), void *context)
{
    struct round round = { .crew = crew, .task = task, .context = context };
    enum status status = OK;
    TRY(memory_check(round.outcomes = memory_new((size_t)n_tasks, sizeof *round.outcomes)));
    run_all(&round, n_tasks);
    for (int i = 0; i < n_tasks && status == OK; i++)
        if (round.outcomes[i].status != OK)
            status = fail(round.outcomes[i].status, "%s", round.outcomes[i].sentence);
    memory_free(round.outcomes);
    return status;
}
