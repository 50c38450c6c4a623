/* Every detector of bugs finds the bug that is planted for it, in every order of threads; finds nothing where there
 * is none; and is the one that found it: switched off, nobody says a word. The program is built three times: as it is,
 * under AddressSanitizer, and as the race build, and each looks for what it can find: a test for
 * another build returns at once. */
#include "emulated.h"
#include "planted.h"

#include <sys/wait.h>

#ifdef __SANITIZE_ADDRESS__
enum { HAS_ADDRESSES = 1 };
#else
enum { HAS_ADDRESSES = 0 };
#endif
#ifdef EMU_RACE
enum { HAS_RACES = 1 };
#else
enum { HAS_RACES = 0 };
#endif

static char sentence[600];

static void note(const char *said)
{
    snprintf(sentence, sizeof sentence, "%s", said);
}

/* What one launch left. */
struct outcome {
    float out[PLANTED_THREADS];
    int count[PLANTED_BLOCKS];
};

static struct kernel_shape shape_of(const void *symbol)
{
    struct kernel_shape shape = { { 1, 1, 1 }, { PLANTED_THREADS, 1, 1 }, 0 };
    if (symbol == (const void *)planted_blocks_kernel) shape.grid[0] = PLANTED_BLOCKS;
    if (symbol == (const void *)planted_dynamic_kernel) shape.shared = PLANTED_THREADS * sizeof(float);
    return shape;
}

static struct outcome launch(const void *symbol, int bug)
{
    float in[PLANTED_THREADS];
    struct outcome outcome = { { 0 }, { 0 } };
    for (int i = 0; i < PLANTED_THREADS; i++) in[i] = (float)(i + 1);
    struct planted_args args = {
        .in = device_of(in, sizeof in),
        .fresh = device_new(sizeof in),
        .host = in,
        .out = device_new(sizeof outcome.out),
        .count = device_of(outcome.count, sizeof outcome.count),
        .bug = bug,
    };
    sentence[0] = 0;
    emu_run_symbol(symbol, &args, shape_of(symbol));
    device_take(outcome.out, args.out, sizeof outcome.out);
    device_take(outcome.count, args.count, sizeof outcome.count);
    emu_free((void *)(uintptr_t)args.in);
    emu_free((void *)(uintptr_t)args.fresh);
    return outcome;
}

struct planted {
    const char *name;
    const void *symbol;
    unsigned detector;
    const char *words;
};
#define PLANTED(name, detector, words)                                \
    {                                                                 \
#name, (const void *)planted_##name##_kernel, detector, words \
    }

/* ------------------------------------------------------------------------------- detectors of every build */

static const struct planted in_every_build[] = {
    PLANTED(divergence, EMU_BARRIERS, "barrier divergence: thread 0 waits at a barrier (planted.cu:"),
    PLANTED(lines, EMU_BARRIERS, "waits at a barrier (planted.cu:"),
    PLANTED(lanes, EMU_BARRIERS, "which is not in its mask or has ended"),
};

static const struct planted in_the_race_build[] = {
    PLANTED(barrier, EMU_RACES, "race at"),
    PLANTED(loop, EMU_RACES, "race at"),
    PLANTED(warp, EMU_RACES, "race at"),
    PLANTED(count, EMU_RACES, "race at"),
    PLANTED(blocks, EMU_RACES, "of block "),
    PLANTED(write, EMU_SPACES, "touches 4 bytes at"),
    PLANTED(read, EMU_SPACES, "neither device nor shared memory"),
    PLANTED(dynamic, EMU_SPACES, "neither device nor shared memory"),
    PLANTED(host, EMU_SPACES, "neither device nor shared memory"),
    PLANTED(unwritten, EMU_UNWRITTEN, "reads what nobody wrote"),
    PLANTED(fresh, EMU_UNWRITTEN, "reads what nobody wrote"),
};

static void check(const struct planted *planted)
{
    const unsigned all = ~0U & ~(unsigned)EMU_POISON;
    emu_options.off = 0;
    launch(planted->symbol, 0);
    if (sentence[0]) fail_msg("%s without its bug: %s", planted->name, sentence);
    emu_options.off = all & ~planted->detector;
    launch(planted->symbol, 1);
    if (!strstr(sentence, planted->words) || !strstr(sentence, planted->name))
        fail_msg("%s: \"%s\" found, \"%s\" expected", planted->name, sentence, planted->words);
    emu_options.off = all;
    launch(planted->symbol, 1);
    if (sentence[0]) fail_msg("%s, all detectors off: %s", planted->name, sentence);
    emu_options.off = 0;
}

static void check_every_build(void)
{
    for (size_t i = 0; i < sizeof in_every_build / sizeof *in_every_build; i++) check(&in_every_build[i]);
}

static void check_race_build(void)
{
    for (size_t i = 0; i < sizeof in_the_race_build / sizeof *in_the_race_build; i++)
        check(&in_the_race_build[i]);
}

static void test_barriers_and_shuffles(void **state)
{
    (void)state;
    in_every_order(check_every_build);
}

static void test_races_host_pointers_and_unwritten_memory(void **state)
{
    (void)state;
    if (HAS_RACES) in_every_order(check_race_build);
}

/* A lane that its mask does not name: the emulator cannot go on, whatever is switched off. */
static void test_masks(void **state)
{
    (void)state;
    launch((const void *)planted_mask_kernel, 0);
    assert_string_equal(sentence, "");
    launch((const void *)planted_mask_kernel, 1);
    assert_non_null(strstr(sentence, "a shuffle's mask 0000ffff does not name the lane that calls it"));
}

/* ----------------------------------------------------------------------------------- wrong numbers alone */

/* The answer that is right for this kernel without its bug is not this one, in one order at least. */
static int is_wrong_in_some_order(const void *symbol)
{
    int n_wrong = 0;
    for (int order = 0; order < EMU_ORDERS; order++) {
        emu_options.order = (enum emu_order)order;
        const struct outcome right = launch(symbol, 0), planted = launch(symbol, 1);
        n_wrong += memcmp(&right, &planted, sizeof right) != 0;
    }
    emu_options.order = EMU_FORWARD;
    return n_wrong > 0;
}

/* Without the race detector a missing barrier shows in the numbers, and a missing atomic does not. */
static void test_what_numbers_tell(void **state)
{
    (void)state;
    emu_options.off = EMU_RACES | EMU_UNWRITTEN;
    assert_true(is_wrong_in_some_order((const void *)planted_barrier_kernel));
    assert_true(is_wrong_in_some_order((const void *)planted_loop_kernel));
    assert_true(is_wrong_in_some_order((const void *)planted_warp_kernel));
    assert_false(is_wrong_in_some_order((const void *)planted_count_kernel));
    emu_options.off = 0;
}

static void check_poison(const void *symbol, int place)
{
    emu_options.off = EMU_UNWRITTEN;
    assert_true(isnan(launch(symbol, 1).out[place]));
    assert_true(launch(symbol, 0).out[place] == (float)(place + 1));
    emu_options.off = EMU_UNWRITTEN | EMU_POISON;
    assert_true(launch(symbol, 1).out[place] == 0);
    emu_options.off = 0;
}

static void test_memory_that_nobody_wrote_is_nan(void **state)
{
    (void)state;
    check_poison((const void *)planted_unwritten_kernel, 0);
    check_poison((const void *)planted_fresh_kernel, 7);
}

/* ------------------------------------------------------------------------------------- AddressSanitizer */

/* Runs `act` in a process of its own; what it wrote to stderr is in `said`. 1: it ended well. */
static int ends_well(void (*act)(const void *), const void *argument, char *said, size_t size)
{
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        act(argument);
        _exit(0);
    }
    close(ends[1]);
    size_t n = 0;
    for (ssize_t got; (got = read(ends[0], said + n, size - 1 - n)) > 0;) n += (size_t)got;
    said[n] = 0;
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void launch_planted(const void *symbol)
{
    launch(symbol, 1);
}

static void touch_device_memory(const void *unused)
{
    (void)unused;
    float value = 1;
    volatile float *memory = device_of(&value, sizeof value);
    *memory = 2;
}

static void finds(void (*act)(const void *), const void *argument, const char *words, const char *where)
{
    static char said[64 * 1024];
    if (ends_well(act, argument, said, sizeof said)) fail_msg("%s: nothing found", where);
    if (!strstr(said, words) || !strstr(said, where)) fail_msg("%s: \"%s\" found", where, said);
}

static void finds_nothing(void (*act)(const void *), const void *argument)
{
    static char said[64 * 1024];
    if (!ends_well(act, argument, said, sizeof said)) fail_msg("\"%s\" found", said);
}

static void test_overruns(void **state)
{
    (void)state;
    if (!HAS_ADDRESSES) return;
    finds(launch_planted, (const void *)planted_static_kernel, "AddressSanitizer", "planted_static_kernel");
    finds(launch_planted, (const void *)planted_dynamic_kernel, "AddressSanitizer", "planted_dynamic_kernel");
    finds(launch_planted, (const void *)planted_write_kernel, "AddressSanitizer", "planted_write_kernel");
    finds(launch_planted, (const void *)planted_read_kernel, "AddressSanitizer", "planted_read_kernel");
    finds(touch_device_memory, NULL, "AddressSanitizer", "touch_device_memory");
}

/* A read beyond goes unseen then. */
static void test_what_red_zones_tell_when_they_are_freed(void **state)
{
    (void)state;
    if (HAS_ADDRESSES || HAS_RACES) return;
    finds(launch_planted, (const void *)planted_write_kernel, "a kernel wrote beyond", "256 bytes");
}

/* Without red zones, and without AddressSanitizer, all this goes unseen. Static shared memory's are the compiler's. */
static void test_overruns_without_red_zones(void **state)
{
    (void)state;
    if (HAS_RACES) return; /* race.c finds some of these by itself */
    emu_options.off = EMU_RED_ZONES;
    if (!HAS_ADDRESSES) finds_nothing(launch_planted, (const void *)planted_static_kernel);
    finds_nothing(launch_planted, (const void *)planted_dynamic_kernel);
    finds_nothing(launch_planted, (const void *)planted_write_kernel);
    finds_nothing(launch_planted, (const void *)planted_read_kernel);
    finds_nothing(touch_device_memory, NULL);
    emu_options.off = 0;
}

int main(void)
{
    emu_options.fault = note;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_barriers_and_shuffles),
        cmocka_unit_test(test_races_host_pointers_and_unwritten_memory),
        cmocka_unit_test(test_masks),
        cmocka_unit_test(test_what_numbers_tell),
        cmocka_unit_test(test_memory_that_nobody_wrote_is_nan),
        cmocka_unit_test(test_overruns),
        cmocka_unit_test(test_what_red_zones_tell_when_they_are_freed),
        cmocka_unit_test(test_overruns_without_red_zones),
    };
    return cmocka_run_group_tests_name("emu.planted", tests, NULL, NULL);
}
