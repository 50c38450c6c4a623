#include "http/answer.h"

#include <stdarg.h>
#include <stdio.h>

enum status refuse(struct answer *answer, int code, const char *format, ...)
{
    char words[sizeof answer->error];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    answer->code = code;
    return fail(ERR_USAGE, "%s", words);
}

/* The words cannot be had for want of memory: then nothing is said but the code. */
static void write_error(struct answer *answer)
{
    text_release(&answer->body);
    text_put(&answer->body, "{\"error\":");
    text_json_string(&answer->body, answer->error);
    text_put(&answer->body, "}");
    if (answer->body.has_failed) text_release(&answer->body);
    answer->content_type = "application/json";
}

/* A request is to blame for what the program calls an input, until it is a recording. */
static int code_of(enum status status)
{
    return status == ERR_INPUT ? 400 : status_http_code(status);
}

void answer_failure(struct answer *answer, enum status status, const char *sentence)
{
    snprintf(answer->error, sizeof answer->error, "%s", sentence);
    if (answer->code < 400) answer->code = code_of(status);
    if (answer->code == 429 && !answer->retry_after_s) answer->retry_after_s = 1;
    if (answer->code == 503 && !answer->retry_after_s) answer->retry_after_s = 5;
    answer->fixed = NULL;
    answer->header_length = 0;
    answer->file_name = answer->policy = NULL;
    write_error(answer);
}

enum status answer_body(struct answer *answer, const char *content_type)
{
    TRY(text_check(&answer->body));
    answer->code = 200;
    answer->content_type = content_type;
    return OK;
}

enum status answer_json(struct answer *answer, json_t *json)
{
    text_json(&answer->body, json);
    return answer_body(answer, "application/json");
}

void answer_release(struct answer *answer)
{
    text_release(&answer->body);
    *answer = (struct answer){ 0 };
}
