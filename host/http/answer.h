/* What a request is answered. Errors are {"error": "one sentence"}. */
#ifndef ANSWER_H
#define ANSWER_H

#include "http/text.h"

/* Zeroed, nothing has been answered. */
struct answer {
    int code; /* 0: not yet */
    const char *content_type;
    struct text body;
    const void *fixed; /* instead of `body`: bytes that are part of the program */
    size_t fixed_size;
    long long header_length; /* Inference-Header-Content-Length; 0: none */
    int retry_after_s;       /* 0: none */
    const char *allow;       /* methods, of a 405; NULL: none */
    const char *file_name;   /* what a browser should call it; NULL: none */
    const char *policy;      /* Content-Security-Policy; NULL: none */
    int is_last;             /* 1: the connection is closed after it, as the body was not read */
    char error[512];         /* the sentence; "" where it went well */
};

/* Fixes the code of a failure whose status would say another, and keeps the sentence: returns a status that is not OK. */
enum status refuse(struct answer *answer, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The failure's JSON, whatever had been written before. The code is that of refuse(), or the status's. */
void answer_failure(struct answer *answer, enum status status, const char *sentence);
/* 200 with what `body` holds; ERR_MEMORY where it could not be written. */
enum status answer_body(struct answer *answer, const char *content_type) MUST_CHECK;
/* 200 with JSON, which is released. */
enum status answer_json(struct answer *answer, json_t *json) MUST_CHECK;
void answer_release(struct answer *answer);

#endif
