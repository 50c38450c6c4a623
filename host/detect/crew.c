#include "detect/crew.h"

#include "core/memory.h"
#include "core/pool.h"

#include <stdio.h>

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static enum status add_member(struct crew *crew, const struct backend_options *options)
{
    const struct backend_ops *ops = crew->whole->ops;
    struct backend **member = &crew->members[crew->n_members];
    TRY(ops->part ? ops->part(crew->whole, options, member) : ops->open(member, options));
    crew->n_members++;
    return OK;
}

static enum status add_members(struct crew *crew, const struct backend_options *of_whole, int n)
{
    const int threads = crew->whole->ops->threads(crew->whole);
    struct backend_options options = *of_whole;
    options.threads = (threads + n - 1) / n;
    TRY(pool_open(&crew->pool, n));
    TRY(memory_check(crew->members = memory_new((size_t)n, sizeof(struct backend *))));
    for (int i = 0; i < n; i++) TRY(add_member(crew, &options));
    return OK;
}

/* Side by side as many as there are threads; on a card many more, of tasks that it gathers. */
static int count_members(const struct backend *whole, int most)
{
    const int n = smaller(whole->ops->threads(whole), most);
    return whole->ops->abreast > n ? whole->ops->abreast : n;
}

enum status crew_open(struct crew *crew, struct backend **whole, const struct backend_options *options,
                      int most)
{
    *crew = (struct crew){ .whole = *whole };
    *whole = NULL;
    const int n = count_members(crew->whole, most);
    enum status status = OK;
    crew->n_by_threads = smaller(crew->whole->ops->threads(crew->whole), n);
    if (n > 1) status = add_members(crew, options, n);
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

struct round {
    struct crew *crew;
    crew_task *task;
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

static void expect(struct backend *backend, int n)
{
    if (backend->ops->expect) backend->ops->expect(backend, n);
}

static void run_member(void *context, int index, int thread)
{
    const struct round *round = context;
    struct backend *member = round->crew->members[thread];
    run_task(round, round->first + index, member);
    expect(member, -1);
}

static void run_members(struct round *round, int n)
{
    expect(round->crew->whole, n);
    pool_run(round->crew->pool, n, run_member, round);
}

void crew_try(struct crew *crew, int is_gathered, int n_tasks, crew_task *task, void *context,
              struct outcome *outcomes)
{
    struct round round = { crew, task, context, outcomes, 0 };
    const int width = !crew         ? 1
                      : is_gathered ? crew->n_members
                                    : smaller(crew->n_members, crew->n_by_threads);
    while (round.first < n_tasks) {
        const int n = smaller(width, n_tasks - round.first);
        if (n > 1)
            run_members(&round, n);
        else
            run_task(&round, round.first, crew ? crew->whole : NULL);
        round.first += n > 1 ? n : 1;
    }
}

enum status crew_verdict(const struct outcome *outcomes, int n)
{
    for (int i = 0; i < n; i++)
        if (outcomes[i].status != OK) return fail(outcomes[i].status, "%s", outcomes[i].sentence);
    return OK;
}
