/* Host memory: zeroed, aligned to 64 bytes, sizes multiplied with a check. Release with memory_free; NULL is
 * fine. */
#ifndef MEMORY_H
#define MEMORY_H

#include "core/status.h"

#include <stddef.h>

/* count * size bytes, or NULL with the sentence kept. count = 0 gives a valid pointer. */
void *memory_new(size_t count, size_t size);
/* The same without the zeros, for what several threads fill: then they also share the page faults. */
void *memory_new_unset(size_t count, size_t size);
void memory_free(void *pointer);

/* `TRY(memory_check(x->a = memory_new(n, sizeof *x->a)));` */
enum status memory_check(const void *pointer) MUST_CHECK;

/* Copies of strings, not aligned; NULL with the sentence kept when there is no memory. Released with memory_free. */
char *memory_text(const char *text);
/* The same into a text that is there or NULL, which is freed. ERR_MEMORY leaves NULL. */
enum status memory_replace(char **text, const char *with) MUST_CHECK;
char *memory_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Makes room for one element more in an array that grows by doubling: `*array` may move, `*capacity` grows. */
enum status memory_grow(void **array, size_t *capacity, size_t count, size_t size) MUST_CHECK;

#endif
