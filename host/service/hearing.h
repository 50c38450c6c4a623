/* An ask that was taken, and each of its sounds on the way: decoded by a decoder thread, computed in a batch with
 * others, scored, told. What is not said to be of the service's lock is one thread's at a time. */
#ifndef HEARING_H
#define HEARING_H

#include "service/shelf.h"

struct asking {
    struct ask *ask;
    struct shelf *shelf; /* held */
    const struct item *item;
    const struct model_group *group; /* NULL: no scores are asked for */
    int is_waited_for;               /* by service_ask_and_wait */
    /* of the service's lock */
    int n_left; /* sounds that are under way */
    int is_answered;
};

struct hearing {
    struct asking *asking;
    int number;           /* of the ask's sounds */
    struct batch decoded; /* its rows; the buffers are kept from sound to sound */
    double since;         /* clock_seconds() when it came to where it waits */
    double decode_s, queue_s;
    struct hearing *next;
};

struct extractor *hearing_extractor(const struct hearing *hearing);
/* Whether nothing but a spectrogram is wanted. */
int hearing_is_picture(const struct hearing *hearing);
/* Bytes of its samples. */
size_t hearing_bytes(const struct hearing *hearing);

/* ERR_TIMEOUT: the deadline passed, or nobody wants it any more. */
enum status hearing_check(const struct hearing *hearing) MUST_CHECK;
/* Sound → rows that are cut. ERR_INPUT, ERR_POISON: it cannot be used. most_seconds 0: no limit. */
enum status hearing_decode(struct hearing *hearing, struct decode_pool *helpers,
                           double most_seconds) MUST_CHECK;

/* Where the rows of a sound begin in a batch that was computed. */
struct hearing_place {
    size_t row, patch, frame;
};
/* What the batch says of it → the ask's heard; `place` moves behind its rows. */
enum status hearing_tell(const struct hearing *hearing, const struct batch *batch,
                         struct hearing_place *place) MUST_CHECK;

/* Frees the buffers of a sound that was longer than usual. */
void hearing_shrink(struct hearing *hearing);
void hearing_free(struct hearing **hearing);

#endif
