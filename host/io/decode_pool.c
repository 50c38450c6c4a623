/* Starting helpers, keeping idle ones, ending them. */
#include "io/decode_internal.h"

#include "core/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct decode_pool {
    struct decode_limits limits;
    pthread_mutex_t lock; /* of all below */
    struct decode_helper *idle;
    int n_started;
};

enum status decode_pool_open(struct decode_pool **out, const struct decode_limits *limits)
{
    *out = NULL;
    if (limits->is_here) return OK;
    struct decode_pool *pool = *out = memory_new(1, sizeof *pool);
    TRY(memory_check(pool));
    pool->limits = *limits;
    if (!pool->limits.program) pool->limits.program = "/proc/self/exe";
    if (pool->limits.seconds <= 0) pool->limits.seconds = DECODE_SECONDS;
    if (pool->limits.memory_bytes <= 0) pool->limits.memory_bytes = (long long)DECODE_MIB << 20;
    pthread_mutex_init(&pool->lock, NULL);
    return OK;
}

void decode_pool_close(struct decode_pool **pool_pointer)
{
    struct decode_pool *pool = *pool_pointer;
    if (!pool) return;
    while (pool->idle) {
        struct decode_helper *helper = pool->idle;
        pool->idle = helper->next;
        decode_helper_end(&helper);
    }
    pthread_mutex_destroy(&pool->lock);
    memory_free(pool);
    *pool_pointer = NULL;
}

const struct decode_limits *decode_pool_limits(const struct decode_pool *pool)
{
    return &pool->limits;
}

int decode_pool_started(struct decode_pool *pool)
{
    if (!pool) return 0;
    pthread_mutex_lock(&pool->lock);
    const int n = pool->n_started;
    pthread_mutex_unlock(&pool->lock);
    return n;
}

/* -------------------------------------------------------------------------------------------- starting */

/* What the helper gets: the socket as its stdin, our stderr, and nothing else that is open here. Signals that
 * ask the program to stop are sent to whole groups and jobs; a helper that died of one would look as if its
 * recording had killed it, so they are blocked. It goes when its socket closes. */
static int spawn(pid_t *process, const char *program, int socket)
{
    static const int blocked[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };
    char *const arguments[] = { DECODE_HELPER_NAME, NULL };
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t mask;
    sigemptyset(&mask);
    for (size_t i = 0; i < sizeof blocked / sizeof *blocked; i++) sigaddset(&mask, blocked[i]);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, socket, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setsigmask(&attributes, &mask);
    const int reason = posix_spawn(process, program, &files, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return reason;
}

static enum status open_process(struct decode_helper *helper, const char *program)
{
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, ERR_INTERNAL,
            "a decoding helper got no socket: %s", strerror(errno));
    helper->socket = ends[0];
    const int reason = spawn(&helper->process, program, ends[1]);
    close(ends[1]);
    if (reason == 0) return OK;
    helper->process = 0;
    return fail(ERR_INTERNAL, "a decoding helper could not be started: %s", strerror(reason));
}

/* Sealed, so that no helper can take away memory that is being read here. */
static enum status open_memory(struct decode_helper *helper)
{
    helper->memory = memfd_create("earshot-samples", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    REQUIRE(helper->memory >= 0 && ftruncate(helper->memory, DECODE_HEADER) == 0 &&
                fcntl(helper->memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL) == 0,
            ERR_INTERNAL, "a decoding helper got no memory: %s", strerror(errno));
    void *mapped = mmap(NULL, DECODE_HEADER, PROT_READ, MAP_SHARED, helper->memory, 0);
    REQUIRE(mapped != MAP_FAILED, ERR_INTERNAL, "a decoding helper got no memory: %s", strerror(errno));
    helper->shared = mapped;
    helper->mapped = DECODE_HEADER;
    return OK;
}

static enum status start(struct decode_helper *helper, const struct decode_limits *limits)
{
    const struct decode_request request = { .kind = DECODE_START,
                                            .version = EARSHOT_VERSION,
                                            .limits = *limits };
    struct decode_reply reply = { .status = OK };
    TRY(open_memory(helper));
    TRY(open_process(helper, limits->program));
    REQUIRE(decode_send(helper->socket, &request, offsetof(struct decode_request, riff), helper->memory) &&
                decode_receive(helper->socket, &reply, sizeof reply, NULL) > 0,
            ERR_INTERNAL, "a decoding helper ended before it began: this program cannot be one");
    REQUIRE(reply.status == OK, ERR_INTERNAL,
            "a decoding helper did not begin: %s is of another version, %s expected", limits->program,
            EARSHOT_VERSION);
    return OK;
}

static enum status start_new(struct decode_pool *pool, struct decode_helper **out)
{
    /* A program that does not know that it is a helper would start helpers of its own, without end. */
    REQUIRE(!decode_helper_is_wanted(), ERR_INTERNAL, "a decoding helper does not start others");
    REQUIRE(*pool->limits.program, ERR_INTERNAL,
            "there is no program to decode in: earshot is not beside the library");
    struct decode_helper *helper = *out = memory_new(1, sizeof *helper);
    TRY(memory_check(helper));
    helper->socket = helper->memory = -1;
    const enum status status = start(helper, &pool->limits);
    if (status != OK) decode_helper_end(out);
    return status;
}

enum status decode_pool_take(struct decode_pool *pool, struct decode_helper **helper)
{
    pthread_mutex_lock(&pool->lock);
    *helper = pool->idle;
    if (*helper)
        pool->idle = (*helper)->next;
    else
        pool->n_started++;
    pthread_mutex_unlock(&pool->lock);
    return *helper ? OK : start_new(pool, helper);
}

void decode_pool_give(struct decode_pool *pool, struct decode_helper *helper)
{
    pthread_mutex_lock(&pool->lock);
    helper->next = pool->idle;
    pool->idle = helper;
    pthread_mutex_unlock(&pool->lock);
}

/* ---------------------------------------------------------------------------------------------- ending */

/* A process that waits for a disk which does not answer cannot be ended: it is left after a second. */
static int reap(pid_t process)
{
    int how = -1;
    for (int tries = 0; tries < 1000; tries++) {
        const pid_t found = waitpid(process, &how, WNOHANG);
        if (found == process) return how;
        if (found < 0 && errno != EINTR) return -1;
        usleep(1000);
    }
    return -1;
}

int decode_helper_end(struct decode_helper **helper_pointer)
{
    struct decode_helper *helper = *helper_pointer;
    int how = -1;
    if (helper->process > 0) {
        kill(helper->process, SIGKILL); /* one that has died keeps its own ending */
        how = reap(helper->process);
    }
    if (helper->socket >= 0) close(helper->socket);
    if (helper->shared) munmap(helper->shared, helper->mapped);
    if (helper->memory >= 0) close(helper->memory);
    memory_free(helper);
    *helper_pointer = NULL;
    return how;
}
