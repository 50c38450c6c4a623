#include "eval/submission.h"

#include "core/output.h"

#include <string.h>

/* Sections of one detector and seed. */
struct submission {
    struct official_section *sections;     /* [n] owned */
    struct official_recording *recordings; /* of all sections, owned */
    char (*machines)[256];                 /* [n] owned */
    int n;
};

static void submission_release(struct submission *submission)
{
    memory_free(submission->sections);
    memory_free(submission->recordings);
    memory_free(submission->machines);
}

static struct official_recording official_of(const struct tested *tested, double threshold)
{
    const struct recording *of = &tested->subject->rows[0]->of;
    const char *slash = strrchr(of->path, '/');
    return (struct official_recording){ .file = slash ? slash + 1 : of->path,
                                        .folder = official_folder(of),
                                        .domain = of->domain,
                                        .is_abnormal = tested->is_abnormal,
                                        .score = tested->score,
                                        .is_called = tested->score > threshold };
}

/* Fills the next section; `recordings` has room for all of the result's. */
static void add_section(struct submission *submission, const struct split_result *result,
                        struct official_recording *recordings)
{
    const struct recording *of = result->group->of;
    struct official_section *section = &submission->sections[submission->n];
    char *machine = submission->machines[submission->n++];
    official_machine(of, machine);
    *section = (struct official_section){ machine, of->id, of->snr, recordings, 0 };
    for (int i = 0; i < result->n_tested; i++)
        recordings[section->n++] = official_of(&result->tested[i], result->threshold);
    for (int i = 0; i < result->n_unlabeled; i++)
        recordings[section->n++] = official_of(&result->unlabeled[i], result->threshold);
}

static int is_of(const struct split_result *result, const struct detector *detector, int seed)
{
    return result->detector == detector && result->seed == seed;
}

static enum status submission_init(struct submission *submission, const struct evaluation *evaluation,
                                   const struct detector *detector, int seed)
{
    size_t n = 0, n_recordings = 0;
    *submission = (struct submission){ 0 };
    for (size_t i = 0; i < evaluation->n_results; i++) {
        const struct split_result *result = &evaluation->results[i];
        if (!is_of(result, detector, seed)) continue;
        n_recordings += (size_t)result->n_tested + (size_t)result->n_unlabeled;
        n++;
    }
    TRY(memory_check(submission->sections = memory_new(n, sizeof *submission->sections)));
    TRY(memory_check(submission->recordings = memory_new(n_recordings, sizeof *submission->recordings)));
    TRY(memory_check(submission->machines = memory_new(n, sizeof *submission->machines)));
    struct official_recording *next = submission->recordings;
    for (size_t i = 0; i < evaluation->n_results; i++) {
        const struct split_result *result = &evaluation->results[i];
        if (!is_of(result, detector, seed)) continue;
        add_section(submission, result, next);
        next += result->n_tested + result->n_unlabeled;
    }
    return OK;
}

static enum status write_one(const char *folder, const struct evaluation *evaluation,
                             const struct protocol *protocol, const struct detector *detector, int seed)
{
    struct submission submission;
    char *path = NULL;
    enum status status;
    TRY_OR_DONE(submission_init(&submission, evaluation, detector, seed));
    if (submission.n == 0) goto done;
    TRY_OR_DONE(memory_check(path = memory_print("%s/%s/seed_%d", folder, detector->name, seed)));
    TRY_OR_DONE(output_folder(path));
    TRY_OR_DONE(protocol->write(path, submission.sections, submission.n));
done:
    memory_free(path);
    submission_release(&submission);
    return status;
}

int submission_is_due(const struct evaluate_options *options)
{
    return evaluate_protocol(options)->write && !options->is_shuffled;
}

enum status submission_write(const char *folder, const struct evaluation *evaluation,
                             const struct evaluate_options *options)
{
    if (!submission_is_due(options)) return OK;
    for (int c = 0; c < options->n_contenders; c++)
        for (int i = 0; i < options->n_seeds; i++)
            TRY(write_one(folder, evaluation, evaluate_protocol(options), options->contenders[c].detector,
                          options->seed + i));
    return OK;
}
