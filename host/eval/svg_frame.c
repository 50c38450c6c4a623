#include "eval/svg_frame.h"

#include <math.h>

/* Halves: the difference of two large scores may be more than a double holds. */
static double place(double value, double low, double high)
{
    return (value / 2 - low / 2) / (high / 2 - low / 2);
}

double frame_x(const struct frame *frame, double x)
{
    return frame->left + frame->width * place(x, frame->x_low, frame->x_high);
}

double frame_y(const struct frame *frame, double y)
{
    return frame->top + frame->height * (1.0 - place(y, frame->y_low, frame->y_high));
}

void svg_line(FILE *stream, const char *class, double x1, double y1, double x2, double y2)
{
    fprintf(stream, "<line class=\"%s\" x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\"/>\n", class, x1, y1,
            x2, y2);
}

struct ticks ticks_within(double low, double high, int most)
{
    const double least = high / most - low / most, power = pow(10, floor(log10(least)));
    const double ratio = least / power;
    const double step = (ratio <= 1 ? 1 : ratio <= 2 ? 2 : ratio <= 5 ? 5 : 10) * power;
    return (struct ticks){ step, (long long)ceil(low / step), (long long)floor(high / step) };
}

double ticks_value(const struct ticks *ticks, long long i)
{
    return (double)i * ticks->step;
}
