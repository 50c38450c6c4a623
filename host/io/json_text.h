/* JSON knows only UTF-8; paths may hold any bytes. */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include <jansson.h>

/* `text` as a JSON string; where it is not UTF-8, each byte beyond ASCII becomes "?". NULL: no memory. */
json_t *json_text(const char *text);

#endif
