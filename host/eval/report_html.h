/* The page around a report: head, style sheet, escaping, pictures that the page carries along. It has no
 * scripts and loads nothing. Streams come from core/output.h, which finds failures when it commits. */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

void html_open(FILE *stream, const char *title);
void html_close(FILE *stream);

/* Text that came from a file or a user, as text: nothing of it is markup. */
void html_text(FILE *stream, const char *text);

/* <tag>text</tag> */
void html_element(FILE *stream, const char *tag, const char *text);

/* A number or word that stands out, and under it what it is; below an element of class "tiles". */
void html_tile(FILE *stream, const char *value, const char *name);

/* The PNG as an address that holds it: "data:image/png;base64,…". */
void html_png(FILE *stream, const uint8_t *png, size_t size);

/* <img> with the PNG inside. */
void html_picture(FILE *stream, const uint8_t *png, size_t size, const char *description);

#endif
