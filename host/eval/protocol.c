#include "eval/protocol.h"

#include <string.h>

static struct split_set set_of(const struct group *group, const struct split_request *request)
{
    return (struct split_set){ group->unit, group->n_subjects, request->is_abnormal, group->n_units };
}

static enum status split_by_paper(const struct group *group, const struct split_request *request,
                                  enum side *side, struct split_counts *counts)
{
    const struct split_set set = set_of(group, request);
    return split_paper(&set, request->held_out, request->seed, side, counts);
}

static enum status split_by_path(const struct group *group, const struct split_request *request,
                                 enum side *side, struct split_counts *counts)
{
    const struct split_set set = set_of(group, request);
    return split_first(&set, side, counts);
}

static enum side side_of(const struct subject *subject)
{
    const char *folder = subject->rows[0]->of.split;
    if (strcmp(folder, "test") == 0) return SIDE_TEST;
    return strcmp(folder, "train") == 0 && subject->is_abnormal == 0 ? SIDE_TRAIN : SIDE_NONE;
}

static enum status split_by_folder(const struct group *group, const struct split_request *request,
                                   enum side *side, struct split_counts *counts)
{
    *counts = (struct split_counts){ 0 };
    for (int s = 0; s < group->n_subjects; s++) {
        const int label = request->is_abnormal[group->unit[s]];
        side[s] = side_of(&group->subjects[s]);
        counts->n_train += side[s] == SIDE_TRAIN;
        counts->n_normal += side[s] == SIDE_TEST && label == 0;
        counts->n_abnormal += side[s] == SIDE_TEST && label == 1;
        counts->n_unlabeled += side[s] == SIDE_TEST && label == LABEL_UNKNOWN;
    }
    const int n_tested = counts->n_normal + counts->n_abnormal + counts->n_unlabeled;
    REQUIRE(
        counts->n_train >= SPLIT_LEAST_TRAINING && n_tested > 0, ERR_INPUT,
        "%d normal recordings lie in a train folder and %d in a test folder; at least %d and 1 are needed",
        counts->n_train, n_tested, SPLIT_LEAST_TRAINING);
    return OK;
}

const struct protocol protocol_paper = {
    .name = "paper",
    .summary = "normal recordings held out at random, as many abnormal ones (Müller et al. 2020)",
    .is_random = 1,
    .split = split_by_paper,
};

static const struct protocol protocols[] = {
    { .name = "mimii-baseline",
      .summary = "all abnormal recordings and as many normal ones, the first by path; result.yaml",
      .recipe =
          "All abnormal recordings are tested and as many normal ones, the first by path; the other normal "
          "ones train. All channels, segments and byte-identical copies of a recording stay on one side.",
      .split = split_by_path,
      .write = official_write_mimii },
    { .name = "dcase2020",
      .summary = "train and test folders of DCASE 2020 task 2; anomaly_score_*.csv, result.csv",
      .recipe =
          "The data set's folders train and test say which recordings do which, for each machine and id on "
          "its own; those without a label are scored and not judged.",
      .is_official = 1,
      .split = split_by_folder,
      .write = official_write_dcase2020 },
    { .name = "dcase",
      .summary = "train and test folders of DCASE 2021 to 2026 task 2, by domain; anomaly_score_*.csv, "
                 "decision_result_*.csv, result.csv",
      .recipe =
          "The data set's folders train and test say which recordings do which, for each machine and "
          "section on its own; those without a label are scored and not judged. AUCs of this page are of "
          "whole sections; those of each domain are in the official files. Recordings are called abnormal "
          "above the 0.9 quantile of a Gamma distribution fitted to the cross-fitted scores of the training "
          "recordings.",
      .is_official = 1,
      .decides = 1,
      .split = split_by_folder,
      .write = official_write_dcase },
};

const struct protocol *protocol_number(int i)
{
    const int n = sizeof protocols / sizeof *protocols;
    if (i == 0) return &protocol_paper;
    return i > 0 && i <= n ? &protocols[i - 1] : NULL;
}
