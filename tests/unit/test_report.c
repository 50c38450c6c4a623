/* The report: that it loads nothing, that nothing from a file becomes markup, that every tag is closed. */
#include "evaluation_fixture.h"
#include "markup.h"

#include "core/output.h"
#include "eval/png_file.h"
#include "eval/report_html.h"

#include <sys/stat.h>

static struct fixture fixture;
static struct attributes provenance;
static char folder[64];

static enum status red_picture(const struct attributes *p, const char *file, unsigned char **rgb, int *width,
                               int *height)
{
    assert_ptr_equal(p, &provenance);
    REQUIRE(strcmp(file, "/data/<script>alert(1)</script>.wav") != 0, ERR_INPUT, "%s: No such file", file);
    *width = 30;
    *height = 20;
    TRY(memory_check(*rgb = memory_new(30 * 20, 3)));
    for (int i = 0; i < 30 * 20; i++) (*rgb)[3 * i] = 255;
    return OK;
}

static char *write_report(int is_random, int is_shuffled)
{
    char path[96];
    const struct evaluate_options options = { .contenders = &fixture_contender,
                                              .n_contenders = 1,
                                              .n_seeds = 3,
                                              .seed = 3,
                                              .held_out = 150,
                                              .is_shuffled = is_shuffled };
    const struct report report = { "f<b>.h5", &provenance, &fixture.evaluation, &fixture.summaries,
                                   &options,  "cpu",       red_picture,         NULL };
    snprintf(path, sizeof path, "%s/report.html", folder);
    assert_ok(attributes_set_integer(&provenance, "random_weights", is_random));
    assert_ok(report_write(path, &report));
    return read_text(path);
}

static void says_why_it_cannot_write(void **state)
{
    (void)state;
    const struct evaluate_options options = { 0 };
    const struct report report = { "f.h5",   &provenance, &fixture.evaluation, &fixture.summaries,
                                   &options, "cpu",       red_picture,         NULL };
    assert_fails(report_write("nowhere/report.html", &report), ERR_OUTPUT,
                 "nowhere/report.html cannot be written");
}

static void loads_nothing_and_runs_nothing(void **state)
{
    (void)state;
    static const char *const forbidden[] = { "http:", "https:",  "<script", "<link",  "<iframe",
                                             "url(",  "@import", "onload",  "src=\"/" };
    char *page = write_report(0, 0);
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
        if (strstr(page, forbidden[i])) fail_msg("the page holds %s", forbidden[i]);
    assert_int_equal(count_words(page, "src="), count_words(page, "src=\"data:image/png;base64,"));
    assert_int_equal(count_words(page, "<img"),
                     2); /* the abnormal one of each group; the normal one is lost */
    free(page);
}

static void names_stay_text(void **state)
{
    (void)state;
    char *page = write_report(0, 0);
    assert_non_null(strstr(page, "a,&quot;b&quot;&lt;i&gt;&amp;&#39;/id_00/-6dB"));
    assert_non_null(strstr(page, "f&lt;b&gt;.h5"));
    assert_non_null(strstr(page, "1 normal &amp; 1 abnormal &lt;are&gt; too few"));
    assert_non_null(strstr(page, "&lt;script&gt;alert(1)&lt;/script&gt;.wav: No such file"));
    assert_null(strstr(page, "<i>"));
    free(page);
}

static void escapes_every_special_letter(void **state)
{
    (void)state;
    static const char *const cases[][2] = { { "", "" },
                                            { "plain ä", "plain ä" },
                                            { "<>&\"'", "&lt;&gt;&amp;&quot;&#39;" },
                                            { "a\nb\x7f", "a&#xfffd;b&#xfffd;" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = NULL;
        size_t size = 0;
        FILE *stream = open_memstream(&text, &size);
        html_text(stream, cases[i][0]);
        fclose(stream);
        assert_string_equal(text, cases[i][1]);
        free(text);
    }
}

static void says_what_it_rests_on(void **state)
{
    (void)state;
    char *page = write_report(0, 0);
    assert_int_equal(count_words(page, "RANDOM WEIGHTS"), 0);
    assert_int_equal(count_words(page, "LABELS SHUFFLED"), 0);
    free(page);
    page = write_report(1, 1);
    assert_non_null(strstr(page, "<title>earshot evaluation: f&lt;b&gt;.h5 (RANDOM WEIGHTS)</title>"));
    assert_int_equal(count_words(page, "<b>RANDOM WEIGHTS.</b>"), 1);
    assert_int_equal(count_words(page, "<b>LABELS SHUFFLED.</b>"), 1);
    free(page);
}

static void shows_every_split(void **state)
{
    (void)state;
    char *page = write_report(0, 0);
    assert_int_equal(count_words(page, "<polyline class=\"curve\""), 6);
    assert_int_equal(count_words(page, "<circle class=\"dot\""), 6);
    assert_int_equal(count_words(page, ">AUC 0.917 ± 0.118<"), 2);
    assert_non_null(strstr(page, "<td>components</td><td>80</td>"));
    assert_non_null(strstr(page, "<td>network</td><td>resnet18</td>"));
    assert_non_null(strstr(page, "<td class=\"n\">8-10</td>"));
    free(page);
}

static void closes_every_tag(void **state)
{
    (void)state;
    char *page = write_report(1, 1);
    const char *html = strstr(page, "<html");
    assert_non_null(html);
    assert_true(markup_depth(html) > 5);
    free(page);
}

static void pictures_are_png(void **state)
{
    (void)state;
    static const uint8_t signature[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
    uint8_t rgb[3 * 2 * 3] = { 255, 0, 0 }, *png = NULL;
    size_t size = 0;
    char path[96];
    assert_fails(png_encode(rgb, 0, 2, &png, &size), ERR_INTERNAL, "0 x 2");
    assert_ok(png_encode(rgb, 3, 2, &png, &size));
    assert_memory_equal(png, signature, sizeof signature);
    assert_int_equal(png[19], 3); /* width and height, big-endian, in the first chunk */
    assert_int_equal(png[23], 2);
    snprintf(path, sizeof path, "%s/a.png", folder);
    assert_ok(png_write(path, rgb, 3, 2));
    struct stat found;
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_size, (int)size);
    memory_free(png);
    assert_fails(png_write("nowhere/a.png", rgb, 3, 2), ERR_OUTPUT, "nowhere/a.png cannot be written");
}

/* RFC 4648, section 10: the last one, two and three bytes. */
static void base64_has_no_rest(void **state)
{
    (void)state;
    static const char *const cases[][2] = { { "", "" },
                                            { "f", "Zg==" },
                                            { "fo", "Zm8=" },
                                            { "foo", "Zm9v" },
                                            { "foob", "Zm9vYg==" },
                                            { "fooba", "Zm9vYmE=" },
                                            { "foobar", "Zm9vYmFy" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = NULL, expected[64];
        size_t size = 0;
        FILE *stream = open_memstream(&text, &size);
        html_picture(stream, (const uint8_t *)cases[i][0], strlen(cases[i][0]), "x");
        fclose(stream);
        snprintf(expected, sizeof expected, "base64,%s\"/>", cases[i][1]);
        assert_non_null(strstr(text, expected));
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_why_it_cannot_write), cmocka_unit_test(loads_nothing_and_runs_nothing),
        cmocka_unit_test(names_stay_text),          cmocka_unit_test(escapes_every_special_letter),
        cmocka_unit_test(says_what_it_rests_on),    cmocka_unit_test(shows_every_split),
        cmocka_unit_test(closes_every_tag),         cmocka_unit_test(pictures_are_png),
        cmocka_unit_test(base64_has_no_rest),
    };
    snprintf(folder, sizeof folder, "%s", test_folder());
    fixture_init(&fixture);
    if (attributes_set_text(&provenance, "network", "resnet18") != OK) return 1;
    const int failed = cmocka_run_group_tests_name("report", tests, NULL, NULL);
    attributes_release(&provenance);
    fixture_release(&fixture);
    return failed;
}
