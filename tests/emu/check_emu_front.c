/* The kernels of the front end, emulated in every order of threads: the cases of kernel.front, and batches. */
#include "emu_front.h"

#include "../kernels/front_cases.h"
#include "core/log.h"

static void check_logmel(struct settings *s, enum sound sound, int n_samples)
{
    struct clip clip = clip_new(&s->spec, sound, n_samples);
    char what[160];
    line_up(&s->spec, &clip, 1);
    snprintf(what, sizeof what, "order %d, window %d, hop %d, sound %d, %d samples, padding %d",
             emu_options.order, s->spec.n_fft, s->spec.hop, sound, n_samples, s->spec.pad);
    const struct answer expected = answer_of("ref", 1, &s->spec, &clip, 1);
    const struct answer answer = emu_answer_of(&s->spec, &clip, 1, 1000);
    assert_near_definition(answer, expected, &s->spec, what);
    answer_free(answer);
    answer_free(expected);
    clip_free(&clip);
}

static void windows(void)
{
    front_windows(check_logmel);
}

static void sounds(void)
{
    front_sounds(check_logmel);
}

static void frames(void)
{
    front_frames(check_logmel);
}

static void test_windows(void **state)
{
    (void)state;
    in_every_order(windows);
}

static void test_sounds(void **state)
{
    (void)state;
    in_every_order(sounds);
}

static void test_frames(void **state)
{
    (void)state;
    in_every_order(frames);
}

int main(void)
{
    log_set_level(LOG_WARNING);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_sounds),
        cmocka_unit_test(test_frames),
    };
    return cmocka_run_group_tests_name("emu.front", tests, NULL, NULL);
}
