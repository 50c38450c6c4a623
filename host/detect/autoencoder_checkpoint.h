/* An unfinished training of an autoencoder as a file (detect/checkpoint.h). Beside what says which training
 * it is of:
 *
 *   /autoencoder    as in a model file; `epochs` are those that are done
 *   /adam           first_moment, second_moment [n_parameters] float32; attribute steps */
#ifndef AUTOENCODER_CHECKPOINT_H
#define AUTOENCODER_CHECKPOINT_H

#include "detect/autoencoder.h"
#include "detect/autoencoder_adam.h"

/* The file's place is taken at once: a process that is killed leaves the one before. */
enum status autoencoder_keep(const struct autoencoder *ae, const struct adam *adam, const char *path,
                             const struct attributes *training) MUST_CHECK;

/* ERR_INPUT where the file cannot be used, more than `most_epochs` included; then neither ae nor adam has
 * changed. */
enum status autoencoder_resume(struct autoencoder *ae, struct adam *adam, const char *path,
                               const struct attributes *training, int most_epochs) MUST_CHECK;

#endif
