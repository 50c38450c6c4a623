#include "core/pool.h"

#include "core/memory.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

struct worker {
    struct pool *pool;
    pthread_t thread;
    int number;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t work, idle;
    void (*task)(void *context, int index, int thread);
    void *context;
    atomic_int next, round, busy, closing;
    int n_tasks;
    int n_threads, n_started;
    struct worker *workers; /* n_threads − 1: the caller is the first thread */
};

/* CPUs that a cgroup's quota leaves to this process, rounded up; a large number where there is none. */
static int cgroup_cpus(void)
{
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");
    double quota = 0, period = 0;
    const int found = file ? fscanf(file, "%lf %lf", &quota, &period) : 0; /* "max 100000": nothing is read */
    if (file) fclose(file);
    return found == 2 && period > 0 ? (int)((quota + period - 1) / period) : 1 << 20;
}

static int usable_cpus(void)
{
    cpu_set_t set;
    const int allowed = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    const int quota = cgroup_cpus();
    const int usable = allowed < quota ? allowed : quota;
    return usable > 0 ? usable : 1;
}

/* One pool_run often follows another at once, and waking a thread takes longer than many a task: before it sleeps,
 * a thread looks this often whether there is work already; some 20 µs, and then some 100 in which others may have the
 * core, who may be those that it waits for. */
enum { LOOKS = 1000, POLITE_LOOKS = 300 };

static void pause_a_moment(int looks)
{
    if (looks >= LOOKS) sched_yield();
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static int has_news(struct pool *pool, int round)
{
    return atomic_load(&pool->round) != round || atomic_load(&pool->closing);
}

/* Until there is another round, or the pool closes. */
static void wait_for_news(struct pool *pool, int round)
{
    for (int i = 0; i < LOOKS + POLITE_LOOKS; i++) {
        if (has_news(pool, round)) return;
        pause_a_moment(i);
    }
    pthread_mutex_lock(&pool->lock);
    while (!has_news(pool, round)) pthread_cond_wait(&pool->work, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

static void wait_for_others(struct pool *pool)
{
    for (int i = 0; i < LOOKS + POLITE_LOOKS; i++) {
        if (atomic_load(&pool->busy) == 0) return;
        pause_a_moment(i);
    }
    pthread_mutex_lock(&pool->lock);
    while (atomic_load(&pool->busy)) pthread_cond_wait(&pool->idle, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

static void take_tasks(struct pool *pool, int thread)
{
    for (int index; (index = atomic_fetch_add(&pool->next, 1)) < pool->n_tasks;)
        pool->task(pool->context, index, thread);
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct pool *pool = worker->pool;
    for (int round = 0;;) {
        wait_for_news(pool, round);
        if (atomic_load(&pool->closing)) return NULL;
        round = atomic_load(&pool->round);
        take_tasks(pool, worker->number);
        if (atomic_fetch_sub(&pool->busy, 1) > 1) continue;
        pthread_mutex_lock(&pool->lock);
        pthread_cond_signal(&pool->idle);
        pthread_mutex_unlock(&pool->lock);
    }
}

static enum status start_workers(struct pool *pool)
{
    TRY(memory_check(pool->workers = memory_new((size_t)pool->n_threads, sizeof *pool->workers)));
    for (; pool->n_started < pool->n_threads - 1; pool->n_started++) {
        struct worker *worker = &pool->workers[pool->n_started];
        worker->pool = pool;
        worker->number = pool->n_started + 1;
        REQUIRE(pthread_create(&worker->thread, NULL, work, worker) == 0, ERR_INTERNAL,
                "thread %d of %d could not be started", worker->number, pool->n_threads);
    }
    return OK;
}

enum status pool_open(struct pool **out, int threads)
{
    *out = NULL;
    struct pool *pool = memory_new(1, sizeof *pool);
    if (!pool) return ERR_MEMORY;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->idle, NULL);
    pool->n_threads = threads > 0 ? threads : usable_cpus();
    const enum status status = start_workers(pool);
    if (status != OK) pool_close(&pool);
    *out = pool;
    return status;
}

void pool_close(struct pool **pool_pointer)
{
    struct pool *pool = *pool_pointer;
    if (!pool) return;
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->closing, 1);
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->n_started; i++) pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->idle);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    memory_free(pool->workers);
    memory_free(pool);
    *pool_pointer = NULL;
}

int pool_threads(const struct pool *pool)
{
    return pool ? pool->n_threads : 1;
}

void pool_run(struct pool *pool, int n_tasks, void (*task)(void *context, int index, int thread),
              void *context)
{
    if (!pool || pool->n_threads == 1 || n_tasks == 1) {
        for (int index = 0; index < n_tasks; index++) task(context, index, 0);
        return;
    }
    pool->task = task;
    pool->context = context;
    pool->n_tasks = n_tasks;
    atomic_store(&pool->busy, pool->n_started);
    atomic_store(&pool->next, 0);
    pthread_mutex_lock(
        &pool->lock); /* or a thread could fall asleep between its last look and the broadcast */
    atomic_fetch_add(&pool->round, 1);
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    take_tasks(pool, 0);
    wait_for_others(pool);
}
