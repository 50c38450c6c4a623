/* Results in the order of the pushes, and what one tells. */
#include "library/library_internal.h"

#include "core/memory.h"

#include <errno.h>
#include <math.h>
#include <time.h>

/* As `seconds` of earshot_pull: the moment at which waiting ends. */
static struct timespec moment_after(double seconds)
{
    const double most = 1e9, wanted = seconds < most ? seconds : most;
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    const double whole = floor(wanted);
    moment.tv_sec += (time_t)whole;
    moment.tv_nsec += (long)((wanted - whole) * 1e9);
    if (moment.tv_nsec >= 1000000000) {
        moment.tv_nsec -= 1000000000;
        moment.tv_sec++;
    }
    return moment;
}

/* With the lock held: until the next result is done. A failed push can still take away what was waited for. */
static enum status wait_for_first(struct earshot *ear, double seconds)
{
    const struct timespec until = moment_after(seconds > 0 ? seconds : 0);
    int reason = 0;
    while (ear->n_waiting > 0 && !(ear->first && ear->first->is_done)) {
        REQUIRE(reason != ETIMEDOUT, ERR_TIMEOUT, "the next result was not there within %g s", seconds);
        reason = seconds < 0 ? pthread_cond_wait(&ear->changed, &ear->lock)
                             : pthread_cond_timedwait(&ear->changed, &ear->lock, &until);
    }
    return OK;
}

static enum status take_first(struct earshot *ear, double seconds, struct earshot_result **out)
{
    pthread_mutex_lock(&ear->lock);
    const enum status status = wait_for_first(ear, seconds);
    if (status == OK && ear->n_waiting > 0) {
        *out = ear->first;
        ear->first = ear->first->next;
        if (!ear->first) ear->last = NULL;
        ear->n_waiting--;
        (*out)->next = NULL;
        pthread_cond_broadcast(&ear->changed);
    }
    pthread_mutex_unlock(&ear->lock);
    return status;
}

enum earshot_status earshot_pull(struct earshot *ear, double seconds, struct earshot_result **out)
{
    if (out) *out = NULL;
    if (!ear || !out || isnan(seconds))
        return library_status(fail(ERR_USAGE, "earshot_pull: an argument is NULL or not a number"));
    const enum status status = take_first(ear, seconds, out);
    if (status != OK) return library_status(status);
    if (!*out) {
        (void)fail(ERR_USAGE, "nothing was pushed that is not pulled yet");
        return EARSHOT_END;
    }
    struct earshot_result *result = *out;
    memory_free(result->bytes);
    result->bytes = NULL;
    if (result->ask.status == OK) return EARSHOT_OK;
    return library_status(fail(result->ask.status, "%s", result->ask.error));
}

int earshot_waiting(struct earshot *ear)
{
    if (!ear) return 0;
    pthread_mutex_lock(&ear->lock);
    const int n = ear->n_waiting;
    pthread_mutex_unlock(&ear->lock);
    return n;
}

void library_free_result(struct earshot_result *result)
{
    ask_release(&result->ask);
    memory_free(result->bytes);
    memory_free(result->name);
    memory_free(result);
}

void earshot_release(struct earshot_result **result)
{
    if (!result || !*result) return;
    library_free_result(*result);
    *result = NULL;
}

/* ---------------------------------------------------------------------------------- what a result tells */

/* NULL: the recording failed. */
static const struct heard *heard_of(const struct earshot_result *result)
{
    return result && result->ask.status == OK ? result->ask.heard : NULL;
}

long long earshot_result_number(const struct earshot_result *result)
{
    return result ? result->number : -1;
}

const char *earshot_result_name(const struct earshot_result *result)
{
    return result ? result->name : "";
}

double earshot_result_seconds(const struct earshot_result *result)
{
    const struct heard *heard = heard_of(result);
    return heard ? heard->seconds : 0;
}

int earshot_result_sample_rate(const struct earshot_result *result)
{
    const struct heard *heard = heard_of(result);
    return heard ? heard->sample_rate : 0;
}

int earshot_result_patches(const struct earshot_result *result)
{
    const struct heard *heard = heard_of(result);
    return heard ? heard->n_patches : 0;
}

int earshot_result_columns(const struct earshot_result *result)
{
    return result ? result->columns : 0;
}

const float *earshot_result_features(const struct earshot_result *result)
{
    const struct heard *heard = heard_of(result);
    return heard ? heard->features : NULL;
}

const double *earshot_result_starts(const struct earshot_result *result)
{
    const struct heard *heard = heard_of(result);
    return heard ? heard->start_s : NULL;
}

const double *earshot_result_patch_scores(const struct earshot_result *result)
{
    const struct heard *heard = heard_of(result);
    return heard ? heard->patch_scores : NULL;
}

double earshot_result_score(const struct earshot_result *result)
{
    const double *patches = earshot_result_patch_scores(result);
    return patches ? heard_of(result)->score : (double)NAN;
}

double earshot_result_threshold(const struct earshot_result *result)
{
    const struct heard *heard = heard_of(result);
    return heard && heard->decides ? heard->threshold : (double)NAN;
}

double earshot_result_percentile(const struct earshot_result *result)
{
    const struct heard *heard = heard_of(result);
    return heard && heard->decides ? heard->percentile : (double)NAN;
}

enum earshot_verdict earshot_result_verdict(const struct earshot_result *result)
{
    const struct heard *heard = heard_of(result);
    if (!heard || !heard->decides) return EARSHOT_UNDECIDED;
    return heard->is_abnormal ? EARSHOT_NOT_NORMAL : EARSHOT_NORMAL;
}
