/* The drawing of a recording's scores: bad input first, then what stands where. */
#include "eval/svg_explained.h"
#include "markup.h"

#include "core/memory.h"

#include <float.h>

enum { WIDTH = 20, HEIGHT = 4, MOST = 16 };

static const uint8_t rgb[WIDTH * HEIGHT * 3];
static const double starts_s[MOST] = { 0, 0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.6 };

/* 2 s of frames of 0.1 s, patches of 4 frames every 2. */
static struct explained example(const double *score, int n_patches)
{
    return (struct explained){ .rgb = rgb,
                               .width = WIDTH,
                               .height = HEIGHT,
                               .seconds_per_frame = 0.1,
                               .patch_frames = 4,
                               .start_s = starts_s,
                               .score = score,
                               .n_patches = n_patches,
                               .recording_score = n_patches > 0 ? score[0] : 0,
                               .score_name = "score of a patch (gmm)",
                               .description = "fan.wav" };
}

/* free() it */
static char *draw(const struct explained *explained)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    const enum status status = svg_explained(stream, explained);
    fclose(stream);
    assert_ok(status);
    assert_true(markup_depth(text) >= 2);
    return text;
}

static void fails(const struct explained *explained, const char *words)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    const enum status status = svg_explained(stream, explained);
    fclose(stream);
    assert_fails(status, ERR_INPUT, words);
    assert_int_equal(size, 0);
    free(text);
}

static void says_what_cannot_be_drawn(void **state)
{
    (void)state;
    const double scores[2] = { 1, NAN };
    struct explained explained = example(scores, 0);
    fails(&explained, "none of 0 patches lies in a picture of 2.000 s");
    explained = example(scores, 2);
    fails(&explained, "the score of patch 1 is not finite");
    explained = example(scores, 1);
    explained.recording_score = INFINITY;
    fails(&explained, "the recording's score is not finite");
    explained.width = 3;
    fails(&explained, "none of 1 patches lies in a picture of 0.300 s");
}

/* The numbers of one attribute of the i-th element of a class. */
static double number_of(const char *text, const char *class, int i, const char *attribute)
{
    char words[64];
    snprintf(words, sizeof words, "class=\"%s\"", class);
    for (text = strstr(text, words); text && i > 0; i--) text = strstr(text + 1, words);
    assert_non_null(text);
    snprintf(words, sizeof words, " %s=\"", attribute);
    text = strstr(text, words);
    assert_non_null(text);
    return atof(text + strlen(words));
}

static void patches_lie_at_their_time(void **state)
{
    (void)state;
    static const double scores[9] = { 1, 2, 3, 9, 3, 2, 1, 1, 1 };
    const struct explained explained = example(scores, 9);
    char *text = draw(&explained);
    const double left = number_of(text, "axis", 0, "x1"), right = number_of(text, "axis", 0, "x2");
    assert_int_equal(count_words(text, "class=\"patch\""), 10); /* one is in the legend */
    for (int i = 0; i < 9; i++) {
        assert_near(number_of(text, "patch", i + 1, "x1"), left + (right - left) * starts_s[i] / 2, 0.01);
        assert_near(number_of(text, "patch", i + 1, "x2"), left + (right - left) * (starts_s[i] + 0.4) / 2,
                    0.01);
    }
    /* height is linear in the score, higher is above */
    const double one = number_of(text, "patch", 1, "y1"), two = number_of(text, "patch", 2, "y1"),
                 nine = number_of(text, "patch", 4, "y1");
    assert_true(nine < two && two < one);
    assert_near((one - nine) / (one - two), 8, 0.05); /* numbers have two places */
    assert_near(number_of(text, "recording", 1, "y1"), one, 0.01);
    assert_near(number_of(text, "edge", 0, "x"), number_of(text, "patch", 4, "x1"), 0.01);
    assert_non_null(strstr(text, "highest: 9, 0.60 to 1.00 s"));
    assert_int_equal(count_words(text, "class=\"unheard\""), 0);
    free(text);
}

/* Scores 1 and 3, overlapping by half: 1, their mean, 3, then nothing. */
static void curve_is_the_mean_at_each_moment(void **state)
{
    (void)state;
    static const double scores[2] = { 1, 3 };
    const struct explained explained = example(scores, 2);
    char *text = draw(&explained);
    double x[4], y[3];
    const char *path = strstr(strstr(text, "class=\"moment\" d="), " d=");
    assert_int_equal(sscanf(path, " d=\"M%lf %lf H%lf V%lf H%lf V%lf H%lf \"/>", &x[0], &y[0], &x[1], &y[1],
                            &x[2], &y[2], &x[3]),
                     7);
    assert_near(y[0], number_of(text, "patch", 1, "y1"), 0.01);
    assert_near(y[1], (y[0] + y[2]) / 2, 0.011);
    assert_near(y[2], number_of(text, "patch", 2, "y1"), 0.01);
    assert_near(x[3], number_of(text, "patch", 2, "x2"), 0.01);
    assert_int_equal(count_words(text, "class=\"unheard\""), 1);
    assert_near(number_of(text, "unheard", 0, "x"), x[3], 0.01);
    free(text);
}

/* Patches of 4 frames every 5: the curve has a hole. */
static void holes_are_pale(void **state)
{
    (void)state;
    static const double scores[3] = { 1, 3, 2 }, starts[3] = { 0, 0.5, 1.6 };
    struct explained explained = example(scores, 3);
    explained.start_s = starts;
    char *text = draw(&explained);
    assert_int_equal(count_words(text, "class=\"unheard\""), 2);
    assert_int_equal(count_words(strstr(text, "class=\"moment\" d="), "M"), 3);
    free(text);
}

static void later_segments_are_not_drawn(void **state)
{
    (void)state;
    static const double scores[3] = { 1, 2, 99 }, starts[3] = { 0, 1.6, 2 };
    struct explained explained = example(scores, 3);
    explained.start_s = starts;
    char *text = draw(&explained);
    assert_int_equal(count_words(text, "class=\"patch\""), 3);
    assert_non_null(strstr(text, "highest: 2,"));
    free(text);
}

static void any_finite_score_can_be_drawn(void **state)
{
    (void)state;
    static const double cases[][3] = { { 5, 5, 5 },
                                       { 0, 0, 0 },
                                       { -7, -7, -7 },
                                       { 1e300, -1e300, 0 },
                                       { DBL_MAX, -DBL_MAX, DBL_MAX },
                                       { DBL_MAX, DBL_MAX, DBL_MAX },
                                       { 1e300, 1e300, 1e300 },
                                       { 1e-300, 2e-300, 0 },
                                       { 1e6, 1e6 + 0.1, 1e6 + 0.2 },
                                       { -3, -2, -1 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int n = 1; n <= 3; n++) {
            const struct explained explained = example(cases[i], n);
            char *text = draw(&explained);
            assert_null(strstr(text, "nan"));
            assert_null(strstr(text, "inf"));
            for (int p = 0; p <= n; p++) assert_in_range(number_of(text, "patch", p, "y1"), 0, 172);
            assert_in_range(count_words(text, "class=\"grid\""), 2, 24);
            const int is_flat = n == 1 || (cases[i][1] == cases[i][0] && cases[i][n - 1] == cases[i][0]);
            assert_int_equal(count_words(text, "class=\"highest\""), is_flat ? 0 : 2);
            free(text);
        }
}

static void names_stay_text(void **state)
{
    (void)state;
    static const double score = 1;
    struct explained explained = example(&score, 1);
    explained.description = "</title><script>\"'&\n.wav";
    explained.score_name = "<b>";
    char *text = draw(&explained);
    assert_non_null(strstr(text, "<title>&lt;/title&gt;&lt;script&gt;&quot;&#39;&amp;&#xfffd;.wav</title>"));
    assert_null(strstr(text, "<b>"));
    assert_int_equal(count_words(text, "href=\"data:image/png;base64,"), 1);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_cannot_be_drawn),
        cmocka_unit_test(patches_lie_at_their_time),
        cmocka_unit_test(curve_is_the_mean_at_each_moment),
        cmocka_unit_test(holes_are_pale),
        cmocka_unit_test(later_segments_are_not_drawn),
        cmocka_unit_test(any_finite_score_can_be_drawn),
        cmocka_unit_test(names_stay_text),
    };
    return cmocka_run_group_tests_name("svg_explained", tests, NULL, NULL);
}
