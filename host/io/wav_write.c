#include "io/wav.h"

#include "core/output.h"

#include <string.h>

enum { MAX_HEADER = 68, PLAIN_FORMAT = 16, EXTENSIBLE_FORMAT = 40 };

/* KSDATAFORMAT_SUBTYPE_PCM */
static const unsigned char subtype_pcm[16] = {
    1, 0, 0, 0, 0, 0, 16, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71
};

struct header {
    unsigned char bytes[MAX_HEADER];
    size_t size;
};

static void put(struct header *header, const void *bytes, size_t size)
{
    memcpy(header->bytes + header->size, bytes, size);
    header->size += size;
}

static void put_number(struct header *header, long long number, int n_bytes)
{
    for (int i = 0; i < n_bytes; i++) header->bytes[header->size++] = (unsigned char)(number >> 8 * i);
}

static struct header make_header(long long data_size, int channels, int sample_rate)
{
    const int is_extensible = channels > 2;
    const int format_size = is_extensible ? EXTENSIBLE_FORMAT : PLAIN_FORMAT;
    struct header header = { .size = 0 };
    put(&header, "RIFF", 4);
    put_number(&header, 4 + 8 + format_size + 8 + data_size, 4);
    put(&header, "WAVEfmt ", 8);
    put_number(&header, format_size, 4);
    put_number(&header, is_extensible ? 0xfffe : 1, 2);
    put_number(&header, channels, 2);
    put_number(&header, sample_rate, 4);
    put_number(&header, 2ll * channels * sample_rate, 4);
    put_number(&header, 2 * channels, 2);
    put_number(&header, 16, 2);
    if (is_extensible) {
        put_number(&header, 22, 2); /* bytes that follow */
        put_number(&header, 16, 2); /* valid bits */
        put_number(&header, 0, 4);  /* no loudspeakers: microphones of an array */
        put(&header, subtype_pcm, sizeof subtype_pcm);
    }
    put(&header, "data", 4);
    put_number(&header, data_size, 4);
    return header;
}

enum status wav_write_channels(const char *path, const int16_t *pcm, long long n_samples, int channels,
                               int sample_rate)
{
    const long long most = (UINT32_MAX - MAX_HEADER) / (2ll * channels);
    REQUIRE(n_samples <= most, ERR_OUTPUT, "%s: %lld samples do not fit into a WAV file, which holds %lld",
            path, n_samples, most);
    const size_t data_size = 2 * (size_t)channels * (size_t)n_samples;
    const struct header header = make_header((long long)data_size, channels, sample_rate);
    struct output *output = NULL;
    TRY(output_open(&output, path));
    fwrite(header.bytes, 1, header.size, output_stream(output));
    fwrite(pcm, 1, data_size, output_stream(output));
    return output_commit(&output);
}

enum status wav_write(const char *path, const int16_t *pcm, long long n_samples, int sample_rate)
{
    return wav_write_channels(path, pcm, n_samples, 1, sample_rate);
}
