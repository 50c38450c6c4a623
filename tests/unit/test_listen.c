/* What `listen` is made of: windows of a stream whatever pieces it comes in, a watched folder, an alarm. */
#include "test.h"

#include "cli/listen_alarm.h"
#include "cli/listen_stream.h"
#include "cli/listen_watch.h"
#include "core/clock.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

/* ----------------------------------------------------------------------------------------------- alarm */

static void test_smoothing(void **state)
{
    (void)state;
    struct alarm plain = { .after = 1 }, smooth = { .after = 1, .smooth_s = 2 };
    const double scores[] = { 4, 0, 0, 0 };
    for (int i = 0; i < 4; i++) {
        alarm_hear(&plain, scores[i], 1);
        alarm_hear(&smooth, scores[i], 1);
        assert_near(plain.smoothed, scores[i], 0);
        assert_near(smooth.smoothed, 4 * exp(-i / 2.0), 1e-12); /* the first score is where it begins */
    }
    alarm_hear(&smooth, 0, 3); /* twice the time, twice as far */
    assert_near(smooth.smoothed, 4 * exp(-6 / 2.0), 1e-12);
}

/* a: above, m: in the middle, l: low; what the alarm then is. */
static const struct {
    int after;
    const char *heard, *is_on;
    int n_alarms;
} alarms[] = {
    { 1, "malmla", "010001", 2 },     { 1, "amamal", "111110", 1 }, { 3, "aamaaamml", "000001110", 1 },
    { 2, "alaalaal", "00010010", 2 }, { 3, "aa", "00", 0 },         { 2, "aamlmaa", "0110001", 2 },
};

static void test_alarms(void **state)
{
    (void)state;
    for (size_t row = 0; row < sizeof alarms / sizeof *alarms; row++) {
        struct alarm alarm = { .after = alarms[row].after };
        for (int i = 0; alarms[row].heard[i]; i++) {
            alarm_decide(&alarm, alarms[row].heard[i] == 'a', alarms[row].heard[i] == 'l');
            if (alarm.is_on != alarms[row].is_on[i] - '0') fail_msg("row %zu: wrong at %d", row, i);
        }
        assert_int_equal(alarm.n_alarms, alarms[row].n_alarms);
    }
}

/* ---------------------------------------------------------------------------------------------- stream */

enum { N_FRAMES = 1000 };

/* Sample i of channel c, exact in both formats. */
static int value(int i, int c)
{
    return i * 13 % 4001 - 2000 + 100 * c;
}

/* Writes the whole stream into a pipe in pieces of odd sizes, and `extra` bytes. */
struct written {
    int end, is_float, channels, extra;
};

static void *write_stream(void *context)
{
    const struct written *w = context;
    static unsigned char bytes[N_FRAMES * 3 * 4 + 8];
    size_t size = 0;
    for (int i = 0; i < N_FRAMES * w->channels; i++) {
        const int number = value(i / w->channels, i % w->channels);
        const float real = (float)(number / 32768.0);
        const int16_t whole = (int16_t)number;
        memcpy(bytes + size, w->is_float ? (const void *)&real : &whole, w->is_float ? 4 : 2);
        size += w->is_float ? 4 : 2;
    }
    size += (size_t)w->extra;
    for (size_t done = 0, piece = 1; done < size; done += piece, piece = piece * 3 % 1021 + 1) {
        if (piece > size - done) piece = size - done;
        assert_int_equal(write(w->end, bytes + done, piece), (ssize_t)piece);
    }
    close(w->end);
    return NULL;
}

static const struct {
    int is_float, channels, channel, length, hop, extra;
} streams[] = {
    { 0, 1, 0, 100, 100, 0 },        { 0, 1, 0, 100, 30, 1 },           { 1, 1, 0, 64, 16, 3 },
    { 0, 2, 1, 100, 7, 3 },          { 0, 3, STREAM_MEAN, 99, 200, 0 }, { 1, 2, STREAM_MEAN, 1000, 5, 7 },
    { 0, 1, STREAM_MEAN, 10, 3, 0 }, { 0, 1, 0, 1001, 1, 0 },
};

static float expected(int row, int i)
{
    const int channels = streams[row].channels;
    double sum = 0;
    if (streams[row].channel != STREAM_MEAN) return (float)(value(i, streams[row].channel) / 32768.0);
    for (int c = 0; c < channels; c++) sum += value(i, c);
    return (float)(sum / (32768.0 * channels));
}

static void assert_window(int row, const struct stream_window *window, int number)
{
    assert_int_equal(window->n, streams[row].length);
    assert_int_equal(window->first, (long long)number * streams[row].hop);
    for (int i = 0; i < window->n; i++) {
        const float found = window->wave ? window->wave[i] : (float)(window->pcm[i] / 32768.0);
        if (found != expected(row, (int)window->first + i))
            fail_msg("row %d, window %d: sample %d", row, number, i);
    }
}

static void test_windows(void **state)
{
    (void)state;
    static atomic_int stop;
    for (int row = 0; row < (int)(sizeof streams / sizeof *streams); row++) {
        int ends[2], number = 0;
        pthread_t thread;
        struct stream *stream;
        struct stream_window window;
        const struct stream_format format = { streams[row].is_float, streams[row].channels,
                                              streams[row].channel };
        assert_int_equal(pipe(ends), 0);
        struct written written = { ends[1], format.is_float, format.channels, streams[row].extra };
        assert_int_equal(pthread_create(&thread, NULL, write_stream, &written), 0);
        assert_ok(stream_open(&stream, ends[0], &format, streams[row].length, streams[row].hop));
        for (;; number++) {
            assert_ok(stream_next(stream, &stop, &window));
            if (window.n == 0) break;
            assert_window(row, &window, number);
        }
        pthread_join(thread, NULL);
        const int whole = N_FRAMES - streams[row].length;
        assert_int_equal(number, whole < 0 ? 0 : 1 + whole / streams[row].hop);
        assert_int_equal(stream_samples(stream), N_FRAMES);
        assert_int_equal(stream_left_bytes(stream), streams[row].extra);
        stream_close(&stream);
        close(ends[0]);
    }
}

/* A stream that is silent for ever ends when it is told to. */
static void *stop_later(void *context)
{
    usleep(50000);
    *(atomic_int *)context = 1;
    return NULL;
}

static void test_stop(void **state)
{
    (void)state;
    static atomic_int stop;
    int ends[2];
    pthread_t thread;
    struct stream *stream;
    struct stream_window window;
    const struct stream_format format = { 0, 1, 0 };
    assert_int_equal(pipe(ends), 0);
    assert_ok(stream_open(&stream, ends[0], &format, 10, 10));
    assert_int_equal(pthread_create(&thread, NULL, stop_later, (void *)&stop), 0);
    assert_ok(stream_next(stream, &stop, &window));
    assert_int_equal(window.n, 0);
    pthread_join(thread, NULL);
    stream_close(&stream);
    close(ends[0]);
    close(ends[1]);
}

static void test_unreadable(void **state)
{
    (void)state;
    static atomic_int stop;
    struct stream *stream;
    struct stream_window window;
    const int folder = open("/", O_RDONLY);
    assert_ok(stream_open(&stream, folder, &(struct stream_format){ 0, 1, 0 }, 10, 10));
    assert_fails(stream_next(stream, &stop, &window), ERR_INPUT, "the stream cannot be read: Is a directory");
    stream_close(&stream);
    close(folder);
}

/* ---------------------------------------------------------------------------------------------- folder */

static void put_file(const char *folder, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    const int file = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(file >= 0);
    close(file);
}

static void rename_file(const char *folder, const char *from, const char *to)
{
    char old[256], new[256];
    snprintf(old, sizeof old, "%s/%s", folder, from);
    snprintf(new, sizeof new, "%s/%s", folder, to);
    assert_int_equal(rename(old, new), 0);
}

static void assert_next(struct watch *watch, const char *folder, const char *name)
{
    static atomic_int stop;
    char path[256];
    const char *found;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(watch_next(watch, &stop, &found));
    assert_string_equal(found, path);
}

static void test_watch(void **state)
{
    (void)state;
    static atomic_int stop;
    char folder[64];
    struct watch *watch;
    const char *path;
    snprintf(folder, sizeof folder, "%s", test_folder());
    put_file(folder, "before.wav");
    assert_ok(watch_open(&watch, folder));
    put_file(folder, "a.wav");
    put_file(folder, "notes.txt");
    put_file(folder, ".hidden.wav");
    put_file(folder, "b.wav.part");
    rename_file(folder, "b.wav.part", "b.wav");
    put_file(folder, "c.FLAC");
    assert_next(watch, folder, "a.wav");
    assert_next(watch, folder, "b.wav");
    assert_next(watch, folder, "c.FLAC");
    char moved[80];
    snprintf(moved, sizeof moved, "%s-moved", folder);
    assert_int_equal(rename(folder, moved), 0);
    assert_fails(watch_next(watch, &stop, &path), ERR_INPUT, "the folder is gone");
    watch_close(&watch);
    assert_fails(watch_open(&watch, "/nowhere"), ERR_INPUT, "/nowhere: it cannot be watched");
    watch_close(&watch);
    assert_fails(watch_open(&watch, "/dev/null"), ERR_INPUT, "it cannot be watched");
    watch_close(&watch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_smoothing), cmocka_unit_test(test_alarms),     cmocka_unit_test(test_windows),
        cmocka_unit_test(test_stop),      cmocka_unit_test(test_unreadable), cmocka_unit_test(test_watch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
