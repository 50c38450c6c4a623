/* Decoding in helper processes: the same samples and sentences as in this one, and nothing that a recording
 * does to a helper reaches us. sf_open_virtual is poison_sndfile.c's. */
#include "recording_files.h"

#include "io/decode.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct decode_pool *open_pool(double seconds, int mib)
{
    struct decode_pool *pool;
    const struct decode_limits limits = { .seconds = seconds, .memory_bytes = (long long)mib << 20 };
    assert_ok(decode_pool_open(&pool, &limits));
    return pool;
}

/* No process of ours is left. */
static void close_pool(struct decode_pool **pool)
{
    decode_pool_close(pool);
    assert_null(*pool);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static enum status read_apart(struct decode_pool *pool, const char *path, int channel,
                              struct samples *samples)
{
    struct wav *wav;
    TRY(wav_open_apart(&wav, path, pool));
    const enum status status = wav_read(wav, channel, samples);
    wav_close(&wav);
    return status;
}

static const int formats[] = { SF_FORMAT_WAV | SF_FORMAT_FLOAT,   SF_FORMAT_WAV | SF_FORMAT_PCM_24,
                               SF_FORMAT_FLAC | SF_FORMAT_PCM_16, SF_FORMAT_AIFF | SF_FORMAT_PCM_16,
                               SF_FORMAT_OGG | SF_FORMAT_VORBIS,  SF_FORMAT_W64 | SF_FORMAT_FLOAT };
enum { N_FORMATS = sizeof formats / sizeof *formats };

static void assert_same_apart(struct decode_pool *pool, const char *path, int channel)
{
    struct samples apart = { 0 }, here = { 0 };
    struct wav_info info;
    assert_ok(read_apart(pool, path, channel, &apart));
    assert_ok(read_all(path, channel, &here, &info));
    assert_int_equal(apart.n_samples, here.n_samples);
    assert_int_equal(apart.sample_rate, here.sample_rate);
    assert_int_equal(apart.format, here.format);
    assert_memory_equal(apart.wave, here.wave, (size_t)here.n_samples * sizeof(float));
    assert_string_equal(apart.hash, here.hash);
    samples_release(&apart);
    samples_release(&here);
}

static void test_same_samples_from_one_helper(void **state)
{
    (void)state;
    struct decode_pool *pool = open_pool(0, 0);
    assert_int_equal(decode_pool_started(pool), 0);
    for (int i = 0; i < N_FORMATS; i++) {
        const char *path = save_sndfile("good.any", formats[i], 2, a_tone(), N_FRAMES);
        for (int channel = CHANNEL_MEAN; channel < 2; channel++) assert_same_apart(pool, path, channel);
    }
    assert_int_equal(decode_pool_started(pool), 1);
    close_pool(&pool);
}

static void test_our_own_path_needs_none(void **state)
{
    (void)state;
    struct decode_pool *pool = open_pool(0, 0);
    struct bytes bytes = { .size = 0 };
    struct samples samples = { 0 };
    put_start(&bytes, mono);
    put_data(&bytes, 100, 1);
    assert_ok(read_apart(pool, save(&bytes, bytes.size, "pcm.wav"), 0, &samples));
    assert_int_equal(samples.pcm[99], value_at(99, 0));
    assert_int_equal(decode_pool_started(pool), 0);
    samples_release(&samples);
    close_pool(&pool);
}

/* In a library the helper is a program that was found, or was not. */
static void test_named_programs(void **state)
{
    (void)state;
    static const struct {
        const char *program, *words;
    } rows[] = { { "", "there is no program to decode in" },
                 { "/nowhere/earshot", "a decoding helper could not be started: No such file" },
                 { "/bin/true", "a decoding helper ended before it began" } };
    const char *path = save_sndfile("good.flac", formats[2], 1, a_tone(), N_FRAMES);
    struct samples samples = { 0 };
    struct decode_pool *pool;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_ok(decode_pool_open(&pool, &(struct decode_limits){ .program = rows[i].program }));
        assert_fails(read_apart(pool, path, 0, &samples), ERR_INTERNAL, rows[i].words);
        close_pool(&pool);
    }
    assert_ok(decode_pool_open(&pool, &(struct decode_limits){ .is_here = 1 }));
    assert_null(pool);
    assert_ok(read_apart(pool, path, 0, &samples));
    assert_int_equal(decode_pool_started(pool), 0);
    decode_pool_close(&pool);
    samples_release(&samples);
}

static void test_bytes_in_memory(void **state)
{
    (void)state;
    struct decode_pool *pool = open_pool(0, 0);
    const char *path = save_sndfile("upload.flac", formats[2], 1, a_tone(), N_FRAMES);
    char bytes[16384];
    const int file = open(path, O_RDONLY);
    const ssize_t size = read(file, bytes, sizeof bytes);
    close(file);
    assert_true(size > 0 && size < (ssize_t)sizeof bytes);

    for (int is_apart = 0; is_apart < 2; is_apart++) {
        struct samples from_bytes = { 0 }, from_file = { 0 };
        struct decode_pool *helpers = is_apart ? pool : NULL;
        struct wav *wav;
        assert_ok(wav_open_bytes(&wav, bytes, (size_t)size, "upload 1", helpers));
        assert_ok(wav_read(wav, 0, &from_bytes));
        wav_close(&wav);
        assert_ok(read_apart(pool, path, 0, &from_file));
        assert_string_equal(from_bytes.hash, from_file.hash);
        assert_fails(wav_open_bytes(&wav, bytes, 0, "upload 2", helpers), ERR_INPUT,
                     "upload 2: the file is empty");
        assert_fails(wav_open_bytes(&wav, "nothing", 7, "upload 3", helpers), ERR_INPUT,
                     "upload 3: not a recording");
        samples_release(&from_bytes);
        samples_release(&from_file);
    }
    close_pool(&pool);
}

static const char *save_text(const char *text)
{
    struct bytes bytes = { .size = 0 };
    put(&bytes, text, strlen(text));
    return save(&bytes, bytes.size, "poison.any");
}

static void test_poison(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "POISON hang", "poison.any: decoding it hung: no samples for 2 s" },
        { "POISON spin", "poison.any: decoding it hung: no samples for 2 s" },
        { "POISON abort", "poison.any: decoding it crashed (SIGABRT)" },
        { "POISON crash", "poison.any: decoding it crashed" },
        { "POISON exit", "poison.any: decoding it crashed" },
    };
    enum { N_CASES = sizeof cases / sizeof *cases };
    struct decode_pool *pool = open_pool(2, 0);
    char good[160];
    snprintf(good, sizeof good, "%s", save_sndfile("good.flac", formats[2], 1, a_tone(), N_FRAMES));
    for (int i = 0; i < N_CASES; i++) {
        struct samples samples = { 0 };
        assert_fails(read_apart(pool, save_text(cases[i].text), 0, &samples), ERR_POISON, cases[i].words);
        assert_ok(read_apart(pool, good, 0, &samples));
        assert_int_equal(samples.n_samples, N_FRAMES);
        assert_int_equal(decode_pool_started(pool), i + 2);
        samples_release(&samples);
    }
    close_pool(&pool);
}

static void test_memory_without_end(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    test_skip("AddressSanitizer's own address space cannot be limited");
#else
    struct decode_pool *pool = open_pool(20, 64);
    struct samples samples = { 0 };
    assert_fails(read_apart(pool, save_text("POISON grow"), 0, &samples), ERR_POISON,
                 "decoding it crashed (SIGABRT)");
    samples_release(&samples);
    close_pool(&pool);
#endif
}

/* A float WAV whose first samples are the bytes of `word`: it can be decoded. */
static const char *save_poisoned(const char *word)
{
    float frames[N_FRAMES];
    memcpy(frames, a_tone(), sizeof frames);
    memcpy(frames, word, strlen(word));
    return save_sndfile("poisoned.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 1, frames, N_FRAMES);
}

static void test_grown_helper_is_replaced(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    test_skip("AddressSanitizer's own address space cannot be measured");
#else
    struct decode_pool *pool = open_pool(20, 128);
    const char *leaking = save_poisoned("POISON leak.");
    for (int i = 0; i < 4; i++) {
        struct samples samples = { 0 };
        assert_ok(read_apart(pool, leaking, 0, &samples));
        assert_int_equal(decode_pool_started(pool), i + 1);
        samples_release(&samples);
    }
    close_pool(&pool);
#endif
}

/* The next attempt may succeed. */
static void test_once(void **state)
{
    (void)state;
    struct decode_pool *pool = open_pool(20, 0);
    struct samples samples = { 0 };
    setenv("POISON_MARK", in_folder("mark"), 1);
    const char *path = save_poisoned("POISON once.");
    assert_fails(read_apart(pool, path, 0, &samples), ERR_POISON, "SIGABRT");
    assert_ok(read_apart(pool, path, 0, &samples));
    assert_int_equal(samples.n_samples, N_FRAMES);
    samples_release(&samples);
    close_pool(&pool);
}

/* The system may end a process that does nothing; no recording has to do with that. */
static void test_idle_helper_is_killed(void **state)
{
    (void)state;
    struct decode_pool *pool = open_pool(20, 0);
    struct samples samples = { 0 };
    const char *good = save_sndfile("good.flac", formats[2], 1, a_tone(), N_FRAMES);
    assert_ok(read_apart(pool, good, 0, &samples));
    char path[64], children[64] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *file = fopen(path, "r");
    if (!file || !fgets(children, sizeof children, file)) test_skip("this system does not tell children");
    fclose(file);
    const pid_t helper = (pid_t)strtol(children, NULL, 10);
    assert_true(helper > 0);
    assert_int_equal(kill(helper, SIGTERM), 0); /* blocked: it goes on */
    assert_ok(read_apart(pool, good, 0, &samples));
    assert_int_equal(decode_pool_started(pool), 1);
    assert_int_equal(kill(helper, SIGKILL), 0);
    siginfo_t how;
    assert_int_equal(waitid(P_PID, (id_t)helper, &how, WEXITED | WNOWAIT), 0);
    assert_ok(read_apart(pool, good, 0, &samples));
    assert_int_equal(decode_pool_started(pool), 2);
    samples_release(&samples);
    close_pool(&pool);
}

static void *read_many(void *argument)
{
    struct decode_pool *pool = argument;
    struct samples samples = { 0 };
    const char *names[] = { "thread-0.any", "thread-1.any", "thread-2.any" };
    char path[200];
    long wrong = 0;
    for (int i = 0; i < 60; i++) {
        snprintf(path, sizeof path, "%s", names[i % 3]);
        wrong += read_apart(pool, path, 0, &samples) != OK || samples.n_samples != N_FRAMES;
    }
    samples_release(&samples);
    return (void *)wrong;
}

static void test_many_threads(void **state)
{
    (void)state;
    enum { THREADS = 8 };
    struct decode_pool *pool = open_pool(20, 0);
    pthread_t threads[THREADS];
    char here[256];
    assert_non_null(getcwd(here, sizeof here));
    for (int i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof name, "thread-%d.any", i);
        save_sndfile(name, formats[i == 1 ? 0 : 2], 1, a_tone(), N_FRAMES);
    }
    char folder[256];
    snprintf(folder, sizeof folder, "%s", in_folder(""));
    assert_int_equal(chdir(folder), 0);
    for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&threads[i], NULL, read_many, pool), 0);
    for (int i = 0; i < THREADS; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    assert_int_equal(chdir(here), 0);
    assert_in_range(decode_pool_started(pool), 1, THREADS);
    close_pool(&pool);
}

/* Every beginning of a small file is either refused or, where what is missing was no sample, all there. */
static void test_truncated_everywhere(void **state)
{
    (void)state;
    static const int small[] = { SF_FORMAT_WAV | SF_FORMAT_FLOAT, SF_FORMAT_FLAC | SF_FORMAT_PCM_16,
                                 SF_FORMAT_OGG | SF_FORMAT_VORBIS, SF_FORMAT_AIFF | SF_FORMAT_PCM_16 };
    struct decode_pool *pool = open_pool(20, 0);
    for (size_t f = 0; f < sizeof small / sizeof *small; f++) {
        struct stat found;
        int n_good = 0;
        const char *path = save_sndfile("cut.any", small[f], 1, a_tone(), 100);
        assert_int_equal(stat(path, &found), 0);
        for (long long size = found.st_size; size >= 0; size--) {
            struct samples samples = { 0 };
            assert_int_equal(truncate(path, size), 0);
            const enum status status = read_apart(pool, path, 0, &samples);
            if (status == OK)
                assert_int_equal(samples.n_samples, 100);
            else
                assert_int_equal(status, ERR_INPUT);
            n_good += status == OK;
            samples_release(&samples);
        }
        assert_in_range(n_good, 1, 8);
    }
    assert_int_equal(decode_pool_started(pool), 1);
    close_pool(&pool);
}

/* A number of `n` bytes, most significant first or last, into the file. */
static void patch_number(const char *path, off_t at, unsigned long long number, int n, int is_big)
{
    unsigned char bytes[8];
    for (int i = 0; i < n; i++) bytes[is_big ? n - 1 - i : i] = (unsigned char)(number >> 8 * i);
    const int file = open(path, O_WRONLY);
    assert_int_equal(pwrite(file, bytes, (size_t)n, at), n);
    close(file);
}

/* Where the word first stands in the file. */
static off_t find_word(const char *path, const char *word)
{
    char bytes[4096];
    const int file = open(path, O_RDONLY);
    const ssize_t size = read(file, bytes, sizeof bytes);
    close(file);
    const char *found = memmem(bytes, (size_t)size, word, strlen(word));
    assert_non_null(found);
    return found - bytes;
}

static void test_claims_of_gigabytes(void **state)
{
    (void)state;
    static const struct {
        int format;
        const char *chunk;
        int at, size, is_big; /* of the number, behind the chunk's name */
        unsigned long long claim;
    } cases[] = {
        { SF_FORMAT_WAV | SF_FORMAT_FLOAT, "data", 4, 4, 0, 0xfffffff0 },
        { SF_FORMAT_W64 | SF_FORMAT_FLOAT, "data", 16, 8, 0, 8ull << 30 },
        { SF_FORMAT_CAF | SF_FORMAT_FLOAT, "data", 4, 8, 1, 8ull << 30 },
        { SF_FORMAT_AIFF | SF_FORMAT_PCM_16, "SSND", 4, 4, 1, 0xfffffff0 },
        { SF_FORMAT_FLAC | SF_FORMAT_PCM_16, "fLaC", 22, 4, 1, 8ull << 28 },
    };
    struct decode_pool *pool = open_pool(20, 64);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct samples samples = { 0 };
        const char *path = save_sndfile("claims.any", cases[i].format, 1, a_tone(), N_FRAMES);
        const off_t at = find_word(path, cases[i].chunk) + cases[i].at;
        patch_number(path, at, cases[i].claim, cases[i].size, cases[i].is_big);
        assert_fails(read_apart(pool, path, 0, &samples), ERR_INPUT, "claims.any: ");
        assert_true(samples.capacity < 1 << 20);
        samples_release(&samples);
    }
    assert_int_equal(decode_pool_started(pool), 1);
    close_pool(&pool);
}

int main(void)
{
    if (decode_helper_is_wanted()) return decode_helper_run();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_samples_from_one_helper),
        cmocka_unit_test(test_our_own_path_needs_none),
        cmocka_unit_test(test_named_programs),
        cmocka_unit_test(test_bytes_in_memory),
        cmocka_unit_test(test_poison),
        cmocka_unit_test(test_memory_without_end),
        cmocka_unit_test(test_grown_helper_is_replaced),
        cmocka_unit_test(test_once),
        cmocka_unit_test(test_idle_helper_is_killed),
        cmocka_unit_test(test_many_threads),
        cmocka_unit_test(test_truncated_everywhere),
        cmocka_unit_test(test_claims_of_gigabytes),
    };
    return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
