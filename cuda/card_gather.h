/* Where fits that run side by side meet on a card: each brings its next piece of work and waits, and once all that are
 * at work wait, one sequence of launches does everybody's. So fits are written as if each were alone (host/detect), and
 * the number of launches of an iteration is the same for one fit and for sixty-four. Fits that are at different works
 * take a sequence each. A fit's bits do not depend on who else has come (mixture_batch.h). */
#ifndef CARD_GATHER_H
#define CARD_GATHER_H

#include "backend/plugin.h"
#include "cuda/card_store.h"
#include "mixture_batch.h"
#include "mixture_seed.h"

enum { CARD_BATCH_FITS = PLUGIN_CUDA_ABREAST }; /* in one sequence, at most */

enum card_work {
    CARD_START,      /* labels → parameters, the means having been 0  */
    CARD_START_SOFT, /* the same from responsibilities                */
    CARD_STEP,
    CARD_SCORE,
    CARD_PREPARE,
    CARD_STEP_PREPARED,
    CARD_SCORE_PREPARED,
    CARD_LLOYD,
    CARD_SEED,
    CARD_WORKS
};

/* A fit's next piece of work; what it needs has been put into the gather's stream before. */
struct card_request {
    enum card_work work;
    struct mixture_fit fit;        /* of CARD_SEED: the trials */
    struct mixture_seed seed;      /* of CARD_SEED */
    double *log_determinants;      /* out [components] of CARD_PREPARE; NULL: not asked for */
    double lower_bound, entropy;   /* out of an E step */
    int bad_component, bad_column; /* out of a preparation: the first that has no spread, and where; or -1 */
    enum status status;            /* out, with its sentence */
    char sentence[512];
    int is_done;
    struct card_request *next; /* of those that wait */
};

struct card_gather;

/* ERR_DEVICE, ERR_MEMORY. Everybody who shares it closes it once; the last one takes it away. */
enum status card_gather_open(struct card_gather **out, int number) MUST_CHECK;
struct card_gather *card_gather_share(struct card_gather *gather); /* NULL for NULL */
void card_gather_close(struct card_gather **gather);               /* NULL is fine */

/* Makes the card the calling thread's. */
enum status card_gather_enter(const struct card_gather *gather) MUST_CHECK;
cudaStream_t card_gather_stream(const struct card_gather *gather);
struct card_store *card_gather_store(struct card_gather *gather);

/* Room for the results of one more fit of so many components, before it brings any work; and of one less. */
enum status card_gather_join(struct card_gather *gather, int components) MUST_CHECK;
void card_gather_part(struct card_gather *gather, int components);

/* So many more tasks are at work, each on a thread of its own; negative: so many have ended. Where none are, work is
 * done as it comes. */
void card_gather_expect(struct card_gather *gather, int n);

/* Brings work and waits until it is done; also until the stream is. */
enum status card_gather_do(struct card_gather *gather, struct card_request *request) MUST_CHECK;

#endif
