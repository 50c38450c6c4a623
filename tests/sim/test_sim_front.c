/* The CUDA backend's log-mel, loaded as the plug-in that it is, on the simulated card: the cases of
 * tests/kernels/front_cases.h against the definition. */
#include "../kernels/front_cases.h"

static void check_logmel(struct settings *s, enum sound sound, int n_samples)
{
    struct clip clip = clip_new(&s->spec, sound, n_samples);
    char what[160];
    line_up(&s->spec, &clip, 1);
    snprintf(what, sizeof what, "window %d, hop %d, sound %d, %d samples, padding %d", s->spec.n_fft,
             s->spec.hop, sound, n_samples, s->spec.pad);
    const struct answer expected = answer_of("ref", 1, &s->spec, &clip, 1);
    const struct answer answer = answer_of("cuda", 1, &s->spec, &clip, 1);
    assert_near_definition(answer, expected, &s->spec, what);
    answer_free(answer);
    answer_free(expected);
    clip_free(&clip);
}

static void test_windows(void **state)
{
    (void)state;
    front_windows(check_logmel);
}

static void test_sounds(void **state)
{
    (void)state;
    front_sounds(check_logmel);
}

static void test_frames(void **state)
{
    (void)state;
    front_frames(check_logmel);
}

/* Recordings of several lengths together, more frames than one transform takes. */
static void test_tiles(void **state)
{
    (void)state;
    struct settings s = settings_new(8192, 64, 16, 16, 8);
    struct clip clips[3] = { clip_new(&s.spec, NOISE, 3000), clip_new(&s.spec, FLOAT_NOISE, 2000),
                             clip_new(&s.spec, QUIET_TONE, 1) };
    line_up(&s.spec, clips, 3);
    assert_true(s.spec.max_frames > 64);
    const struct answer expected = answer_of("ref", 1, &s.spec, clips, 3);
    const struct answer answer = answer_of("cuda", 1, &s.spec, clips, 3);
    assert_near_definition(answer, expected, &s.spec, "three recordings");
    answer_free(answer);
    answer_free(expected);
    for (int i = 0; i < 3; i++) clip_free(&clips[i]);
    settings_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_sounds),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_tiles),
    };
    setenv("EARSHOT_CUDA_PLUGIN", SIM_PLUGIN, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
