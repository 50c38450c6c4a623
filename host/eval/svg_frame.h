/* What charts have in common: where data lie in the units of a viewBox, lines, round numbers along an axis.
 * Colours are classes of the page's style sheet (report_html.c). */
#ifndef SVG_FRAME_H
#define SVG_FRAME_H

#include <stdio.h>

struct frame {
    double left, top, width, height;     /* of the plotting area */
    double x_low, x_high, y_low, y_high; /* of the data */
};

double frame_x(const struct frame *frame, double x);
double frame_y(const struct frame *frame, double y);

void svg_line(FILE *stream, const char *class, double x1, double y1, double x2, double y2);

/* Multiples of 1, 2 or 5 times a power of ten: first * step … last * step. */
struct ticks {
    double step;
    long long first, last;
};

/* Those within low … high, `most` at most. The numbers are finite and differ by more than rounding. */
struct ticks ticks_within(double low, double high, int most);
double ticks_value(const struct ticks *ticks, long long i);

#endif
