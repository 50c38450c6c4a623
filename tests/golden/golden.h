/* Golden files in C: open one, take arrays from it, run a line of a backend, and say how far off it was. */
#ifndef GOLDEN_H
#define GOLDEN_H

#include "test.h"

#include "backend/backend.h"
#include "io/store.h"

/* tests/golden/<name>; fails the test where it cannot be opened. Close with store_close. */
struct store *golden_open(const char *name);

/* A whole array of the file, [rows][columns] (a vector has one column); owned by the caller (memory_free).
 * rows and columns may be NULL. Fails the test where it is not there. */
float *golden_floats(struct store *golden, int *rows, int *columns, const char *name, ...)
    __attribute__((format(printf, 4, 5)));
int *golden_integers(struct store *golden, int *rows, int *columns, const char *name, ...)
    __attribute__((format(printf, 4, 5)));
double *golden_doubles(struct store *golden, int *n, const char *name, ...)
    __attribute__((format(printf, 3, 4)));
int16_t *golden_samples(struct store *golden, int *n_samples, const char *name, ...)
    __attribute__((format(printf, 3, 4)));

/* Attributes of a group of the file. */
struct attributes golden_attributes(struct store *golden, const char *name, ...)
    __attribute__((format(printf, 2, 3)));

/* A real or an integer attribute; fails the test where there is none. */
double golden_number(const struct attributes *attributes, const char *name);

/* Calls `visit` with the name of each member of a group that has members itself, or of each one. */
void golden_each(struct store *golden, const char *group,
                 void (*visit)(struct store *golden, const char *member));

/* |found − expected| / max(1, |expected|). */
double relative_error(double found, double expected);
double largest_value(const float *values, size_t n);
double largest_error(const float *found, const float *expected, size_t n);

/* The largest error that a program saw of one kind; a new object starts at 0. golden_report prints
 * "largest error: what value" and fails the test where it is above the tolerance (or no number). */
struct worst {
    double error;
};
void worst_add(struct worst *worst, double error);
void golden_report(const char *what, const struct worst *worst, double tolerance);

/* The backends that are held to the golden files: "ref", "cpu" on the best instruction set, "cpu" on the
 * generic one. */
enum { N_VERSIONS = 3 };
extern const char *const version_names[N_VERSIONS];
struct backend *version_open(int version);

/* A network whose first three channels are its picture: a 1 × 1 convolution that copies. It stays where it
 * was initialised; nothing is to be released. */
enum { COPY_CHANNELS = 8 };
struct copy_net {
    struct net net;
    struct weights weights;
    float weight[COPY_CHANNELS * 3], bias[COPY_CHANNELS];
};
void copy_net_init(struct copy_net *copy, int input_size);

/* Runs one line from samples to features and returns them, [patches][line_columns], owned by the caller;
 * decibel (NULL: not asked for) takes the clips' dB. */
float *line_features(struct backend *backend, const struct line_spec *spec, const struct clip *clips,
                     int n_clips, float *decibel);

#endif
