/* A crew: what fails is told in order, every task runs once, and tasks that run at once do not share a
 * backend. */
#include "test.h"

#include "core/memory.h"
#include "eval/crew_place.h"
#include "pipeline/setup.h"

enum { N_TASKS = 7 };

struct record {
    struct backend *of[N_TASKS];
    int runs[N_TASKS];
    int fails[N_TASKS];
};

static enum status note(void *context, int index, struct backend *backend)
{
    struct record *record = context;
    record->runs[index]++;
    record->of[index] = backend;
    REQUIRE(!record->fails[index], ERR_INPUT, "task %d fails", index);
    return OK;
}

static enum status run_all(struct crew *crew, struct record *record)
{
    struct outcome outcomes[N_TASKS];
    crew_try(crew, 0, N_TASKS, note, record, outcomes);
    return crew_verdict(outcomes, N_TASKS);
}

static void tells_the_first_failure(void **state)
{
    (void)state;
    const struct place place = { .backend = "cpu", .threads = 3 };
    struct record record = { .fails = { [2] = 1, [5] = 1 } };
    struct crew crew;
    assert_ok(crew_open_at(&crew, &place, 5));
    assert_fails(run_all(&crew, &record), ERR_INPUT, "task 2 fails");
    for (int i = 0; i < N_TASKS; i++) assert_int_equal(record.runs[i], 1);
    crew_close(&crew);
}

static void refuses_an_unknown_backend(void **state)
{
    (void)state;
    const struct place place = { .backend = "abacus" };
    struct crew crew;
    assert_fails(crew_open_at(&crew, &place, 5), ERR_USAGE, "abacus");
    crew_close(&crew);
}

static void without_a_crew_tasks_follow_each_other(void **state)
{
    (void)state;
    struct record record = { .runs = { 0 } };
    assert_ok(run_all(NULL, &record));
    for (int i = 0; i < N_TASKS; i++) {
        assert_int_equal(record.runs[i], 1);
        assert_null(record.of[i]);
    }
}

/* Members are never more than threads or tasks; a task that is alone has all threads. */
static void members_share_the_threads(void **state)
{
    (void)state;
    static const struct {
        int threads, most, members, threads_each;
    } cases[] = { { 1, 5, 0, 0 }, { 2, 1, 0, 0 }, { 2, 5, 2, 1 }, { 6, 5, 5, 2 }, { 7, 3, 3, 3 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct place place = { .backend = "cpu", .threads = cases[i].threads };
        struct crew crew;
        assert_ok(crew_open_at(&crew, &place, cases[i].most));
        assert_int_equal(crew.n_members, cases[i].members);
        assert_int_equal(crew.whole->ops->threads(crew.whole), cases[i].threads);
        for (int m = 0; m < crew.n_members; m++)
            assert_int_equal(crew.members[m]->ops->threads(crew.members[m]), cases[i].threads_each);
        crew_close(&crew);
    }
}

static void the_last_task_has_all_threads(void **state)
{
    (void)state;
    const struct place place = { .backend = "cpu", .threads = 3 };
    struct record record = { .runs = { 0 } };
    struct crew crew;
    assert_ok(crew_open_at(&crew, &place, N_TASKS));
    assert_ok(run_all(&crew, &record)); /* 3, 3 and 1 */
    for (int i = 0; i < N_TASKS - 1; i++) assert_ptr_not_equal(record.of[i], crew.whole);
    assert_ptr_equal(record.of[N_TASKS - 1], crew.whole);
    crew_close(&crew);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_the_first_failure),
        cmocka_unit_test(refuses_an_unknown_backend),
        cmocka_unit_test(without_a_crew_tasks_follow_each_other),
        cmocka_unit_test(members_share_the_threads),
        cmocka_unit_test(the_last_task_has_all_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
