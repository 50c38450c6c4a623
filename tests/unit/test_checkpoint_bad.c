/* Checkpoints that are not used: no files, damaged ones, those of other trainings, hostile ones. */
#include "test.h"

#include "checkpoint_fixture.h"

struct state {
    struct autoencoder ae;
    struct adam adam;
    struct attributes training;
};

static void state_init(struct state *state)
{
    *state = (struct state){ 0 };
    assert_ok(autoencoder_init(&state->ae, &architecture_small));
    autoencoder_start(&state->ae, 3);
    state->ae.epochs = 2;
    assert_ok(adam_init(&state->adam, state->ae.n_parameters, 1e-3));
    state->adam.steps = 6;
    assert_ok(attributes_set_text(&state->training, "detector", "small_dcae"));
    assert_ok(attributes_set_real(&state->training, "learning_rate", 1e-3));
    assert_ok(checkpoint_describe(backend, &x, &state->training));
}

static void state_release(struct state *state)
{
    autoencoder_release(&state->ae);
    adam_release(&state->adam);
    attributes_release(&state->training);
}

static void keep(const struct state *state)
{
    assert_ok(autoencoder_keep(&state->ae, &state->adam, path, &state->training));
}

/* The file is refused with these words, and what was there before is untouched. */
static void assert_not_used(struct state *state, const char *words)
{
    const float *parameters = state->ae.parameters, *moment = state->adam.first_moment;
    assert_fails(autoencoder_resume(&state->ae, &state->adam, path, &state->training, EPOCHS), ERR_INPUT,
                 words);
    assert_ptr_equal(state->ae.parameters, parameters);
    assert_ptr_equal(state->adam.first_moment, moment);
}

static void test_files_that_are_none(void **state)
{
    (void)state;
    struct state s;
    state_init(&s);
    unlink(path);
    assert_not_used(&s, "000000.h5 cannot be read: No such file");
    FILE *file = fopen(path, "w");
    fputs("no HDF5", file);
    fclose(file);
    assert_not_used(&s, "is not an HDF5 file");
    keep(&s);
    assert_int_equal(truncate(path, 5000), 0);
    assert_not_used(&s, "cut off");
    struct store *store = NULL;
    assert_ok(store_create(&store, path));
    assert_ok(store_commit(store));
    store_close(&store);
    assert_not_used(&s, "another training: detector (not told) found, small_dcae expected");
    state_release(&s);
}

static void test_a_changed_byte(void **state)
{
    (void)state;
    struct state s;
    state_init(&s);
    keep(&s);
    FILE *file = fopen(path, "r+");
    fseek(file, 30000, SEEK_SET);
    fputc(0x55, file);
    fclose(file);
    assert_not_used(&s, "changed since it was written");
    state_release(&s);
}

static void test_another_training(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
    } others[] = { { "detector", "lenet_dcae" },   { "format", "earshot-model" },
                   { "program_version", "0.0.1" }, { "backend", "cuda" },
                   { "device", "abacus" },         { "rows", "5" },
                   { "rows_sha256", "0123" } };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct state s, other;
        char words[64];
        state_init(&s);
        state_init(&other);
        assert_ok(attributes_set_text(&other.training, others[i].name, others[i].value));
        keep(&other);
        snprintf(words, sizeof words, "another training: %s %s found", others[i].name, others[i].value);
        assert_not_used(&s, words);
        state_release(&s);
        state_release(&other);
    }
}

static void test_another_cell(void **state)
{
    (void)state;
    struct state s, other;
    state_init(&s);
    keep(&s);
    x.data[CELLS + 1] += 1e-7f;
    state_init(&other);
    x.data[CELLS + 1] -= 1e-7f;
    assert_not_used(&other, "rows_sha256");
    state_release(&s);
    state_release(&other);
}

static void test_hostile_numbers(void **state)
{
    (void)state;
    struct state good, s;
    state_init(&good);
    state_init(&s);
    s.adam.first_moment[3] = (float)INFINITY;
    keep(&s);
    assert_not_used(&good, "/adam/first_moment is not finite at 3");
    s.adam.first_moment[3] = 0;
    s.adam.second_moment[4] = -1;
    keep(&s);
    assert_not_used(&good, "/adam/second_moment is -1 at 4");
    s.adam.second_moment[4] = 0;
    s.adam.steps = 0;
    keep(&s);
    assert_not_used(&good, "0 steps");
    s.adam.steps = 6;
    s.ae.parameters[5] = (float)NAN;
    keep(&s);
    assert_not_used(&good, "parameters is not finite at 5");
    s.ae.parameters[5] = 0;
    s.ae.epochs = EPOCHS + 1;
    keep(&s);
    assert_not_used(&good, "5 epochs found, 1 to 4 expected");
    s.ae.epochs = 1;
    s.ae.loss = (double)NAN;
    keep(&s);
    assert_not_used(&good, "a loss of");
    s.ae.loss = 1;
    s.adam.n--;
    keep(&s);
    assert_not_used(&good, "first_moment is");
    s.adam.n++;
    state_release(&s);
    state_release(&good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_that_are_none), cmocka_unit_test(test_a_changed_byte),
        cmocka_unit_test(test_another_training),    cmocka_unit_test(test_another_cell),
        cmocka_unit_test(test_hostile_numbers),
    };
    return cmocka_run_group_tests_name("checkpoint_bad", tests, set_up, tear_down);
}
