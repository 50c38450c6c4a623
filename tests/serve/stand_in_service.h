/* A service that computes nothing: what stands behind service.h in tests of HTTP alone, so that a full queue, a
 * deadline or a client who has gone can be had at will, and what HTTP itself costs can be measured. Its features are
 * made of the bytes of the sounds: row p, column c of sound s holds the sum of its bytes, plus p + c / 8. */
#ifndef STAND_IN_SERVICE_H
#define STAND_IN_SERVICE_H

#include "service/service.h"

enum { STAND_IN_COLUMNS = 8, STAND_IN_PATCHES = 3 };

struct stand_in_options {
    int threads;    /* that answer; 0: whoever asks does */
    double delay_s; /* that each ask takes */
    int most;       /* asks that wait at most */
};

/* Serves "machine" (a model of the groups fan,id_00 and fan,id_02, which decides), "single" (of one group) and "bare"
 * (a network). */
enum status stand_in_open(struct service **out, const struct stand_in_options *options) MUST_CHECK;
void stand_in_close(struct service **service);
/* What sound s of an ask says as its score. */
double stand_in_sum(const struct sound *sound);

#endif
