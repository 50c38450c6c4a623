/* Files that are part of the program (cmake/embed.cmake). */
#ifndef EMBEDDED_H
#define EMBEDDED_H

#include <stddef.h>

extern const unsigned char page_html[]; /* the page at / */
extern const size_t page_html_size;
extern const unsigned char openapi_json[]; /* what all addresses take and answer */
extern const size_t openapi_json_size;

#endif
