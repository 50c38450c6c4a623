/* The library's own part: options, order, places, copies, waiting, codes. The service below it is a stand-in that answers
 * when the test says so, in any order; what it hears is told as features. */
#include "test.h"

#include "core/clock.h"
#include "core/memory.h"
#include "earshot.h"
#include "service/service.h"

#include <pthread.h>

enum { COLUMNS = 2, MOST = 16 };

static struct {
    struct served served;
    struct catalog catalog;
    struct attributes provenance;
    struct model model;
    struct service_options options; /* what service_open was given */
    char path[64];
    struct ask *asked[MOST];
    int n_asked, n_held, n_closed;
    enum status refuses; /* what service_ask returns */
} stand_in;

/* ---------------------------------------------------------------------------------------- the stand-in */

enum status service_open(struct service **out, const struct service_options *options)
{
    *out = (struct service *)&stand_in;
    stand_in.options = *options;
    stand_in.served.name = options->n_models ? "model" : options->networks[0];
    stand_in.served.kind = options->n_models ? SERVED_MODEL : SERVED_NETWORK;
    stand_in.served.model = options->n_models ? &stand_in.model : NULL;
    if (options->n_models) snprintf(stand_in.path, sizeof stand_in.path, "%s", options->models[0]);
    stand_in.served.columns = COLUMNS;
    stand_in.served.provenance = &stand_in.provenance;
    stand_in.catalog = (struct catalog){ &stand_in.served, 1 };
    return strcmp(stand_in.path, "model=bad.h5") == 0 ? fail(ERR_INPUT, "bad.h5: it is no model") : OK;
}

static void answer(int number, enum status status)
{
    struct ask *ask = stand_in.asked[number];
    stand_in.asked[number] = NULL;
    ask->status = status;
    if (status != OK) snprintf(ask->error, sizeof ask->error, "%s: it cannot be used", ask->sounds[0].name);
    if (status == OK) {
        struct heard *heard = ask->heard = memory_new(1, sizeof *heard);
        heard->n_patches = 1;
        heard->features = memory_new(COLUMNS, sizeof(float));
        heard->start_s = memory_new(1, sizeof(double));
        heard->features[0] = (float)*(const signed char *)ask->sounds[0].bytes;
        heard->features[1] = (float)ask->sounds[0].size;
        heard->seconds = ask->sounds[0].sample_rate;
        if (ask->wants & ASK_SCORES) heard->patch_scores = memory_new(1, sizeof(double));
        heard->score = 7;
    }
    ask->done(ask);
}

enum status service_ask(struct service *service, struct ask *ask)
{
    (void)service;
    if (stand_in.refuses != OK) return fail(stand_in.refuses, "the stand-in refuses");
    stand_in.asked[stand_in.n_asked++] = ask;
    return OK;
}

const struct catalog *service_catalog(struct service *service)
{
    (void)service;
    stand_in.n_held++;
    return &stand_in.catalog;
}

void service_catalog_release(struct service *service, const struct catalog *catalog)
{
    (void)service;
    (void)catalog;
    stand_in.n_held--;
}

/* Who closes has asks answered that nobody wants any more. */
void service_close(struct service **service)
{
    if (!*service) return;
    for (int i = 0; i < stand_in.n_asked; i++)
        if (stand_in.asked[i] && !stand_in.asked[i]->is_wanted(stand_in.asked[i]->context))
            answer(i, ERR_TIMEOUT);
    stand_in.n_closed++;
    *service = NULL;
}

void ask_release(struct ask *ask)
{
    if (ask->heard) {
        memory_free(ask->heard->features);
        memory_free(ask->heard->start_s);
        memory_free(ask->heard->patch_scores);
    }
    memory_free(ask->heard);
    ask->heard = NULL;
}

static int reset(void **state)
{
    (void)state;
    attributes_release(&stand_in.provenance);
    memset(&stand_in, 0, sizeof stand_in);
    return 0;
}

/* ---------------------------------------------------------------------------------------- what is tested */

#define assert_says(call, code, words)                                                                       \
    do {                                                                                                     \
        assert_int_equal(call, code);                                                                        \
        if (!strstr(earshot_error(), words)) fail_msg("\"%s\" does not say \"%s\"", earshot_error(), words); \
    } while (0)

static struct earshot *open_network(const char *option)
{
    struct earshot *ear;
    assert_int_equal(earshot_open(&ear, option ? &option : NULL, option != NULL), EARSHOT_OK);
    return ear;
}

static const struct {
    const char *option, *words;
} wrong_options[] = {
    { "n-mel=64", "unknown option --n-mel (the library's caller); the nearest one is --n-mels" },
    { "n-mels", "option n-mels: name=value expected" },
    { "n-mels=0", "--n-mels 0" },
    { "network=resnet19", "resnet19" },
    { "ahead=0", "--ahead 0" },
    { "decode=elsewhere", "--decode elsewhere" },
    { NULL, "option NULL: name=value expected" },
};

static void test_wrong_options(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong_options / sizeof *wrong_options; i++) {
        struct earshot *ear = (struct earshot *)&stand_in;
        assert_says(earshot_open(&ear, &wrong_options[i].option, 1), EARSHOT_USAGE, wrong_options[i].words);
        assert_null(ear);
    }
    struct earshot *ear;
    const char *front = "n-mels=64";
    assert_says(earshot_open(&ear, NULL, 1), EARSHOT_USAGE, "1 options were promised, NULL found");
    assert_says(earshot_open(NULL, NULL, 0), EARSHOT_USAGE, "out is NULL");
    assert_says(earshot_open_model(&ear, NULL, NULL, 0), EARSHOT_USAGE, "path is NULL");
    assert_says(earshot_open_model(&ear, "m.h5", &front, 1), EARSHOT_USAGE, "unknown option --n-mels");
    assert_says(earshot_open_model(&ear, "bad.h5", NULL, 0), EARSHOT_INPUT, "bad.h5: it is no model");
    assert_null(ear);
    assert_int_equal(stand_in.n_held, 0);
}

static void test_options_arrive(void **state)
{
    (void)state;
    const char *options[] = { "network=alexnet", "n_mels=32", "max-batch=5", "max-delay-ms=2.5",
                              "ahead=9",         "threads=3", "decode=here", "decode-memory=100" };
    struct earshot *ear;
    assert_int_equal(earshot_open(&ear, options, 8), EARSHOT_OK);
    const struct service_options *given = &stand_in.options;
    assert_int_equal(given->n_networks, 1);
    assert_string_equal(given->networks[0], "alexnet");
    assert_int_equal(given->settings->n_mels, 32);
    assert_int_equal(given->settings->win_length, 1024); /* resolved */
    assert_int_equal(given->max_batch, 5);
    assert_near(given->max_delay_ms, 2.5, 0);
    assert_int_equal(given->max_queue, 9);
    assert_int_equal(given->compute.place.threads, 3);
    assert_int_equal(given->decode.is_here, 1);
    assert_int_equal(given->decode.memory_bytes, 100 << 20);
    assert_string_equal(given->decode.program, "/proc/self/exe"); /* this code is in the program */
    earshot_close(&ear);
    assert_null(ear);
    assert_int_equal(stand_in.n_held, 0);
    assert_int_equal(stand_in.n_closed, 1);
    earshot_close(&ear);
    earshot_close(NULL);
}

/* Answered last to first, pulled first to last; what was pushed is copied; numbers count. */
static void test_order(void **state)
{
    (void)state;
    struct earshot *ear = open_network(NULL);
    struct earshot_result *result;
    int16_t pcm[3] = { 0 };
    assert_says(earshot_pull(ear, -1, &result), EARSHOT_END, "nothing was pushed");
    for (int i = 0; i < 4; i++) {
        pcm[0] = (int16_t)(i + 1);
        assert_int_equal(
            earshot_push_int16(ear, pcm, (size_t)i % 2 + 1, 8000 + i, i == 2 ? "two" : NULL, NULL),
            EARSHOT_OK);
        assert_int_equal(stand_in.asked[i]->wants, ASK_FEATURES);
    }
    assert_int_equal(earshot_waiting(ear), 4);
    for (int i = 3; i > 0; i--) answer(i, OK);
    assert_says(earshot_pull(ear, 0, &result), EARSHOT_TIMEOUT, "was not there within 0 s");
    assert_null(result);
    answer(0, OK);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(earshot_pull(ear, 0, &result), EARSHOT_OK);
        assert_int_equal(earshot_result_number(result), i);
        char name[32];
        snprintf(name, sizeof name, i == 2 ? "two" : "recording %d", i);
        assert_string_equal(earshot_result_name(result), name);
        assert_near(earshot_result_features(result)[0], i + 1, 0);
        assert_near(earshot_result_features(result)[1], 2 * (i % 2 + 1), 0);
        assert_near(earshot_result_seconds(result), 8000 + i, 0);
        assert_int_equal(earshot_result_columns(result), COLUMNS);
        assert_null(earshot_result_patch_scores(result));
        assert_true(isnan(earshot_result_score(result)));
        assert_int_equal(earshot_result_verdict(result), EARSHOT_UNDECIDED);
        earshot_release(&result);
        assert_null(result);
    }
    assert_int_equal(earshot_waiting(ear), 0);
    earshot_close(&ear);
}

/* A failed recording is pulled in its turn, with its code, its sentence and its name; the next goes on. */
static void test_failures(void **state)
{
    (void)state;
    static const struct {
        enum status status;
        enum earshot_status code;
    } rows[] = { { ERR_INPUT, EARSHOT_INPUT },       { ERR_POISON, EARSHOT_POISON },
                 { ERR_DEVICE, EARSHOT_DEVICE },     { ERR_MEMORY, EARSHOT_MEMORY },
                 { ERR_INTERNAL, EARSHOT_INTERNAL }, { OK, EARSHOT_OK } };
    enum { N = sizeof rows / sizeof *rows };
    struct earshot *ear = open_network(NULL);
    struct earshot_result *result;
    for (int i = 0; i < N; i++) {
        char name[16];
        snprintf(name, sizeof name, "r%d", i);
        assert_int_equal(earshot_push_bytes(ear, "x", 1, name, NULL), EARSHOT_OK);
        answer(i, rows[i].status);
    }
    for (int i = 0; i < N; i++) {
        assert_int_equal(earshot_pull(ear, -1, &result), rows[i].code);
        assert_non_null(result);
        assert_int_equal(earshot_result_name(result)[1], '0' + i);
        assert_int_equal(earshot_result_patches(result), rows[i].status == OK);
        if (rows[i].status != OK) {
            assert_non_null(strstr(earshot_error(), "it cannot be used"));
            assert_null(earshot_result_features(result));
        }
        earshot_release(&result);
    }
    earshot_close(&ear);
}

static void test_places(void **state)
{
    (void)state;
    struct earshot *ear = open_network("ahead=2");
    struct earshot_result *result;
    const float wave[1] = { 0 };
    assert_int_equal(earshot_push_float(ear, wave, 1, 16000, NULL, NULL), EARSHOT_OK);
    stand_in.refuses = ERR_MEMORY; /* a push that failed gives its place back */
    assert_says(earshot_push_float(ear, wave, 1, 16000, NULL, NULL), EARSHOT_MEMORY, "refuses");
    assert_int_equal(earshot_waiting(ear), 1);
    stand_in.refuses = OK;
    assert_int_equal(earshot_push_float(ear, wave, 1, 16000, NULL, NULL), EARSHOT_OK);
    assert_says(earshot_push_float(ear, wave, 1, 16000, NULL, NULL), EARSHOT_BUSY,
                "2 recordings were pushed");
    assert_int_equal(stand_in.n_asked, 2);
    answer(0, OK); /* done is not pulled */
    assert_says(earshot_push_float(ear, wave, 1, 16000, NULL, NULL), EARSHOT_BUSY, "makes room");
    assert_int_equal(earshot_pull(ear, -1, &result), EARSHOT_OK);
    earshot_release(&result);
    assert_int_equal(earshot_push_float(ear, wave, 1, 16000, NULL, NULL), EARSHOT_OK);
    earshot_close(&ear); /* with two that nobody pulled */
    assert_int_equal(stand_in.n_closed, 1);
}

static void *answer_later(void *context)
{
    (void)context;
    usleep(50000);
    answer(0, OK);
    return NULL;
}

/* Waiting ends with the answer, or with the time. */
static void test_waiting(void **state)
{
    (void)state;
    struct earshot *ear = open_network(NULL);
    struct earshot_result *result;
    pthread_t thread;
    assert_int_equal(earshot_push_bytes(ear, "x", 1, NULL, NULL), EARSHOT_OK);
    const double begin = clock_seconds();
    assert_int_equal(earshot_pull(ear, 0.03, &result), EARSHOT_TIMEOUT);
    assert_true(clock_seconds() - begin >= 0.03);
    assert_int_equal(pthread_create(&thread, NULL, answer_later, NULL), 0);
    assert_int_equal(earshot_pull(ear, 60, &result), EARSHOT_OK);
    pthread_join(thread, NULL);
    earshot_close(&ear);
    assert_near(earshot_result_features(result)[0], 'x', 0); /* a result outlives its handle */
    earshot_release(&result);
}

static void test_wrong_arguments(void **state)
{
    (void)state;
    struct earshot *ear = open_network(NULL);
    struct earshot_result *result;
    const int16_t pcm[1] = { 0 };
    char text[4];
    assert_says(earshot_push_int16(NULL, pcm, 1, 16000, NULL, NULL), EARSHOT_USAGE, "NULL");
    assert_says(earshot_push_int16(ear, NULL, 1, 16000, NULL, NULL), EARSHOT_USAGE, "NULL");
    assert_says(earshot_push_int16(ear, pcm, 0, 16000, NULL, NULL), EARSHOT_USAGE, "0 samples");
    assert_says(earshot_push_int16(ear, pcm, 1, 0, NULL, NULL), EARSHOT_USAGE, "sample rate 0");
    assert_says(earshot_push_int16(ear, pcm, (size_t)1 << 31, 16000, NULL, NULL), EARSHOT_USAGE, "at most");
    assert_says(earshot_push_int16(ear, pcm, 1, 16000, NULL, "fan"), EARSHOT_USAGE,
                "a network has no groups");
    assert_says(earshot_push_file(ear, "/nowhere/a.wav", NULL), EARSHOT_INPUT,
                "/nowhere/a.wav: cannot be opened");
    assert_says(earshot_push_file(ear, "/", NULL), EARSHOT_INPUT, "/: not a regular file");
    assert_says(earshot_push_file(ear, "/dev/null", NULL), EARSHOT_INPUT, "not a regular file");
    assert_says(earshot_push_file(ear, NULL, NULL), EARSHOT_USAGE, "NULL");
    assert_says(earshot_pull(ear, (double)NAN, &result), EARSHOT_USAGE, "not a number");
    assert_says(earshot_pull(NULL, 0, &result), EARSHOT_USAGE, "NULL");
    assert_says(earshot_pull(ear, 0, NULL), EARSHOT_USAGE, "NULL");
    assert_says(earshot_setting(ear, "nothing", text, sizeof text), EARSHOT_USAGE, "no setting");
    assert_says(earshot_judge(ear, NULL, 1, NULL, NULL), EARSHOT_USAGE, "a network judges nothing");
    assert_says(earshot_log(4), EARSHOT_USAGE, "level 4");
    assert_int_equal(earshot_waiting(ear), 0);
    assert_int_equal(earshot_columns(NULL), 0);
    assert_null(earshot_group(ear, 0));
    earshot_close(&ear);
}

static void test_settings(void **state)
{
    (void)state;
    char text[8];
    assert_ok(attributes_set_integer(&stand_in.provenance, "hop_length", 256));
    assert_ok(attributes_set_text(&stand_in.provenance, "network", "resnet18"));
    struct earshot *ear = open_network(NULL);
    assert_int_equal(earshot_setting(ear, "hop_length", text, sizeof text), EARSHOT_OK);
    assert_string_equal(text, "256");
    assert_says(earshot_setting(ear, "network", text, sizeof text), EARSHOT_USAGE,
                "8 letters, there is room for 8");
    earshot_close(&ear);
}

/* Two machines: the group must be named, or told by the path of a file. */
static void test_groups(void **state)
{
    (void)state;
    double normal[] = { 1, 2, 3, 4 }, percentile = 0;
    struct model_group groups[] = {
        { .name = (char[]){ "fan/id_00" },
          .machine = (char[]){ "fan" },
          .id = (char[]){ "id_00" },
          .snr = (char[]){ "" } },
        { .name = (char[]){ "pump/id_00" },
          .machine = (char[]){ "pump" },
          .id = (char[]){ "id_00" },
          .snr = (char[]){ "" } },
    };
    groups[1].calibration =
        (struct calibration){ .scores = normal, .n = 4, .method = CALIBRATION_QUANTILE, .threshold = 3.5 };
    stand_in.model = (struct model){ .groups = groups, .count = 2 };
    struct earshot *ear;
    enum earshot_verdict verdict;
    assert_int_equal(earshot_open_model(&ear, "some/m.h5", NULL, 0), EARSHOT_OK);
    assert_string_equal(stand_in.path, "model=some/m.h5");
    assert_int_equal(earshot_groups(ear), 2);
    assert_string_equal(earshot_group(ear, 1), "pump/id_00");
    assert_null(earshot_group(ear, 2));
    assert_says(earshot_push_bytes(ear, "x", 1, NULL, NULL), EARSHOT_USAGE, "pump/id_00");
    assert_says(earshot_push_bytes(ear, "x", 1, NULL, "valve"), EARSHOT_USAGE, "valve");
    assert_int_equal(earshot_push_bytes(ear, "x", 1, NULL, "pump"), EARSHOT_OK);
    assert_string_equal(stand_in.asked[0]->group, "pump/id_00");
    assert_int_equal(stand_in.asked[0]->wants, ASK_FEATURES | ASK_SCORES);
    assert_int_equal(earshot_judge(ear, "pump", 5, &percentile, &verdict), EARSHOT_OK);
    assert_int_equal(verdict, EARSHOT_NOT_NORMAL);
    assert_near(percentile, 0.8, 1e-12); /* 4 of 4 + 1 */
    assert_int_equal(earshot_judge(ear, "fan", 5, &percentile, &verdict), EARSHOT_OK);
    assert_int_equal(verdict, EARSHOT_UNDECIDED);
    assert_true(isnan(percentile));
    earshot_close(&ear);
}

static void test_words(void **state)
{
    (void)state;
    assert_int_equal(earshot_abi(), EARSHOT_ABI);
    assert_string_equal(earshot_version(), EARSHOT_VERSION);
    assert_string_equal(earshot_status_name(EARSHOT_END), "EARSHOT_END");
    assert_string_equal(earshot_status_name((enum earshot_status)99), "unknown");
    assert_int_equal(earshot_result_number(NULL), -1);
    assert_int_equal(earshot_result_patches(NULL), 0);
    assert_true(isnan(earshot_result_score(NULL)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_wrong_options, reset),
        cmocka_unit_test_setup(test_options_arrive, reset),
        cmocka_unit_test_setup(test_order, reset),
        cmocka_unit_test_setup(test_failures, reset),
        cmocka_unit_test_setup(test_places, reset),
        cmocka_unit_test_setup(test_waiting, reset),
        cmocka_unit_test_setup(test_wrong_arguments, reset),
        cmocka_unit_test_setup(test_settings, reset),
        cmocka_unit_test_setup(test_groups, reset),
        cmocka_unit_test_setup(test_words, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
