/* Several detectors as one: "fuse:gmm+knn". Each member's scores are brought to mean 0 and deviation 1 over what it says of
 * normal recordings that it has not seen (crossfit.h), and a row's score is the mean over the members. */
#ifndef FUSE_H
#define FUSE_H

#include "detect/detector.h"

enum { FUSE_MOST = 8 };

struct fuse_settings {
    int folds, seed;
    int n_members;
    const struct detector *members[FUSE_MOST];
    const void *settings[FUSE_MOST]; /* of the members; borrowed. Their seeds are replaced by `seed` */
};

extern const struct option fuse_options[]; /* of struct fuse_settings */

/* A detector that is called `name`, and its members: at least two, each once. ERR_USAGE: a name that is none. The caller owns
 * both and keeps them as long as models of it live (fuse_free). `name` that is no fusion: *out is NULL. */
struct fusion {
    struct detector detector; /* its name is `name` */
    char name[128];
    int n_members;
    const struct detector *members[FUSE_MOST];
};
enum status fuse_new(const char *name, struct fusion **out) MUST_CHECK;
void fuse_free(struct fusion **fusion);

#endif
