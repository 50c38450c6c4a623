/* How often an address may ask: a bucket for each, which fills with `rate` tokens a second and holds two seconds of
 * them (one token at least); a request takes one. The addresses that asked last are remembered, so that what it takes
 * is bounded. */
#ifndef TOKEN_BUCKET_H
#define TOKEN_BUCKET_H

#include "core/status.h"

struct buckets;

enum status buckets_open(struct buckets **out, double rate) MUST_CHECK;
void buckets_close(struct buckets **buckets);

/* 0: there is no token, and the next one comes in *retry_after_s. IPv6 addresses of one /64 are one. */
int buckets_take(struct buckets *buckets, const char *address, double now_s, int *retry_after_s);

#endif
