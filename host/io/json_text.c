#include "io/json_text.h"

#include "core/memory.h"

json_t *json_text(const char *text)
{
    json_t *string = json_string(text);
    if (string) return string;
    char *ascii = memory_text(text);
    for (char *c = ascii; c && *c; c++)
        if ((unsigned char)*c > 127) *c = '?';
    string = json_string(ascii ? ascii : "");
    memory_free(ascii);
    return string;
}
