/* What `show` tells of each kind of file. */
#ifndef SHOW_H
#define SHOW_H

#include "core/attributes.h"
#include "io/json_text.h"

#include <jansson.h>

/* Opens the file, prints what it is, or, where json is not NULL, makes it one object. ERR_INPUT. */
enum status show_features(const char *path, int is_part, json_t **json) MUST_CHECK;
enum status show_model(const char *path, json_t **json) MUST_CHECK;

/* Name and value of each, one a line. */
void show_attributes(const struct attributes *attributes);
json_t *show_attributes_json(const struct attributes *attributes);

/* RANDOM WEIGHTS and which, where the file rests on them. */
void show_random_weights(const struct attributes *attributes);

#endif
