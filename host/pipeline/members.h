/* Several ways to compute features of the same decoded recordings, and what they share:
 *
 *   picked    the patches are every k-th of another member's (setup_is_within): rows are copied
 *   tapped    the layer is on the way to another member's (setup_is_tapped): one pass of the network gives both
 *   computed  by a line of its own
 *
 * What is shared changes no bit. */
#ifndef MEMBERS_H
#define MEMBERS_H

#include "pipeline/batch.h"
#include "pipeline/lines.h"

/* All members of a work hear alike (setup_hears_alike). */
struct member {
    const struct setup *setup;
    int closer; /* the member that it can be picked out of; -1: none */
    int deeper; /* the member that it can be tapped from, which has neither of both itself; -1: none */
};

/* Which recordings batch number i of n holds, and which members it is computed for. */
struct span {
    int first, count;
    const char *is_wanted; /* [n_members] */
};

struct work {
    const struct member *members; /* [n_members] */
    int n_members;
    const struct dataset *dataset;
    const struct span *spans; /* [n_spans] */
    int n_spans;
    struct quarantine *quarantine; /* batch_decode */
};

/* What comes with a member's features: layers, and whose they are. */
struct taps {
    int *layers, *members;  /* [n] owned */
    struct batch **batches; /* [n_lanes][n] owned: where they go in the span at work */
    int n;
};

struct members {
    struct work work;
    struct lines *lines; /* [n_members] owned; none of a member whose features always come with another's */
    struct taps *taps;   /* [n_members] owned */
    int n_lanes;
};

/* Fills closer and deeper, whose setups are set: of those it could be picked out of, the one with the closest
 * patches; of those it could be tapped from, the deepest. */
enum status members_find_shares(struct member *members, int n) MUST_CHECK;

/* Fills a struct the caller owns; opens a line of each member that has to compute on each of lanes[n_lanes]. All that
 * `work` points to is borrowed until members_release. */
enum status members_init(struct members *members, const struct work *work, struct backend *const *lanes,
                         int n_lanes) MUST_CHECK;
void members_release(struct members *members); /* half-open ones are fine */

/* Features of a decoded batch for those that want it, into batches [n_members]. A lane is one thread's. */
enum status members_compute(const struct members *members, const struct span *span,
                            const struct batch *decoded, struct batch *batches, int lane) MUST_CHECK;

#endif
