/* Recordings that crash the decoder, hang in it or make it ask for memory without end. Decoding goes to helper
 * processes (decode.h). Each time a recording ends its helper is an attempt, kept as a file beside the parts,
 * so that a run that was killed does not begin to count again; after so many the recording is in quarantine:
 * it fails with the last reason, and no later run of the same output tries it. The parts' folder, and the
 * attempts with it, goes when the parts are joined: --overwrite, or a new output, tries it again.
 *
 * An attempt's file, F.h5.parts/attempt-<recording>-<number>.txt, holds the reason. Writers of one folder
 * need no locks: at worst two of them count the same attempt. */
#ifndef QUARANTINE_H
#define QUARANTINE_H

#include "core/options.h"
#include "io/decode.h"

/* Zeros mean the standards. */
struct decode_options {
    int attempts;
    double seconds;
    int memory_mib;
};
extern const struct option decode_options[];
/* decode_options + DECODE_LIMITS: those alone that bind a helper, for who counts no attempts. */
enum { DECODE_LIMITS = 1 };

struct quarantine;

/* `folder` (borrowed) is the parts', for recordings 0 … n_recordings - 1; what it holds of attempts is read. */
enum status quarantine_open(struct quarantine **out, const char *folder, size_t n_recordings,
                            const struct decode_options *options) MUST_CHECK;
void quarantine_close(struct quarantine **quarantine);

struct decode_pool *quarantine_helpers(struct quarantine *quarantine);

/* Of all threads' recordings each is one thread's. */
/* OK: it may be tried. ERR_INPUT: it is in quarantine, with the reason. ERR_OUTPUT: its attempts cannot be
 * read. */
enum status quarantine_admit(const struct quarantine *quarantine, int recording, const char *path) MUST_CHECK;
/* Counts an attempt, which ended with that sentence, and has it on the disk before it returns. ERR_OUTPUT. */
enum status quarantine_note(struct quarantine *quarantine, int recording, const char *path,
                            const char *sentence) MUST_CHECK;

#endif
