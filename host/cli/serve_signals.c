#include "cli/serve_signals.h"

#include "core/clock.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static const double same_stop_s = 1;

static sem_t stops, reloads;
static atomic_int has_ended;                /* no more reloads */
static volatile sig_atomic_t is_stop_asked; /* this and the next: of the handler alone, which does not nest */
static volatile double stop_asked_s;

static void on_stop(int number)
{
    const int kept = errno;
    const double now = clock_seconds();
    if (is_stop_asked && now - stop_asked_s >= same_stop_s) _exit(128 + number);
    if (!is_stop_asked) stop_asked_s = now;
    is_stop_asked = 1;
    sem_post(&stops);
    errno = kept;
}

static void on_reload(int number)
{
    const int kept = errno;
    (void)number;
    sem_post(&reloads);
    errno = kept;
}

static void on_pipe(int number)
{
    (void)number; /* who does not listen any more is told by write() */
}

static sigset_t all_of_ours(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    return signals;
}

enum status serve_signals_catch(void)
{
    const struct {
        int number;
        void (*handler)(int);
    } signals[] = { { SIGINT, on_stop }, { SIGTERM, on_stop }, { SIGHUP, on_reload }, { SIGPIPE, on_pipe } };
    REQUIRE(sem_init(&stops, 0, 0) == 0 && sem_init(&reloads, 0, 0) == 0, ERR_INTERNAL,
            "no semaphores can be had: %s", strerror(errno));
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        const struct sigaction action = { .sa_handler = signals[i].handler,
                                          .sa_flags = SA_RESTART,
                                          .sa_mask = all_of_ours() };
        sigaction(signals[i].number, &action, NULL);
    }
    return OK;
}

void serve_signals_hold(void)
{
    const sigset_t signals = all_of_ours();
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

void serve_signals_let_go(void)
{
    const sigset_t signals = all_of_ours();
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

static void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0 && errno == EINTR) continue;
}

void serve_signals_wait_for_stop(void)
{
    wait_for(&stops);
}

int serve_signals_wait_for_reload(void)
{
    wait_for(&reloads);
    while (sem_trywait(&reloads) == 0) continue;
    return !atomic_load(&has_ended);
}

void serve_signals_end_reloads(void)
{
    atomic_store(&has_ended, 1);
    sem_post(&reloads);
}
