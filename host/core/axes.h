/* Options that were given several values, "16,32": the axes of a sweep. A combination takes one value of each;
 * options_apply then fills the settings as if those alone had been given. */
#ifndef AXES_H
#define AXES_H

#include "core/options.h"

struct axis {
    const char *name; /* of the option */
    char **values;    /* [n_values] owned; cut from what was given */
    int n_values;
    size_t place; /* among options->values */
    char *given;  /* what stood there: "16,32" */
};

struct axes {
    struct options *options;
    struct axis *items; /* [count] in the order in which they were given; the last changes fastest */
    size_t count, capacity;
};

/* Cuts the values of the options in `sets` at their commas; of an option that was given more than once only the
 * strongest source's last value stays. `options` was collected, not yet applied, and must outlive the axes.
 * An empty value between commas is ERR_USAGE. Release them whatever came. */
enum status axes_init(struct axes *axes, struct options *options, const struct option_set *sets,
                      int n_sets) MUST_CHECK;
/* Puts back what was given. Texts of settings that were applied from a combination end here. */
void axes_release(struct axes *axes);

/* The product of all axes; 1 where there is none, LLONG_MAX where it is larger than that. */
long long axes_combinations(const struct axes *axes);

/* Puts combination number 0 … axes_combinations - 1 in place: options_apply comes next. */
void axes_choose(struct axes *axes, long long combination);

/* The value that the axis has in that combination. */
const char *axes_value(const struct axes *axes, size_t axis, long long combination);

#endif
