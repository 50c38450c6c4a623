/* How far a long job is: one line that rewrites itself on a terminal, plain lines, or JSON lines, on stderr. */
#ifndef PROGRESS_H
#define PROGRESS_H

enum progress { PROGRESS_AUTO, PROGRESS_BAR, PROGRESS_PLAIN, PROGRESS_JSON, PROGRESS_NONE };

struct progress_state {
    enum progress kind; /* AUTO has become BAR or NONE */
    double started_s, shown_s;
    double measured_s;
    double rate; /* recordings a second until then, of the last minute or so: what is left goes by it */
    long long measured_done;
};

/* Of this run: what was there when it began is not counted. */
struct progress_report {
    long long done, total, failed, patches; /* recordings, and patches written */
    double audio_s, bytes;                  /* seconds of sound, bytes of recordings' files */
    /* Summed over threads; starved: waited for recordings to be read. */
    double decode_s, compute_s, starved_s;
    double write_s, merge_s; /* of the thread that writes */
};

void progress_start(struct progress_state *state, enum progress kind);
/* At most six times a second on a terminal, every ten seconds as plain lines, every second as JSON; `last`
 * always. */
void progress_show(struct progress_state *state, const struct progress_report *report, int last);

/* "12 s", "3 min 20 s", "2 h 5 min". */
void progress_duration(double seconds, char *text, int size);

#endif
