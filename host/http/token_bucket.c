#include "http/token_bucket.h"

#include "core/memory.h"

#include <arpa/inet.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

/* A place for an address is one of a few neighbours, of which the one that was asked longest ago gives way. */
enum { PLACES = 4096, NEIGHBOURS = 8, BURST_S = 2 };

struct bucket {
    unsigned char address[16];
    double tokens, at_s; /* at_s 0: free */
};

struct buckets {
    double rate, most;
    pthread_mutex_t lock;
    struct bucket places[PLACES];
};

enum status buckets_open(struct buckets **out, double rate)
{
    struct buckets *buckets = memory_new(1, sizeof *buckets);
    *out = buckets;
    TRY(memory_check(buckets));
    buckets->rate = rate;
    buckets->most = rate * BURST_S > 1 ? rate * BURST_S : 1;
    pthread_mutex_init(&buckets->lock, NULL);
    return OK;
}

void buckets_close(struct buckets **buckets)
{
    if (*buckets) pthread_mutex_destroy(&(*buckets)->lock);
    memory_free(*buckets);
    *buckets = NULL;
}

/* IPv4 in the first bytes, IPv6 without what one customer may choose. */
static void parse(const char *address, unsigned char out[16])
{
    memset(out, 0, 16);
    if (inet_pton(AF_INET, address, out + 8) == 1) return;
    if (inet_pton(AF_INET6, address, out) == 1) memset(out + 8, 0, 8);
}

static unsigned hash_of(const unsigned char address[16])
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (int i = 0; i < 16; i++) hash = (hash ^ address[i]) * 16777619u;
    return hash ^ hash >> 16;
}

static struct bucket *find(struct buckets *buckets, const unsigned char address[16])
{
    const unsigned first = hash_of(address);
    struct bucket *oldest = NULL;
    for (unsigned i = 0; i < NEIGHBOURS; i++) {
        struct bucket *bucket = &buckets->places[(first + i) % PLACES];
        if (bucket->at_s > 0 && memcmp(bucket->address, address, 16) == 0) return bucket;
        if (!oldest || bucket->at_s < oldest->at_s) oldest = bucket;
    }
    memcpy(oldest->address, address, 16);
    oldest->tokens = buckets->most;
    oldest->at_s = 0;
    return oldest;
}

int buckets_take(struct buckets *buckets, const char *address, double now_s, int *retry_after_s)
{
    unsigned char bytes[16];
    parse(address, bytes);
    pthread_mutex_lock(&buckets->lock);
    struct bucket *bucket = find(buckets, bytes);
    if (bucket->at_s > 0) bucket->tokens += buckets->rate * (now_s - bucket->at_s);
    if (bucket->tokens > buckets->most) bucket->tokens = buckets->most;
    bucket->at_s = now_s;
    const int has_token = bucket->tokens >= 1;
    if (has_token) bucket->tokens -= 1;
    *retry_after_s = has_token ? 0 : (int)ceil((1 - bucket->tokens) / buckets->rate);
    pthread_mutex_unlock(&buckets->lock);
    return has_token;
}
