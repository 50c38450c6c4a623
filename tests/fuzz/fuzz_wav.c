/* A recording's bytes through our own path, as an upload brings them: chunks, format, samples. What our path does not
 * take is libsndfile's, which the program runs in a helper process because it may crash (decode.h); it ends here. */
#include "fuzz.h"

#include "io/wav_pcm16.h"

#include <fcntl.h>
#include <unistd.h>

static int is_ours(const char *path, size_t size)
{
    struct riff riff;
    struct wav_info info;
    int is_riff = 0;
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    const int is_scanned = fuzz_ok(riff_scan(file, (long long)size, "input.wav", &riff, &is_riff));
    close(file);
    return !is_scanned || (is_riff && wav_pcm16_takes(&riff, &info));
}

static void read_all(struct wav *wav)
{
    struct samples samples = { 0 };
    const int channels = wav_info(wav)->channels;
    const int chosen[] = { CHANNEL_MEAN, 0, channels - 1, channels };
    for (int i = 0; i < 4; i++) (void)fuzz_ok(wav_read(wav, chosen[i], &samples));
    samples_release(&samples);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wav *wav = NULL;
    if (!is_ours(fuzz_file(data, size), size)) return 0;
    if (fuzz_ok(wav_open_bytes(&wav, data, size, "input.wav", NULL))) read_all(wav);
    wav_close(&wav);
    return 0;
}
