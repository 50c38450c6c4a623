/* The rows of the option table that all mixtures share; their settings begin with a struct gmm_settings. What
 * --tol compares differs: its sentence is the argument. */
#ifndef GMM_OPTIONS_H
#define GMM_OPTIONS_H

#include "detect/gmm.h"

#include <stddef.h>

#define GMM_OPTIONS(tol_help)                                    \
    { .name = "components",                                      \
      .type = OPTION_INTEGER,                                    \
      .offset = offsetof(struct gmm_settings, components),       \
      .standard = "80",                                          \
      .low = 1,                                                  \
      .high = 65536,                                             \
      .alias = "n-components",                                   \
      .metavar = "K",                                            \
      .help = "Gaussians in the mixture",                        \
      .shapes = 1 },                                             \
        { .name = "covariance",                                  \
          .type = OPTION_CHOICE,                                 \
          .offset = offsetof(struct gmm_settings, covariance),   \
          .standard = "diag",                                    \
          .choices = "diag|full",                                \
          .alias = "covariance-type",                            \
          .metavar = "TYPE",                                     \
          .help = "shape of each Gaussian",                      \
          .shapes = 1 },                                         \
        { .name = "tol",                                         \
          .type = OPTION_REAL,                                   \
          .offset = offsetof(struct gmm_settings, tol),          \
          .standard = "1e-3",                                    \
          .low = 0,                                              \
          .high = 1e9,                                           \
          .metavar = "NATS",                                     \
          .help = tol_help,                                      \
          .shapes = 1 },                                         \
        { .name = "reg-covar",                                   \
          .type = OPTION_REAL,                                   \
          .offset = offsetof(struct gmm_settings, reg_covar),    \
          .standard = "1e-6",                                    \
          .low = 0,                                              \
          .high = 1e9,                                           \
          .metavar = "V",                                        \
          .help = "added to every variance",                     \
          .shapes = 1 },                                         \
        { .name = "max-iter",                                    \
          .type = OPTION_INTEGER,                                \
          .offset = offsetof(struct gmm_settings, max_iter),     \
          .standard = "150",                                     \
          .low = 1,                                              \
          .high = 1000000,                                       \
          .metavar = "N",                                        \
          .help = "iterations at most",                          \
          .shapes = 1 },                                         \
        { .name = "n-init",                                      \
          .type = OPTION_INTEGER,                                \
          .offset = offsetof(struct gmm_settings, n_init),       \
          .standard = "1",                                       \
          .low = 1,                                              \
          .high = 10000,                                         \
          .metavar = "N",                                        \
          .help = "starts, of which the best is kept",           \
          .shapes = 1 },                                         \
        { .name = "init",                                        \
          .type = OPTION_CHOICE,                                 \
          .offset = offsetof(struct gmm_settings, init),         \
          .standard = "kmeans",                                  \
          .choices = "kmeans|k-means++|random|random_from_data", \
          .alias = "init-params",                                \
          .metavar = "HOW",                                      \
          .help = "where a start comes from",                    \
          .shapes = 1 },                                         \
        DETECTOR_SEED(struct gmm_settings)

#endif
