/* POST /v1/features */
#include "http/plain_sound.h"
#include "http/routes.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static enum status choose_format(struct exchange *x)
{
    const char *format = request_query(&x->request, "format"), *accept = x->request.accept;
    x->is_json = format ? strcmp(format, "json") == 0
                        : accept && strstr(accept, "application/json") && !strstr(accept, "octet-stream");
    REQUIRE(!format || x->is_json || strcmp(format, "npy") == 0, ERR_USAGE,
            "format \"%.20s\" found, npy or json expected", format);
    return OK;
}

enum status plain_features_begin(struct exchange *x)
{
    TRY(choose_format(x));
    return plain_ask(x, ASK_FEATURES);
}

/* Version 1.0 of NumPy's format: the header is filled up with spaces to a multiple of 64. */
static void write_npy(const struct heard *heard, int columns, struct text *out)
{
    enum { HEADER_BYTES = 128 };
    char header[HEADER_BYTES + 1];
    const uint16_t length = HEADER_BYTES - 10;
    memset(header, ' ', sizeof header);
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = (char)(length & 0xff);
    header[9] = (char)(length >> 8);
    const int n =
        snprintf(header + 10, sizeof header - 10,
                 "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", heard->n_patches, columns);
    header[10 + n] = ' ';
    header[HEADER_BYTES - 1] = '\n';
    text_add(out, header, HEADER_BYTES);
    text_add(out, heard->features, (size_t)heard->n_patches * (size_t)columns * sizeof *heard->features);
}

static void write_row(const float *row, int columns, struct text *out)
{
    text_put(out, "[");
    for (int c = 0; c < columns; c++) {
        if (c) text_put(out, ",");
        text_json_float(out, row[c]);
    }
    text_put(out, "]");
}

static void write_json(const struct exchange *x, const struct heard *heard, struct text *out)
{
    const int columns = x->ask.served->columns;
    text_put(out, "{\"model\":");
    text_json_string(out, x->ask.served->name);
    text_put(out, ",\"recording\":");
    text_json_string(out, x->recording);
    text_put(out, ",\"start_s\":[");
    for (int p = 0; p < heard->n_patches; p++) {
        if (p) text_put(out, ",");
        text_json_double(out, heard->start_s[p]);
    }
    text_put(out, "],\"features\":[");
    for (int p = 0; p < heard->n_patches; p++) {
        if (p) text_put(out, ",");
        write_row(heard->features + (size_t)p * (size_t)columns, columns, out);
    }
    text_put(out, "]}");
}

enum status plain_features_finish(struct exchange *x)
{
    const struct heard *heard = x->ask.heard;
    if (x->is_json) {
        write_json(x, heard, &x->answer.body);
        return answer_body(&x->answer, "application/json");
    }
    write_npy(heard, x->ask.served->columns, &x->answer.body);
    x->answer.file_name = "features.npy";
    return answer_body(&x->answer, "application/octet-stream");
}
