/* Cards that plans are asked for, described as cuDNN wants it, from published figures. */
#ifndef PLAN_CARDS_H
#define PLAN_CARDS_H

#include <stddef.h>

struct plan_card {
    const char *name;  /* what a test is called, "a100" */
    const char *title; /* what the driver calls it */
    int capability;    /* 10 × major.minor × 10: 750 */
    int multiprocessors, boost_mhz, memory_mhz, l2_mib, memory_gib;
    int block_shared_kib; /* most that one block may ask for */
    int blocks, threads;  /* that a multiprocessor holds at once */
};

const struct plan_card *plan_card_number(int i); /* NULL at the end */
const struct plan_card *plan_card_find(const char *name);

/* The JSON of CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION. */
void plan_card_json(const struct plan_card *card, char *json, size_t size);

#endif
