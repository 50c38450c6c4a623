/* The catalog as the service keeps it: models and networks with the extractors that make their features, held by
 * the service while it is the newest, and by whoever asks. */
#ifndef SHELF_H
#define SHELF_H

#include "service/extractor.h"
#include "service/service.h"

struct item {
    char *name, *path; /* owned; path NULL: a bare network */
    struct model model;
    struct extractor *extractor; /* held */
};

struct shelf {
    struct catalog catalog; /* first, so that either is found from the other */
    struct served *served;  /* [catalog.count] */
    struct item *items;     /* [catalog.count] */
    int n_holders;
    struct shelf *next; /* among those that nobody holds any more */
};

static inline struct shelf *shelf_of(const struct catalog *catalog)
{
    return (struct shelf *)(void *)catalog;
}

/* What the options name; held once. Called without the backend, as extractors_find. ERR_USAGE: two of one name. */
enum status shelf_open(struct shelf **out, struct extractors *extractors,
                       const struct service_options *options) MUST_CHECK;
/* The same with all model files read again, under the same names. is_over, asked before each of them: ERR_STOPPED. */
enum status shelf_open_again(struct shelf **out, struct extractors *extractors, const struct shelf *before,
                             int (*is_over)(void *keeper)) MUST_CHECK;
/* When the last holder lets go; its extractors may become unused. Needs the backend. */
void shelf_close(struct shelf *shelf, struct extractors *extractors);

/* The item of an entry, NULL where it is none of the shelf's. */
const struct item *shelf_item(const struct shelf *shelf, const struct served *served);
/* The group that an ask names (NULL: the only one). ERR_USAGE lists the groups. */
enum status item_group(const struct item *item, const char *words, const struct model_group **out) MUST_CHECK;

#endif
