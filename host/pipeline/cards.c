#include "pipeline/cards.h"

#include <stdlib.h>
#include <string.h>

static enum status open_card(struct cards *cards, const struct setup *setup, int number)
{
    const struct backend_ops *ops = setup->backend->ops;
    const struct backend_options options = { .device = number, .threads = 1 };
    REQUIRE(cards->n < MOST_CARDS, ERR_USAGE, "--devices: more than %d cards", MOST_CARDS);
    struct backend *card;
    TRY(ops->open(&card, &options));
    cards->backend[cards->n++] = card;
    REQUIRE(strcmp(ops->device(card), ops->device(setup->backend)) == 0, ERR_DEVICE,
            "--devices: card %d is %s, --device is %s; the cards of one file are of one model", number,
            ops->device(card), ops->device(setup->backend));
    return OK;
}

static enum status open_all(struct cards *cards, const struct setup *setup)
{
    struct card_list list;
    TRY(setup->backend->ops->cards(&list));
    for (int i = 0; i < list.n; i++)
        if (!list.card[i].reason[0]) TRY(open_card(cards, setup, i));
    return OK;
}

static enum status open_listed(struct cards *cards, const struct setup *setup, const char *list)
{
    const char *at = list;
    do {
        char *end;
        const long number = strtol(at, &end, 10);
        REQUIRE(*at >= '0' && *at <= '9' && number < 1024 && (*end == ',' || !*end), ERR_USAGE,
                "--devices %s: numbers with commas between or all expected", list);
        TRY(open_card(cards, setup, (int)number));
        at = *end ? end + 1 : NULL;
    } while (at);
    return OK;
}

static enum status open_cards(struct cards *cards, const struct setup *setup, const char *list)
{
    REQUIRE(setup->backend->ops->cards, ERR_USAGE, "--devices: the backend %s does not compute on cards",
            setup->backend->ops->name);
    return strcmp(list, "all") == 0 ? open_all(cards, setup) : open_listed(cards, setup, list);
}

enum status cards_init(struct cards *cards, const struct setup *setup, const char *list)
{
    *cards = (struct cards){ 0 };
    if (list) return open_cards(cards, setup, list);
    cards->is_borrowed = 1;
    cards->backend[cards->n++] = setup->backend;
    return OK;
}

void cards_release(struct cards *cards)
{
    for (int i = 0; i < cards->n && !cards->is_borrowed; i++)
        cards->backend[i]->ops->close(&cards->backend[i]);
    *cards = (struct cards){ 0 };
}
