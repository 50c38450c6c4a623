/* The plain endpoints: one recording, as the field `file` of a form or as the whole body. */
#ifndef PLAIN_SOUND_H
#define PLAIN_SOUND_H

#include "http/exchange.h"

/* Asks for `wants` of the recording: query `model` (may be left out where there is one), `group`. */
enum status plain_ask(struct exchange *exchange, unsigned wants) MUST_CHECK;

/* What is to be told with an answer: an array of sentences. */
json_t *plain_warnings(const struct exchange *exchange, const struct heard *heard);

#endif
