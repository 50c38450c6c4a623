/* From scores that come one after the other to an alarm that does not flutter: smoothed over time, on after so many
 * above one level, off below another one. */
#ifndef LISTEN_ALARM_H
#define LISTEN_ALARM_H

struct alarm {
    double smooth_s; /* set before: time in which a step is followed to 63 %; 0: not smoothed */
    int after;       /* set before: so many smoothed scores in a row above the threshold set it off */
    double smoothed; /* of all scores so far */
    int n_heard, n_above, is_on;
    long long n_alarms; /* how often it went on */
};

/* step_s: time since the score before. */
void alarm_hear(struct alarm *alarm, double score, double step_s);
/* After alarm_hear: whether the smoothed score is above the threshold, and whether it is low enough to end an alarm. */
void alarm_decide(struct alarm *alarm, int is_above, int is_low);

#endif
