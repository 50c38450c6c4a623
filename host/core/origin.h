/* Where earshot's own files are: beside the file that this very code was loaded from, which is the program, or
 * libearshot in a program that knows nothing of us. */
#ifndef ORIGIN_H
#define ORIGIN_H

#include <stddef.h>

/* 1: this code is part of the running program; 0: of a library that it loaded. */
int origin_is_program(void);

/* The folder of that file, "/usr/lib", links followed; empty where the system does not tell. */
void origin_folder(char *folder, size_t size);

#endif
