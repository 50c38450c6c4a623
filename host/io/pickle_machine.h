/* A pickle is a program for a small stack machine. This is that machine, as far as a table of tensors needs
 * it: values of eight kinds, which live in one array and name each other by their place in it, so that
 * nothing is copied and no cycle can do harm. All arrays grow at most by a constant per byte of the pickle.
 * torch_pickle.c runs it. */
#ifndef PICKLE_MACHINE_H
#define PICKLE_MACHINE_H

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

enum kind { NOTHING, NUMBER, TEXT, NAME, TUPLE, TABLE, STORAGE, TENSOR };

/* The names that may be asked for; torch_pickle.c knows what they stand for, no code is ever looked up. */
enum name { ORDERED_DICT, REBUILD_TENSOR, REBUILD_PARAMETER, FLOATS, HALVES, BFLOATS, LONGS, N_NAMES };

struct value {
    enum kind kind;
    int64_t number;   /* NUMBER; NAME: enum name; STORAGE: its elements; TENSOR: its offset in elements */
    const char *text; /* TEXT, and STORAGE: its key; inside the pickle, no zero at its end */
    int length;
    int first, count;            /* TUPLE: its items; TABLE: its first and last pair, -1 for none */
    int storage, shape, strides; /* TENSOR: values */
    enum name type;              /* STORAGE */
};

struct pair {
    int key, value, next; /* values, and the next pair of the same table or -1 */
};

struct ints {
    int *data;
    size_t count, capacity;
};

struct machine {
    const unsigned char *bytes;
    size_t size, at;
    struct value *values;
    size_t n_values, values_capacity;
    struct pair *pairs;
    size_t n_pairs, pairs_capacity;
    struct ints items; /* of all tuples */
    struct ints memo;  /* values that were numbered */
    struct ints stack; /* values and marks */
};

void machine_release(struct machine *m);

/* All fail with ERR_INPUT where the pickle is cut off or asks for what cannot be. */
enum status machine_bytes(struct machine *m, size_t count, const unsigned char **bytes) MUST_CHECK;
enum status machine_push(struct machine *m, struct value value) MUST_CHECK;
enum status machine_push_value(struct machine *m, int value) MUST_CHECK; /* one that exists */
enum status machine_push_mark(struct machine *m) MUST_CHECK;
enum status machine_pop_kind(struct machine *m, enum kind kind, int *value) MUST_CHECK;

/* Opcodes; what follows them is taken from the pickle. */
enum status machine_push_number(struct machine *m, size_t bytes) MUST_CHECK; /* BININT… */
enum status machine_push_long(struct machine *m) MUST_CHECK;                 /* LONG1 */
enum status machine_push_text(struct machine *m) MUST_CHECK;                 /* BINUNICODE */
enum status machine_push_name(struct machine *m) MUST_CHECK;                 /* GLOBAL */
enum status machine_remember(struct machine *m, size_t bytes) MUST_CHECK;    /* BINPUT… */
enum status machine_recall(struct machine *m, size_t bytes) MUST_CHECK;      /* BINGET… */
enum status machine_push_marked_tuple(struct machine *m) MUST_CHECK;         /* TUPLE */
enum status machine_push_short_tuple(struct machine *m, size_t count) MUST_CHECK;
enum status machine_push_table(struct machine *m) MUST_CHECK; /* EMPTY_DICT */
enum status machine_set_item(struct machine *m) MUST_CHECK;   /* SETITEM */
enum status machine_set_items(struct machine *m) MUST_CHECK;  /* SETITEMS */

/* Item `i` of a tuple, which must be there and of that kind. */
enum status machine_tuple_item(const struct machine *m, int tuple, int i, enum kind kind,
                               int *item) MUST_CHECK;

#endif
