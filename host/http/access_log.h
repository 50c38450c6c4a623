/* A line on stderr for each request: for people, or JSON. */
#ifndef ACCESS_LOG_H
#define ACCESS_LOG_H

enum access_log_form { ACCESS_LOG_TEXT, ACCESS_LOG_JSON, ACCESS_LOG_NONE };

struct exchange;

enum { CODE_CLIENT_GONE = 499 }; /* as nginx says it */

/* `code` as answered, or CODE_CLIENT_GONE. */
void access_log(const struct exchange *exchange, int code, double seconds);

#endif
