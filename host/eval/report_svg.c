#include "eval/report_svg.h"

#include "core/memory.h"
#include "core/sorting.h"
#include "eval/svg_frame.h"

static void open_chart(FILE *stream, double width, double height, const char *title)
{
    fprintf(stream, "<svg viewBox=\"0 0 %g %g\" role=\"img\">\n<title>%s</title>\n", width, height, title);
}

static void put_label(FILE *stream, double x, double y, const char *anchor, double value)
{
    fprintf(stream, "<text x=\"%.2f\" y=\"%.2f\" text-anchor=\"%s\">%.4g</text>\n", x, y, anchor, value);
}

/* A long number below the right end of the axis ends where the chart does. */
static void put_x_label(FILE *stream, const struct frame *frame, double x, double y)
{
    enum { MARGIN = 14, SHORT = 4 };
    const int is_cut = x >= frame->x_high && snprintf(NULL, 0, "%.4g", x) > SHORT;
    put_label(stream, frame_x(frame, x) + (is_cut ? MARGIN : 0), y, is_cut ? "end" : "middle", x);
}

/* Grid, numbers and names of both axes. */
static void put_axes(FILE *stream, const struct frame *frame, int n_steps, const char *x_name,
                     const char *y_name)
{
    const double right = frame->left + frame->width, bottom = frame->top + frame->height;
    for (int i = 0; i <= n_steps; i++) {
        const double x = frame->x_low + (frame->x_high - frame->x_low) * i / n_steps;
        const double y = frame->y_high * i / n_steps;
        svg_line(stream, "grid", frame->left, frame_y(frame, y), right, frame_y(frame, y));
        put_x_label(stream, frame, x, bottom + 18);
        put_label(stream, frame->left - 8, frame_y(frame, y) + 4, "end", y);
    }
    svg_line(stream, "axis", frame->left, bottom, right, bottom);
    fprintf(stream, "<text x=\"%.2f\" y=\"%.2f\" text-anchor=\"middle\">%s</text>\n",
            frame->left + frame->width / 2, bottom + 40, x_name);
    fprintf(stream, "<text transform=\"translate(14 %.2f) rotate(-90)\" text-anchor=\"middle\">%s</text>\n",
            frame->top + frame->height / 2, y_name);
}

/* ------------------------------------------------------------------------------------------------- ROC */

static void put_curve(FILE *stream, const struct frame *frame, const struct roc_curve *curve)
{
    fputs("<polyline class=\"curve\" points=\"", stream);
    for (int i = 0; i < curve->n_points; i++)
        fprintf(stream, "%.2f,%.2f ", frame_x(frame, curve->fpr[i]), frame_y(frame, curve->tpr[i]));
    fputs("\"/>\n", stream);
}

void svg_roc(FILE *stream, const struct summary *summary)
{
    const struct frame frame = { 56, 12, 340, 260, 0, 1, 0, 1 };
    const double bottom = frame.top + frame.height;
    open_chart(stream, 412, 320, "ROC curves of all splits");
    fprintf(stream, "<rect class=\"low\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>\n",
            frame.left, frame.top, frame.width * PAUC_MAX_FPR, frame.height);
    put_axes(stream, &frame, 4, "false positive rate", "true positive rate");
    svg_line(stream, "chance", frame_x(&frame, 0), frame_y(&frame, 0), frame_x(&frame, 1),
             frame_y(&frame, 1));
    for (int i = 0; i < summary->n_splits; i++) put_curve(stream, &frame, &summary->splits[i].curve);
    fprintf(stream,
            "<text class=\"strong\" x=\"%.2f\" y=\"%.2f\" text-anchor=\"end\">AUC %.3f ± %.3f</text>\n"
            "<text x=\"%.2f\" y=\"%.2f\" text-anchor=\"end\">pAUC %.3f ± %.3f (shaded)</text>\n</svg>\n",
            frame.left + frame.width - 8, bottom - 32, summary->auc.mean, summary->auc.deviation,
            frame.left + frame.width - 8, bottom - 14, summary->pauc.mean, summary->pauc.deviation);
}

/* ------------------------------------------------------------------------------------------- histogram */

enum { N_BINS = 28 };

struct histogram {
    double low, high;      /* scores; what lies beyond is counted in the outer bins */
    int counts[2][N_BINS]; /* normal, abnormal */
};

/* From the 1st to the 97th percentile, so that a single wild score does not press all others into one bin. */
static enum status find_range(const struct summary *summary, struct histogram *histogram)
{
    size_t n = 0;
    for (int i = 0; i < summary->n_splits; i++) n += (size_t)summary->splits[i].n_tested;
    double *scores = memory_new(n, sizeof *scores);
    TRY(memory_check(scores));
    size_t next = 0;
    for (int i = 0; i < summary->n_splits; i++)
        for (int t = 0; t < summary->splits[i].n_tested; t++)
            scores[next++] = summary->splits[i].tested[t].score;
    sorting_sort(scores, (int)n);
    histogram->low = scores[n / 100];
    histogram->high = scores[(n - 1) - (n - 1) * 3 / 100];
    if (histogram->high <= histogram->low) histogram->high = histogram->low + 1;
    memory_free(scores);
    return OK;
}

static int bin_of(const struct histogram *histogram, double score)
{
    const double place = (score - histogram->low) / (histogram->high - histogram->low) * N_BINS;
    if (!(place > 0)) return 0;
    return place < N_BINS - 1 ? (int)place : N_BINS - 1;
}

/* Returns the fullest bin's count. */
static int count_bins(const struct summary *summary, struct histogram *histogram)
{
    int fullest = 0;
    for (int i = 0; i < summary->n_splits; i++)
        for (int t = 0; t < summary->splits[i].n_tested; t++) {
            const struct tested *tested = &summary->splits[i].tested[t];
            const int count = ++histogram->counts[tested->is_abnormal][bin_of(histogram, tested->score)];
            if (count > fullest) fullest = count;
        }
    return fullest;
}

static void put_bars(FILE *stream, const struct frame *frame, const int *counts, const char *class)
{
    const double width = frame->width / N_BINS, bottom = frame->top + frame->height;
    for (int b = 0; b < N_BINS; b++) {
        if (!counts[b]) continue;
        const double y = frame_y(frame, counts[b]);
        fprintf(stream,
                "<rect class=\"bar %s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" rx=\"1\"/>\n",
                class, frame->left + width * b + 0.5, y, width - 1, bottom - y);
    }
}

static void put_legend(FILE *stream, double x, double y, const char *class)
{
    fprintf(stream,
            "<rect class=\"bar %s\" x=\"%g\" y=\"%g\" width=\"12\" height=\"12\" rx=\"2\"/>"
            "<text x=\"%g\" y=\"%g\">%s</text>\n",
            class, x, y, x + 18, y + 10, class);
}

enum status svg_histogram(FILE *stream, const struct summary *summary)
{
    struct histogram histogram = { 0 };
    TRY(find_range(summary, &histogram));
    const int fullest = count_bins(summary, &histogram);
    const struct frame frame = { 56, 32, 340, 240, histogram.low, histogram.high, 0, (fullest + 3) / 4 * 4 };
    open_chart(stream, 412, 320, "scores of normal and abnormal recordings");
    put_legend(stream, frame.left, 8, "normal");
    put_legend(stream, frame.left + 90, 8, "abnormal");
    put_axes(stream, &frame, 4, "score of a recording (higher: more anomalous)", "recordings, all splits");
    put_bars(stream, &frame, histogram.counts[0], "normal");
    put_bars(stream, &frame, histogram.counts[1], "abnormal");
    fputs("</svg>\n", stream);
    return OK;
}

/* ----------------------------------------------------------------------------------------------- strip */

void svg_strip(FILE *stream, const struct summary *summary)
{
    const struct frame frame = { 5, 0, 160, 20, 0, 1, 0, 1 };
    fputs("<svg class=\"strip\" viewBox=\"0 0 170 20\" role=\"img\">\n<title>AUC of each split, 0 to "
          "1</title>\n",
          stream);
    svg_line(stream, "grid", frame_x(&frame, 0), 10, frame_x(&frame, 1), 10);
    svg_line(stream, "axis", frame_x(&frame, 0.5), 5, frame_x(&frame, 0.5), 15);
    for (int i = 0; i < summary->n_splits; i++)
        fprintf(stream, "<circle class=\"dot\" cx=\"%.2f\" cy=\"10\" r=\"4\"/>\n",
                frame_x(&frame, summary->splits[i].auc));
    svg_line(stream, "mean", frame_x(&frame, summary->auc.mean), 3, frame_x(&frame, summary->auc.mean), 17);
    fputs("</svg>", stream);
}
