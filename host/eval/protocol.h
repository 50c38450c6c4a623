/* Protocols: how the recordings of a group are shared out, and the official files that tell what came of it
 * (docs/protocols.md). */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include "eval/groups.h"
#include "eval/official.h"

struct split_request {
    const int *is_abnormal; /* [n_units] labels as they are taken: of the group, or shuffled */
    int held_out;           /* normal recordings at most, where the protocol lets one choose */
    uint64_t seed;
};

struct protocol {
    const char *name, *summary; /* "dcase2020", one line for --help */
    const char *recipe;         /* sentences for the report; of the paper's, its numbers are asked for */
    int is_random;              /* 1: each seed makes another split; 0: only what detectors draw differs */
    int is_official;            /* 1: groups come from groups_init_official */
    int decides;                /* 1: its files hold decisions, so each fit needs a threshold (threshold.h) */
    /* side [n_subjects]; too few recordings: ERR_INPUT. */
    enum status (*split)(const struct group *group, const struct split_request *request, enum side *side,
                         struct split_counts *counts) MUST_CHECK;
    /* The files that the challenge or its baseline writes, into a folder that is there; NULL: it has none. */
    enum status (*write)(const char *folder, const struct official_section *sections, int n) MUST_CHECK;
};

extern const struct protocol protocol_paper;

/* Their names in the list's order, for an option. */
#define PROTOCOL_CHOICES "paper|mimii-baseline|dcase2020|dcase"

const struct protocol *protocol_number(int i); /* NULL at the end */

#endif
