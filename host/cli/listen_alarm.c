#include "cli/listen_alarm.h"

#include <limits.h>
#include <math.h>

void alarm_hear(struct alarm *alarm, double score, double step_s)
{
    const double share = alarm->smooth_s > 0 ? -expm1(-step_s / alarm->smooth_s) : 1;
    alarm->smoothed = alarm->n_heard ? alarm->smoothed + share * (score - alarm->smoothed) : score;
    if (alarm->n_heard < INT_MAX) alarm->n_heard++;
}

void alarm_decide(struct alarm *alarm, int is_above, int is_low)
{
    if (!is_above) alarm->n_above = 0;
    if (is_above && alarm->n_above < alarm->after) alarm->n_above++;
    if (alarm->is_on && is_low) alarm->is_on = 0;
    if (!alarm->is_on && alarm->n_above >= alarm->after) {
        alarm->is_on = 1;
        alarm->n_alarms++;
    }
}
