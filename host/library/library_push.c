/* A push makes a result that is not done yet, and asks the service to do it; the result waits in the handle's list. */
#include "library/library_internal.h"

#include "core/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One of the service's threads. Whoever waits in earshot_pull is told. */
static void take_answer(struct ask *ask)
{
    struct earshot_result *result = ask->context;
    struct earshot *ear = result->of;
    pthread_mutex_lock(&ear->lock);
    result->is_done = 1;
    pthread_cond_broadcast(&ear->changed);
    pthread_mutex_unlock(&ear->lock);
}

/* Nobody waits for what a closed handle has not begun. */
static int is_wanted(void *context)
{
    struct earshot *ear = ((struct earshot_result *)context)->of;
    pthread_mutex_lock(&ear->lock);
    const int wanted = !ear->is_closing;
    pthread_mutex_unlock(&ear->lock);
    return wanted;
}

/* A place among those that may wait, and the recording's number. */
static enum status take_place(struct earshot *ear, long long *number)
{
    pthread_mutex_lock(&ear->lock);
    const int is_free = ear->n_waiting < ear->own.ahead;
    if (is_free) {
        ear->n_waiting++;
        *number = ear->n_pushed++;
    }
    pthread_mutex_unlock(&ear->lock);
    REQUIRE(is_free, ERR_BUSY, "%d recordings were pushed and not pulled; earshot_pull makes room",
            ear->own.ahead);
    return OK;
}

static void give_place_back(struct earshot *ear)
{
    pthread_mutex_lock(&ear->lock);
    ear->n_waiting--;
    pthread_cond_broadcast(&ear->changed);
    pthread_mutex_unlock(&ear->lock);
}

static void append(struct earshot *ear, struct earshot_result *result)
{
    pthread_mutex_lock(&ear->lock);
    if (ear->last)
        ear->last->next = result;
    else
        ear->first = result;
    ear->last = result;
    pthread_cond_broadcast(&ear->changed);
    pthread_mutex_unlock(&ear->lock);
}

/* What a push is given. */
struct pushed {
    const char *name; /* NULL: "recording 0" */
    const struct model_group *group;
    struct sound sound; /* its bytes are the caller's */
    void *owned;        /* the same, to be kept; NULL: they are copied */
};

static enum status fill(struct earshot_result *result, struct earshot *ear, const struct pushed *pushed)
{
    result->name = pushed->name ? memory_text(pushed->name) : memory_print("recording %lld", result->number);
    TRY(memory_check(result->name));
    if (!result->bytes) {
        TRY(memory_check(result->bytes = memory_new_unset(pushed->sound.size, 1)));
        memcpy(result->bytes, pushed->sound.bytes, pushed->sound.size);
    }
    result->sound = pushed->sound;
    result->sound.bytes = result->bytes;
    result->sound.name = result->name;
    result->of = ear;
    result->columns = ear->served->columns;
    result->ask = (struct ask){
        .served = ear->served,
        .catalog = ear->catalog,
        .group = pushed->group ? pushed->group->name : NULL,
        .sounds = &result->sound,
        .n_sounds = 1,
        .wants = ASK_FEATURES | (ear->served->kind == SERVED_MODEL ? ASK_SCORES : 0),
        .is_wanted = is_wanted,
        .done = take_answer,
        .context = result,
    };
    return OK;
}

static enum status ask(struct earshot *ear, const struct pushed *pushed, long long number)
{
    struct earshot_result *result = memory_new(1, sizeof *result);
    if (!result) {
        memory_free(pushed->owned);
        return ERR_MEMORY;
    }
    result->number = number;
    result->bytes = pushed->owned;
    enum status status = fill(result, ear, pushed);
    if (status == OK) status = service_ask(ear->service, &result->ask);
    if (status == OK)
        append(ear, result);
    else
        library_free_result(result);
    return status;
}

/* A number whose push failed is not used again. */
static enum status push(struct earshot *ear, const struct pushed *pushed)
{
    long long number = 0;
    enum status status = take_place(ear, &number);
    if (status != OK) {
        memory_free(pushed->owned);
        return status;
    }
    status = ask(ear, pushed, number);
    if (status != OK) give_place_back(ear);
    return status;
}

/* ------------------------------------------------------------------------------------------------ files */

static enum status read_all(int file, const char *path, size_t size, char *bytes)
{
    for (size_t done = 0; done < size;) {
        const ssize_t n = read(file, bytes + done, size - done);
        if (n < 0 && errno == EINTR) continue;
        REQUIRE(n >= 0, ERR_INPUT, "%s: cannot be read: %s", path, strerror(errno));
        REQUIRE(n > 0, ERR_INPUT, "%s: it became shorter while it was read", path);
        done += (size_t)n;
    }
    return OK;
}

static enum status check_file(int file, const char *path, size_t *size)
{
    struct stat found;
    REQUIRE(file >= 0 && fstat(file, &found) == 0, ERR_INPUT, "%s: cannot be opened: %s", path,
            strerror(errno));
    REQUIRE(S_ISREG(found.st_mode), ERR_INPUT, "%s: not a regular file", path);
    REQUIRE(found.st_size > 0, ERR_INPUT, "%s: the file is empty", path);
    *size = (size_t)found.st_size;
    return OK;
}

/* O_NONBLOCK: opening a pipe must not wait for somebody who writes into it. */
static enum status read_file(const char *path, struct pushed *pushed)
{
    char *bytes = NULL;
    size_t size = 0;
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum status status = check_file(file, path, &size);
    if (status == OK) status = memory_check(bytes = memory_new_unset(size, 1));
    if (status == OK) status = read_all(file, path, size, bytes);
    if (file >= 0) close(file);
    if (status != OK) {
        memory_free(bytes);
        return status;
    }
    pushed->owned = bytes;
    pushed->sound = (struct sound){ .form = SOUND_FILE, .bytes = bytes, .size = size };
    return OK;
}

static enum status push_file(struct earshot *ear, const char *path, const char *group)
{
    struct pushed pushed = { .name = path };
    REQUIRE(ear && path, ERR_USAGE, "earshot_push_file: an argument is NULL");
    TRY(library_group(ear, group, path, &pushed.group));
    TRY(read_file(path, &pushed));
    return push(ear, &pushed);
}

enum earshot_status earshot_push_file(struct earshot *ear, const char *path, const char *group)
{
    return library_status(push_file(ear, path, group));
}

/* --------------------------------------------------------------------------------------- bytes, samples */

static enum status push_memory(struct earshot *ear, struct sound sound, const char *name, const char *group)
{
    struct pushed pushed = { .name = name, .sound = sound };
    REQUIRE(ear && sound.bytes, ERR_USAGE, "a recording or its handle is NULL");
    REQUIRE(sound.size > 0, ERR_USAGE, "a recording has 0 samples or bytes");
    TRY(library_group(ear, group, NULL, &pushed.group));
    return push(ear, &pushed);
}

static enum status push_samples(struct earshot *ear, struct sound sound, size_t n, size_t sample_size,
                                const char *name, const char *group)
{
    REQUIRE(n <= INT_MAX, ERR_USAGE, "%zu samples, at most %d can be one recording's", n, INT_MAX);
    REQUIRE(sound.sample_rate > 0, ERR_USAGE, "sample rate %d: a positive one expected", sound.sample_rate);
    sound.size = n * sample_size;
    return push_memory(ear, sound, name, group);
}

enum earshot_status earshot_push_bytes(struct earshot *ear, const void *bytes, size_t size, const char *name,
                                       const char *group)
{
    const struct sound sound = { .form = SOUND_FILE, .bytes = bytes, .size = size };
    return library_status(push_memory(ear, sound, name, group));
}

enum earshot_status earshot_push_float(struct earshot *ear, const float *samples, size_t n, int sample_rate,
                                       const char *name, const char *group)
{
    const struct sound sound = { .form = SOUND_FLOAT, .bytes = samples, .sample_rate = sample_rate };
    return library_status(push_samples(ear, sound, n, sizeof *samples, name, group));
}

enum earshot_status earshot_push_int16(struct earshot *ear, const int16_t *samples, size_t n, int sample_rate,
                                       const char *name, const char *group)
{
    const struct sound sound = { .form = SOUND_INT16, .bytes = samples, .sample_rate = sample_rate };
    return library_status(push_samples(ear, sound, n, sizeof *samples, name, group));
}
