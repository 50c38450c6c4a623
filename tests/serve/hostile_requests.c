/* Good requests with bytes changed, cut out and repeated, a few tens of thousands of them: fuzz/fuzz_http.c without a
 * fuzzer. hostile_requests [CHANGES] */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern int fuzz_http_code; /* of the last answer */

enum { MOST = 2048 };

#define WAV "\x08\0\0\0RIFFabcd"
static const struct {
    const char *bytes;
    size_t size;
} seeds[] = {
#define SEED(text)             \
    {                          \
        text, sizeof(text) - 1 \
    }
    SEED("/v1/score?model=single&group=fan,id_00\nmultipart/form-data; boundary=\"x y\"\n-\n--x "
         "y\r\nContent-Disposition: "
         "form-data; name=\"other\"\r\n\r\n1\r\n--x y\r\nContent-Disposition: form-data; name=\"file\"; "
         "filename=\"a\\\"b.wav\"\r\nContent-Type: audio/wav\r\n\r\nRIFFabcd\r\n--x y--\r\n"),
    SEED("/v1/features?model=bare&format=json\naudio/wav\n-\nRIFF0123"),
    SEED("/v1/spectrogram.png?model=bare&scale=3\n-\n-\nRIFF0123"),
    SEED("/v2/models/single/infer\napplication/"
         "json\n-\n{\"id\":\"a\\u00e9\",\"parameters\":{\"sample_rate\":8000,\"timeout\":"
         "5000000,\"group\":\"fan,id_00\",\"binary_data_output\":true},\"inputs\":[{\"name\":\"audio\","
         "\"shape\":[2,3],"
         "\"datatype\":\"FP32\",\"data\":[[0,0.5,-1],[1e-3,1,0]]}],\"outputs\":[{\"name\":\"score\","
         "\"parameters\":"
         "{\"binary_data\":false}},{\"name\":\"features\"}]}"),
    SEED("/v2/models/machine/versions/1/"
         "infer\n-\n-\n{\"parameters\":{\"group\":\"fan,id_02\"},\"inputs\":[{\"name\":\"wav\","
         "\"shape\":[2,1],\"datatype\":\"BYTES\",\"parameters\":{\"content\":\"base64\"},\"data\":[\"UklGRg=="
         "\",\"UklG RjEy\"]}]}"),
    SEED("/v2/models/bare/"
         "infer\n-\n95\n{\"inputs\":[{\"name\":\"wav\",\"shape\":[2],\"datatype\":\"BYTES\",\"parameters\":"
         "{\"binary_data_size\":24}}]}" WAV WAV),
    SEED("/v2/models/bare/"
         "infer\n-\n99\n{\"inputs\":[{\"name\":\"audio\",\"shape\":[1,4],\"datatype\":\"INT16\","
         "\"parameters\":"
         "{\"binary_data_size\":8}}]} \1\2\3\4\5\6\7\10"),
    SEED("/v2/models/single/infer\n-\n0\nRIFFabcd"),
    SEED("/v2/models/single/versions/1/stats?a=%20b&c\n-\n-\n"),
};
enum { N_SEEDS = sizeof seeds / sizeof *seeds };

static uint64_t state = 1;

static size_t below(size_t n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return n ? (size_t)(state >> 33) % n : 0;
}

static size_t change(uint8_t *bytes, size_t size)
{
    static const char *const words[] = { "-1",
                                         "0",
                                         "4294967295",
                                         "1e999",
                                         "\"",
                                         "[",
                                         "]",
                                         "{",
                                         "}",
                                         ",",
                                         "%",
                                         "%00",
                                         "\r\n",
                                         "--x y",
                                         "\r\n--x y",
                                         "null",
                                         "\\ud800",
                                         "\xff",
                                         "9223372036854775808",
                                         "=" };
    const size_t at = below(size + 1), kind = below(4);
    if (kind == 0 && at < size) bytes[at] = (uint8_t)below(256);
    if (kind == 1 && at < size) {
        const size_t n = 1 + below(size - at < 16 ? size - at : 16);
        memmove(bytes + at, bytes + at + n - 1, size - at - n + 1);
        return size - n + 1;
    }
    const char *word = words[below(sizeof words / sizeof *words)];
    const size_t n = kind == 2 ? strlen(word) : kind == 3 ? 1 + below(32) : 0;
    if (n == 0 || size + n > MOST || (kind == 3 && at + n > size)) return size;
    memmove(bytes + at + n, bytes + at, size - at);
    if (kind == 2) memcpy(bytes + at, word, n);
    return size + n;
}

int main(int argc, char **argv)
{
    const int n_changes = argc > 1 ? atoi(argv[1]) : 20000;
    uint8_t bytes[MOST];
    for (int i = 0; i < n_changes; i++) {
        size_t size = seeds[i % N_SEEDS].size;
        memcpy(bytes, seeds[i % N_SEEDS].bytes, size);
        for (size_t k = i < N_SEEDS ? 0 : 1 + below(4); k > 0; k--) size = change(bytes, size);
        uint8_t *exact = malloc(size ? size : 1);
        if (!exact) return 1;
        memcpy(exact, bytes, size);
        LLVMFuzzerTestOneInput(exact, size);
        free(exact);
        if (i < N_SEEDS && fuzz_http_code != 200) {
            printf("good request %d is answered %d\n", i, fuzz_http_code);
            return 1;
        }
    }
    printf("%d requests were answered\n", n_changes);
    return 0;
}
