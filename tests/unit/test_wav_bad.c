/* Recordings that cannot be used: each fails with a sentence that says what, where, found and expected. */
#include "recording_files.h"

#include <fcntl.h>
#include <sys/stat.h>

/* libsndfile 1.2.0 loses libvorbis's tables where a truncated OGG cannot be opened. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:vorbis_info_init";
}

static void test_not_a_file(void **state)
{
    (void)state;
    const char *folder = in_folder("folder.wav"), *pipe = in_folder("pipe.wav");
    assert_int_equal(mkdir(folder, 0777), 0);
    assert_int_equal(mkfifo(pipe, 0666), 0);
    fails_to_read(in_folder("missing.wav"), "No such file");
    fails_to_read(folder, "a folder was found");
    fails_to_read(pipe, "not a regular file");
}

static void test_not_a_recording(void **state)
{
    (void)state;
    struct bytes bytes = { .size = 0 };
    fails_to_read(save(&bytes, 0, "empty.wav"), "the file is empty");
    put(&bytes, "These are words, and no recording at all. ", 42);
    fails_to_read(save(&bytes, 42, "text.wav"), "not a recording");
    fails_to_read(save(&bytes, 3, "short.wav"), "not a recording");

    bytes.size = 0;
    put(&bytes, "RIFF\0\0\0\0WAVE", 12);
    fails_to_read(save(&bytes, bytes.size, "bare.wav"), "it has no data chunk");
    put_data(&bytes, 10, 1);
    fails_to_read(save(&bytes, bytes.size, "formatless.wav"), "not a recording");
}

static void test_many_chunks_end(void **state)
{
    (void)state;
    const char *path = in_folder("chunks.wav");
    FILE *file = fopen(path, "wb");
    fwrite("RIFF\0\0\0\0WAVE", 1, 12, file);
    for (int i = 0; i < 20000; i++) fwrite("junk\0\0\0\0", 1, 8, file);
    fclose(file);
    fails_to_read(path, "it has no data chunk");
}

static void test_lying_data_size(void **state)
{
    (void)state;
    static const struct {
        unsigned size;
        const char *words;
    } cases[] = {
        { 0, "zero frames" },
        { 1, "zero frames" },
        { 202, "the header promises 202 bytes of samples, the file holds 200" },
        { 0x7fffffff, "truncated" },
        { 0xfffffffe, "truncated" },
        { 0xffffffff, "the header promises 4294967295 bytes of samples, the file holds 200" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int is_float = 0; is_float < 2; is_float++) {
            struct bytes bytes = { .size = 0 };
            put_start(&bytes, is_float ? (struct format){ 3, 1, 16000, 32, 0 } : mono);
            put_data(&bytes, 100, 1);
            for (int b = 0; b < 4; b++)
                bytes.at[bytes.size - 204 + (size_t)b] = (unsigned char)(cases[i].size >> 8 * b);
            fails_to_read(save(&bytes, bytes.size, "lying.wav"), cases[i].words);
        }
}

static void test_lying_format(void **state)
{
    (void)state;
    static const struct format cases[] = {
        { 1, 0, 16000, 16, 0 },     { 1, 1, 0, 16, 0 },      { 1, 1, 0xffffffff, 16, 0 },
        { 1, 65535, 16000, 16, 0 }, { 77, 1, 16000, 16, 0 }, { 0xfffe, 1, 16000, 16, 99 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes bytes = { .size = 0 };
        put_start(&bytes, cases[i]);
        put_data(&bytes, 100, 1);
        fails_to_read(save(&bytes, bytes.size, "format.wav"), ": ");
    }
}

static void test_lying_chunk_size(void **state)
{
    (void)state;
    struct bytes bytes = { .size = 0 };
    put_start(&bytes, mono);
    put(&bytes, "LIST\xff\xff\xff\xffINFO", 12);
    put_data(&bytes, 100, 1);
    fails_to_read(save(&bytes, bytes.size, "chunk.wav"), "its chunk \"LIST\" promises 4294967295 bytes");
}

/* Every beginning of a small file is an error, or (past the samples) the right samples. */
static void truncate_everywhere(const struct bytes *bytes, size_t samples_end, const char *name)
{
    for (size_t size = 0; size <= bytes->size; size++) {
        const char *path = save(bytes, size, name);
        if (size < samples_end)
            fails_to_read(path, ": ");
        else
            assert_as_sndfile(path, 0, strcmp(name, "float.wav") != 0);
    }
}

static void test_truncated_everywhere(void **state)
{
    (void)state;
    const struct format formats[] = { mono, eight, { 3, 1, 16000, 32, 0 } };
    const char *const names[] = { "mono.wav", "eight.wav", "float.wav" };
    for (int i = 0; i < 3; i++) {
        struct bytes bytes = { .size = 0 };
        put_start(&bytes, formats[i]);
        put_chunk(&bytes, "odd ", "abc", 3);
        if (i < 2)
            put_data(&bytes, 10, (int)formats[i].channels);
        else
            put_chunk(&bytes, "data", a_tone(), 40);
        const size_t samples_end = bytes.size;
        put_chunk(&bytes, "LIST", "INFOISFT\4\0\0\0abc", 16);
        truncate_everywhere(&bytes, samples_end, names[i]);
    }
}

static void test_truncated_by_sndfile_formats(void **state)
{
    (void)state;
    static const int formats[] = { SF_FORMAT_WAV | SF_FORMAT_PCM_24,  SF_FORMAT_WAV | SF_FORMAT_IMA_ADPCM,
                                   SF_FORMAT_FLAC | SF_FORMAT_PCM_16, SF_FORMAT_AIFF | SF_FORMAT_PCM_16,
                                   SF_FORMAT_AU | SF_FORMAT_PCM_16,   SF_FORMAT_W64 | SF_FORMAT_PCM_16,
                                   SF_FORMAT_CAF | SF_FORMAT_PCM_16,  SF_FORMAT_RF64 | SF_FORMAT_PCM_16,
                                   SF_FORMAT_OGG | SF_FORMAT_VORBIS };
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        const char *path = save_sndfile("cut.any", formats[i], 1, a_tone(), N_FRAMES);
        struct stat found;
        assert_int_equal(stat(path, &found), 0);
        assert_int_equal(truncate(path, found.st_size * 6 / 10), 0);
        fails_to_read(path, ": ");
    }
}

static void test_truncated_while_open(void **state)
{
    (void)state;
    for (int channels = 1; channels <= 8; channels += 7) {
        struct bytes bytes = { .size = 0 };
        struct samples samples = { 0 };
        struct wav *wav;
        put_start(&bytes, channels == 1 ? mono : eight);
        put_data(&bytes, 200, channels);
        const char *path = save(&bytes, bytes.size, "shrinking.wav");
        assert_ok(wav_open(&wav, path));
        assert_int_equal(truncate(path, 300), 0);
        assert_fails(wav_read(wav, 0, &samples), ERR_INPUT, "truncated while it was read");
        samples_release(&samples);
        wav_close(&wav);
    }
}

static void test_flac_that_lies(void **state)
{
    (void)state;
    const char *path = save_sndfile("lying.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1, a_tone(), N_FRAMES);
    /* STREAMINFO's number of samples: 36 bits that end at byte 26 */
    static const struct {
        unsigned char bytes[4];
        const char *words;
    } cases[] = { { { 0xff, 0xff, 0xff, 0xff }, "the header promises" },
                  { { 0x00, 0xff, 0xff, 0xff },
                    "the header promises 16777215 frames, 3000 could be decoded" },
                  { { 0, 0, 0, 0 }, ": " } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int file = open(path, O_WRONLY);
        assert_int_equal(pwrite(file, cases[i].bytes, 4, 22), 4);
        close(file);
        fails_to_read(path, cases[i].words);
    }
}

static void test_not_finite(void **state)
{
    (void)state;
    const struct {
        float bad;
        const char *words;
    } cases[] = { { NAN, "sample 1234 is NaN" },
                  { INFINITY, "sample 1234 is infinite" },
                  { -INFINITY, "sample 1234 is infinite" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float frames[N_FRAMES];
        memcpy(frames, a_tone(), sizeof frames);
        frames[1234] = frames[2345] = cases[i].bad;
        fails_to_read(save_sndfile("bad.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 1, frames, N_FRAMES),
                      cases[i].words);
    }
}

static void test_channel_that_is_not_there(void **state)
{
    (void)state;
    struct bytes bytes = { .size = 0 };
    struct samples samples = { 0 };
    struct wav_info info;
    put_start(&bytes, eight);
    put_data(&bytes, 10, 8);
    const char *path = save(&bytes, bytes.size, "eight.wav");
    assert_fails(read_all(path, 8, &samples, &info), ERR_INPUT,
                 "channel 8 was asked for, the recording has 8");
    assert_fails(read_all(path, -3, &samples, &info), ERR_INPUT, "channel -3");
    samples_release(&samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_a_file),           cmocka_unit_test(test_not_a_recording),
        cmocka_unit_test(test_many_chunks_end),      cmocka_unit_test(test_lying_data_size),
        cmocka_unit_test(test_lying_format),         cmocka_unit_test(test_lying_chunk_size),
        cmocka_unit_test(test_truncated_everywhere), cmocka_unit_test(test_truncated_by_sndfile_formats),
        cmocka_unit_test(test_truncated_while_open), cmocka_unit_test(test_flac_that_lies),
        cmocka_unit_test(test_not_finite),           cmocka_unit_test(test_channel_that_is_not_there),
    };
    return cmocka_run_group_tests_name("wav_bad", tests, NULL, NULL);
}
