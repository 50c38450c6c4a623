/* `listen` in one piece: one thread takes windows of a stream or new recordings and pushes them, the other pulls results and
 * prints lines; what is between them is bounded.
 *
 *   stream, folder ──> listen_feed ──earshot_push──> the library ──earshot_pull──> listen_print_all ──> lines
 *                            └────────── struct waiting: when it was heard ──────────┘ */
#ifndef LISTEN_H
#define LISTEN_H

#include "cli/cmd.h"
#include "cli/listen_alarm.h"
#include "earshot.h"

#include <pthread.h>
#include <time.h>

enum listen_behind { BEHIND_AUTO, BEHIND_WAIT, BEHIND_DROP };
enum listen_lines { LINES_JSON, LINES_TEXT };

struct listen_settings {
    const char *model, *group, *watch, *channel;
    int format, sample_rate, channels, alarm_after, behind, queue, lines;
    double window, hop, smooth, threshold, off, off_percentile; /* threshold, off: NaN where not given */
};

/* One thing that was pushed, or that could not be. */
struct waiting {
    double start_s, end_s; /* in the stream; of a recording end_s is 0 */
    double arrived_s;      /* clock_seconds() when its last sample came, or its file was closed */
    struct timespec arrived;
    long long dropped;  /* windows before it that were not pushed */
    char *name, *error; /* owned; of a recording that could not even be pushed, else NULL */
};

struct listen {
    struct listen_settings settings;
    struct command_line line;
    struct earshot *ear;
    struct stream *stream; /* one of the two */
    struct watch *watch;
    int sample_rate;
    double hop_s; /* from one window to the next */
    int decides;  /* 1: there is a threshold, so there are verdicts and alarms */
    struct alarm alarm;
    const atomic_int *stop;
    int waits; /* 1: a stream that is too fast is made to wait, 0: windows of it are dropped */

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    struct waiting *waiting; /* [queue], a ring */
    int first, count;
    int is_fed;        /* nothing more will come */
    atomic_int is_off; /* stop feeding: lines cannot be printed any more, or the program is told to stop */
    enum status fed;   /* how feeding ended */
    char fed_sentence[512];

    /* of the feeding thread until it has ended */
    long long n_dropped; /* windows */
    double heard_s;
    int left_bytes;
    /* of the printing thread */
    long long n_scored, n_failed;
    double latency_sum_s, latency_most_s;
};

/* A thread's function: feeds until the stream is over, the folder gone, or *stop; `context` is the struct listen. */
void *listen_feed(void *context);

/* Prints a line for each, until all that was fed is printed. ERR_OUTPUT: stdout cannot be written. */
enum status listen_print_all(struct listen *listen) MUST_CHECK;
/* What came of it all: told on stderr, and with --json on the last line of stdout. */
enum status listen_print_summary(const struct listen *listen) MUST_CHECK;

/* The library's status as ours; its sentence is ours already. */
enum status listen_status(enum earshot_status status) MUST_CHECK;

#endif
