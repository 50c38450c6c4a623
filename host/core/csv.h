/* Comma-separated values (RFC 4180). */
#ifndef CSV_H
#define CSV_H

#include <stdio.h>

/* One cell: in quotes where it holds a comma, a quote or a line's end. */
void csv_put(FILE *stream, const char *text);

#endif
