/* What one extraction has to do, frozen beside its output when it first starts: F.h5.parts/plan.json holds
 * the options and the sorted list of recordings. The list is cut into parts of shard_size recordings; a part
 * is the unit of commit, of resume and of sharing out. Going on under other options or with another list is
 * refused. */
#ifndef PLAN_H
#define PLAN_H

#include "io/features.h"

struct plan {
    char *output;                     /* F.h5 */
    char *folder;                     /* F.h5.parts */
    const struct dataset *dataset;    /* borrowed */
    const struct attributes *options; /* borrowed: the provenance of every part */
    int shard_size, n_parts;
    int shard, n_shards;        /* this run takes the parts k with k mod n_shards = shard */
    char *is_complete;          /* [n_parts] */
    struct merge_result counts; /* of the complete parts that are this run's share, as they were found */
};

/* Makes the folder and plan.json, or compares with the one that is there: other options or another list
 * (paths, folders, groups, labels) are ERR_USAGE naming the first difference, and so are damaged parts and
 * parts without a plan, unless `overwrite` removes what is there. Then looks which parts are complete; those
 * that are not this run's share are not opened.
 * `shard` as for plan_set_shard, looked at before anything is touched. */
enum status plan_init(struct plan *plan, const char *output, const struct dataset *dataset,
                      const struct attributes *options, int shard_size, const char *shard,
                      int overwrite) MUST_CHECK;
void plan_release(struct plan *plan);

/* "i/n", or "auto": a Slurm array's or an indexed Kubernetes job's task. NULL: everything. ERR_USAGE
 * otherwise. */
enum status plan_set_shard(struct plan *plan, const char *shard) MUST_CHECK;

/* "part i of n", counted from 0, as the first line of the log: which share of the work this is. ERR_USAGE as above. */
enum status plan_tell_shard(const char *shard) MUST_CHECK;

int plan_is_mine(const struct plan *plan, int part);

/* The first recording of a part, and how many it holds. */
int plan_first(const struct plan *plan, int part);
int plan_count(const struct plan *plan, int part);

int plan_n_complete(const struct plan *plan);

#endif
