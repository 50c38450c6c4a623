#include "io/pcm16.h"

#include <stddef.h>

/* A block's sums of samples and of clipped ones fit into an int: more of them make one vector. */
enum { BLOCK = 4096 };

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* Eight channels are MIMII's, and a stride that the compiler knows. */
ALWAYS_INLINE void pick(const int16_t *restrict frames, int n_frames, int channels, int channel,
                        int16_t *restrict out)
{
    if (channels == 8)
        for (int i = 0; i < n_frames; i++) out[i] = frames[(size_t)i * 8 + channel];
    else
        for (int i = 0; i < n_frames; i++) out[i] = frames[(size_t)i * channels + channel];
}

ALWAYS_INLINE void add_block(const int16_t *pcm, int n, struct pcm16_sums *sums)
{
    int sum = 0, clipped = 0, peak = 0;
    uint64_t squares = 0;
    for (int i = 0; i < n; i++) {
        const int x = pcm[i], size = x < 0 ? -x : x;
        sum += x;
        squares += (uint32_t)(x * x);
        peak = size > peak ? size : peak;
        clipped += size >= 32767;
    }
    sums->sum += sum;
    sums->squares += squares;
    sums->clipped += clipped;
    if (peak > sums->peak) sums->peak = peak;
}

ALWAYS_INLINE struct pcm16_sums add_blocks(const int16_t *pcm, long long n_samples)
{
    struct pcm16_sums sums = { 0 };
    for (long long first = 0; first < n_samples; first += BLOCK)
        add_block(pcm + first, n_samples - first < BLOCK ? (int)(n_samples - first) : BLOCK, &sums);
    return sums;
}

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2")))

AVX2 static void pick_avx2(const int16_t *frames, int n_frames, int channels, int channel, int16_t *out)
{
    pick(frames, n_frames, channels, channel, out);
}

AVX2 static struct pcm16_sums sums_avx2(const int16_t *pcm, long long n_samples)
{
    return add_blocks(pcm, n_samples);
}

static int has_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}
#else
#define pick_avx2 pick
#define sums_avx2 add_blocks

static int has_avx2(void)
{
    return 0;
}
#endif

void pcm16_pick(const int16_t *frames, int n_frames, int channels, int channel, int16_t *out)
{
    if (has_avx2())
        pick_avx2(frames, n_frames, channels, channel, out);
    else
        pick(frames, n_frames, channels, channel, out);
}

struct pcm16_sums pcm16_sums(const int16_t *pcm, long long n_samples)
{
    return has_avx2() ? sums_avx2(pcm, n_samples) : add_blocks(pcm, n_samples);
}
