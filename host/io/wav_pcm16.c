#include "io/wav_pcm16.h"

#include "io/pcm16.h"

#include <limits.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "samples are taken as they lie in the file");

enum { FORMAT_PCM = 1, FORMAT_EXTENSIBLE = 0xfffe, BLOCK = 32768 };

/* The sub-format of WAVE_FORMAT_EXTENSIBLE after its first two bytes, which are a plain format tag
 * (KSDATAFORMAT_SUBTYPE_PCM). */
static const unsigned char subtype_rest[14] = { 0, 0, 0, 0, 16, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71 };

static int is_pcm(const struct riff *riff)
{
    if (riff->format_size < 16) return 0;
    const int tag = riff_u16(riff->format);
    if (tag != FORMAT_EXTENSIBLE) return tag == FORMAT_PCM;
    return riff->format_size >= 40 && riff_u16(riff->format + 24) == FORMAT_PCM &&
           memcmp(riff->format + 26, subtype_rest, sizeof subtype_rest) == 0;
}

int wav_pcm16_takes(const struct riff *riff, struct wav_info *info)
{
    if (!is_pcm(riff)) return 0;
    const int channels = riff_u16(riff->format + 2), frame_bytes = riff_u16(riff->format + 12),
              bits = riff_u16(riff->format + 14);
    const uint32_t sample_rate = riff_u32(riff->format + 4);
    if (bits != 16 || channels == 0 || channels > BLOCK || frame_bytes != 2 * channels) return 0;
    if (sample_rate == 0 || sample_rate > INT_MAX) return 0;
    *info = (struct wav_info){ .sample_rate = (int)sample_rate,
                               .channels = channels,
                               .n_samples = riff->data_size / frame_bytes,
                               .is_pcm16 = 1 };
    return 1;
}

/* The sum is exact and rounded once. */
static void average(const int16_t *frames, int n_frames, int channels, float *out)
{
    const double full_scale = 32768.0 * channels;
    for (int i = 0; i < n_frames; i++) {
        int sum = 0;
        for (int c = 0; c < channels; c++) sum += frames[(size_t)i * channels + c];
        out[i] = (float)(sum / full_scale);
    }
}

enum status wav_pcm16_read(int file, const char *path, const struct riff *riff, const struct wav_info *info,
                           int channel, struct samples *samples)
{
    const int channels = info->channels, is_mean = channel == CHANNEL_MEAN && channels > 1;
    const size_t sample_bytes = is_mean ? sizeof(float) : sizeof(int16_t);
    TRY(samples_reserve(samples, (size_t)info->n_samples * sample_bytes));
    samples->format = is_mean ? SAMPLE_FLOAT : SAMPLE_INT16;
    if (channels == 1)
        return riff_read(file, path, samples->pcm, (size_t)info->n_samples * sizeof(int16_t),
                         riff->data_offset);

    int16_t block[BLOCK];
    const int block_frames = BLOCK / channels;
    const size_t frame_bytes = (size_t)channels * sizeof(int16_t);
    for (long long first = 0; first < info->n_samples; first += block_frames) {
        const long long rest = info->n_samples - first;
        const int n_frames = rest < block_frames ? (int)rest : block_frames;
        TRY(riff_read(file, path, block, (size_t)n_frames * frame_bytes,
                      riff->data_offset + first * (long long)frame_bytes));
        if (is_mean)
            average(block, n_frames, channels, samples->wave + first);
        else
            pcm16_pick(block, n_frames, channels, channel, samples->pcm + first);
    }
    return OK;
}
