/* A request for inference of KServe v2, with Triton's binary extension → sounds, and what is wanted of them.
 *
 * Inputs: `wav` BYTES [n], files that libsndfile reads (in JSON: base64), or `audio` FP32 (-1 … 1) or INT16
 * [n][samples] or [samples]. The parameter sample_rate, of the request or of the input, is that of `audio`.
 * Parameters of the request: group, timeout (microseconds), binary_data_output. */
#ifndef KSERVE_READ_H
#define KSERVE_READ_H

#include "http/kserve_tensor.h"
#include "service/service.h"

/* In the order of the metadata. */
enum kserve_output {
    OUTPUT_FEATURES,     /* FP32 [patches of all][D] */
    OUTPUT_PATCHES,      /* INT32 [n] */
    OUTPUT_SCORE,        /* FP32 [n] */
    OUTPUT_PATCH_SCORES, /* FP32 [patches of all] */
    OUTPUT_THRESHOLD,    /* FP32 [n]: these two where the model decides */
    OUTPUT_PERCENTILE,   /* FP32 [n] */
    N_OUTPUTS
};
struct kserve_output_row {
    const char *name, *datatype;
    unsigned wants; /* enum ask_wants */
    int is_of_patches, decides;
};
extern const struct kserve_output_row kserve_outputs[N_OUTPUTS];
/* Whether something served has that output. */
int kserve_offers(const struct served *served, enum kserve_output output);

enum { KSERVE_RATE = 16000, KSERVE_MOST_SOUNDS = 4096, KSERVE_MOST_VALUES = 4 << 20, KSERVE_NAME_BYTES = 16 };

/* Zeroed before; released after, whatever came. Sounds point into the body, which must stay. */
struct kserve_request {
    json_t *root;      /* NULL: the body is one recording and nothing else */
    const char *id;    /* NULL: none */
    const char *group; /* NULL: none */
    double timeout_s;  /* 0: none */
    struct sound *sounds;
    int n_sounds;
    char (*names)[KSERVE_NAME_BYTES]; /* [n_sounds] */
    void *values;                     /* what had to be decoded or aligned */
    struct {
        enum kserve_output output;
        int is_binary;
    } wanted[N_OUTPUTS];
    int n_wanted;
    unsigned wants; /* enum ask_wants */
};

/* header_length: bytes of JSON before binary data; -1: it is all JSON; 0: it is all one recording. ERR_USAGE,
 * ERR_MEMORY. */
enum status kserve_read(struct kserve_request *request, const struct served *served, const char *body,
                        size_t size, long long header_length) MUST_CHECK;
void kserve_request_release(struct kserve_request *request);

/* For kserve_read.c: the only input's tensor → sounds. `rate` is that of the request. */
enum status kserve_sounds(struct kserve_request *request, const struct kserve_tensor *tensor,
                          long long rate) MUST_CHECK;

#endif
