/* The cards that one extraction is shared out to: the setup's own, or those of --devices. */
#ifndef CARDS_H
#define CARDS_H

#include "pipeline/setup.h"

enum { MOST_CARDS = sizeof((struct card_list){ 0 }.card) / sizeof(struct card) };

struct cards {
    struct backend *backend[MOST_CARDS];
    int n, is_borrowed; /* 1: the setup's */
};

/* list: numbers as --device takes them, "0,1"; "all": whatever can be used; NULL: the setup's own. All are of one
 * model, since a file has one. ERR_USAGE, ERR_DEVICE. */
enum status cards_init(struct cards *cards, const struct setup *setup, const char *list) MUST_CHECK;
void cards_release(struct cards *cards);

#endif
