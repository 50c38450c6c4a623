#include "cli/trial_options.h"

#include <stddef.h>

#define FIELD(name) .offset = offsetof(struct trial_options, name)

static const struct option split_options[] = {
    { .name = "seeds",
      .type = OPTION_INTEGER,
      FIELD(seeds),
      .standard = "5",
      .low = 1,
      .high = 10000,
      .metavar = "N",
      .help = "splits of each group; of a protocol that has one split, the detectors' seeds" },
    { .name = "seed",
      .type = OPTION_INTEGER,
      FIELD(seed),
      .standard = "0",
      .low = 0,
      .high = 2000000000,
      .metavar = "N",
      .help = "of the first split and its detectors; the next ones count on" },
    { .name = "held-out",
      .type = OPTION_INTEGER,
      FIELD(held_out),
      .standard = "150",
      .low = 1,
      .high = 1e9,
      .metavar = "N",
      .help =
          "normal recordings held out of each group at most; never more than it has abnormal ones, or half "
          "of its normal ones" },
    { .name = "shuffle-labels",
      .type = OPTION_FLAG,
      FIELD(shuffle_labels),
      .standard = "0",
      .help = "permute the labels at random: a check that AUCs then lie near 0.5" },
    { 0 },
};

void trial_options_init(struct trial_options *options, struct option_set *sets, int *n_sets)
{
    sets[(*n_sets)++] = (struct option_set){ split_options, options, "Splits" };
    sets[(*n_sets)++] =
        (struct option_set){ preparation_options, &options->preparation, "Before the detector" };
    sets[(*n_sets)++] = (struct option_set){ pooler_options, &options->pooler, "After the detector" };
}

enum status trial_options_fill(const struct trial_options *options, struct evaluate_options *out)
{
    out->n_seeds = options->seeds;
    out->seed = options->seed;
    out->held_out = options->held_out;
    out->is_shuffled = options->shuffle_labels;
    out->preparation = options->preparation;
    TRY(preparation_check(&options->preparation, 0));
    return pooler_parse(options->pooler.pool, &out->pooler);
}
