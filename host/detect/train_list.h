/* --train-list: the recordings to learn from, one path a line, as it is stored, relative to the working
 * folder, or absolute. */
#ifndef TRAIN_LIST_H
#define TRAIN_LIST_H

#include "io/dataset.h"

struct train_list {
    struct train_name {
        char *text; /* owned: the line, or the absolute path that it means */
        int line;   /* counted from 0 */
    } * names;      /* sorted by text */
    size_t count, capacity;
    char *used; /* [n_lines] whether some recording was named so */
    int n_lines;
};

/* ERR_INPUT: the file cannot be read, or names nothing. */
enum status train_list_init(struct train_list *list, const char *path) MUST_CHECK;
void train_list_release(struct train_list *list);

/* Whether the recording is named; remembers the line. */
enum status train_list_has(struct train_list *list, const struct recording *recording, int *has) MUST_CHECK;

/* Lines that named no recording so far; *first is one of them (NULL: none). */
int train_list_unused(const struct train_list *list, const char **first);

#endif
