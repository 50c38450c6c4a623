/* What KServe v2 answers: JSON, and by Triton's binary extension tensors after it. */
#ifndef KSERVE_WRITE_H
#define KSERVE_WRITE_H

#include "http/kserve_read.h"
#include "http/text.h"

/* Of heard [n_sounds] that were asked for with request->wants. *header_length: bytes of the JSON where binary tensors
 * follow it, else -1. ERR_MEMORY. */
enum status kserve_write(const struct kserve_request *request, const struct served *served,
                         const struct heard *heard, struct text *out, long long *header_length) MUST_CHECK;

#endif
