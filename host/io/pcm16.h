/* The loops over samples of 16 bits that every recording passes, compiled for AVX2 as well where the compiler
 * can. All is in whole numbers, so the results are the same for any instruction set. */
#ifndef PCM16_H
#define PCM16_H

#include <stdint.h>

/* out[i] = frames[i][channel], of frames [n_frames][channels]. */
void pcm16_pick(const int16_t *frames, int n_frames, int channels, int channel, int16_t *out);

struct pcm16_sums {
    long long sum, clipped; /* clipped: samples of 32767 and more, either side */
    uint64_t squares;
    int peak; /* the largest size, 0 … 32768 */
};
struct pcm16_sums pcm16_sums(const int16_t *pcm, long long n_samples);

#endif
