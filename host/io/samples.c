#include "io/samples.h"

#include "core/memory.h"
#include "io/pcm16.h"

#include <math.h>
#include <soxr.h>
#include <string.h>
#include <xxhash.h>

/* More than this factor between two sample rates is a lying header, not a recording. */
enum { MAX_RATIO = 256 };

enum status samples_reserve(struct samples *samples, size_t bytes)
{
    if (bytes <= samples->capacity) return OK;
    void *larger = memory_new(bytes, 1);
    if (!larger) return ERR_MEMORY;
    if (samples->capacity) memcpy(larger, samples->buffer, samples->capacity);
    memory_free(samples->buffer);
    samples->buffer = larger;
    samples->capacity = bytes;
    return OK;
}

void samples_release(struct samples *samples)
{
    memory_free(samples->buffer);
    *samples = (struct samples){ 0 };
}

static size_t sample_bytes(const struct samples *samples)
{
    return samples->format == SAMPLE_INT16 ? sizeof(int16_t) : sizeof(float);
}

void samples_hash(struct samples *samples)
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(
        &canonical, XXH3_128bits(samples->buffer, (size_t)samples->n_samples * sample_bytes(samples)));
    for (int i = 0; i < 16; i++) {
        samples->hash[2 * i] = "0123456789abcdef"[canonical.digest[i] >> 4];
        samples->hash[2 * i + 1] = "0123456789abcdef"[canonical.digest[i] & 15];
    }
    samples->hash[32] = '\0';
}

enum status samples_resample(struct samples *samples, int sample_rate)
{
    const long long from = samples->sample_rate, to = sample_rate;
    if (from == to) return OK;
    REQUIRE(to <= MAX_RATIO * from && from <= MAX_RATIO * to, ERR_INPUT,
            "a sample rate of %lld Hz was found; it cannot become %lld Hz", from, to);
    const size_t n_out = (size_t)((samples->n_samples * to + from - 1) / from);
    struct samples out = { .format = SAMPLE_FLOAT, .sample_rate = sample_rate };
    TRY(samples_reserve(&out, n_out * sizeof(float)));

    const soxr_io_spec_t formats =
        soxr_io_spec(samples->format == SAMPLE_INT16 ? SOXR_INT16_I : SOXR_FLOAT32_I, SOXR_FLOAT32_I);
    const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
    size_t done = 0;
    soxr_error_t error =
        soxr_oneshot((double)from, (double)to, 1, samples->buffer, (size_t)samples->n_samples, NULL, out.wave,
                     n_out, &done, &formats, &quality, NULL);
    if (error || done == 0) {
        samples_release(&out);
        return fail(ERR_INPUT, "%lld samples of %lld Hz cannot become %lld Hz: %s", samples->n_samples, from,
                    to, error ? error : "nothing is left of them");
    }
    out.n_samples = (long long)done;
    memcpy(out.hash, samples->hash, sizeof out.hash);
    samples_release(samples);
    *samples = out;
    return OK;
}

/* Of samples whose full scale is 1. */
struct sums {
    double sum, squares, peak;
    long long clipped;
};

/* In whole numbers. What double makes of the samples one by one is the same, bit for bit, as long as the sum
 * of squares, in units of 2^-30, stays below 2^53: until then no sum of theirs rounds. 0: it does not. */
static int sum_integers(const struct samples *samples, struct sums *sums)
{
    const struct pcm16_sums whole = pcm16_sums(samples->pcm, samples->n_samples);
    *sums = (struct sums){ .sum = (double)whole.sum / 32768.0,
                           .squares = (double)whole.squares / (32768.0 * 32768.0),
                           .peak = whole.peak / 32768.0,
                           .clipped = whole.clipped };
    return whole.squares < (uint64_t)1 << 53;
}

static double sample_at(const struct samples *samples, long long i)
{
    return samples->format == SAMPLE_INT16 ? samples->pcm[i] / 32768.0 : (double)samples->wave[i];
}

static void sum_doubles(const struct samples *samples, struct sums *sums)
{
    *sums = (struct sums){ 0 };
    for (long long i = 0; i < samples->n_samples; i++) {
        const double x = sample_at(samples, i), size = fabs(x);
        sums->sum += x;
        sums->squares += x * x;
        if (size > sums->peak) sums->peak = size;
        sums->clipped += size >= 32767.0 / 32768.0;
    }
}

struct level samples_level(const struct samples *samples)
{
    struct sums sums;
    const double n = samples->n_samples > 0 ? (double)samples->n_samples : 1.0;
    if (samples->format != SAMPLE_INT16 || !sum_integers(samples, &sums)) sum_doubles(samples, &sums);
    return (struct level){ .rms_dbfs = 10.0 * log10(sums.squares / n),
                           .peak = sums.peak,
                           .dc = sums.sum / n,
                           .clipped = sums.clipped };
}
