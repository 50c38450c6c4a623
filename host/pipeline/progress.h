/* How far a long job is: one line that rewrites itself on a terminal, plain lines, or JSON lines, on stderr. */
#ifndef PROGRESS_H
#define PROGRESS_H

enum progress { PROGRESS_AUTO, PROGRESS_BAR, PROGRESS_PLAIN, PROGRESS_JSON, PROGRESS_NONE };

struct progress_state {
    enum progress kind; /* AUTO has become BAR or NONE */
    double started_s, shown_s;
};

struct progress_report {
    long long done, total, failed; /* recordings */
    double audio_s;                /* seconds of sound done */
};

void progress_start(struct progress_state *state, enum progress kind);
/* At most six times a second on a terminal, every ten seconds as plain lines, every second as JSON; `last`
 * always. */
void progress_show(struct progress_state *state, const struct progress_report *report, int last);

#endif
