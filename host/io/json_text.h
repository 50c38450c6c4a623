/* What jansson leaves to its callers. JSON knows only UTF-8; paths may hold any bytes. And what there is no memory for
 * is left out of an object or a list, which only the answer of each single call tells. */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include "core/status.h"

#include <jansson.h>

/* For a program's first lines: from now on jansson's calls for memory are watched. */
void json_watch_memory(void);

/* ERR_MEMORY where jansson found no memory in this thread since this was last asked, so that what it built may have
 * gaps: to be asked before JSON is kept or printed. */
enum status json_check_memory(void) MUST_CHECK;

/* json_load_file(), after which json_check_memory() also tells that there was no memory for opening the file, which
 * jansson takes for a file that cannot be opened. */
json_t *json_file(const char *path, size_t flags, json_error_t *error);

/* `text` as a JSON string; where it is not UTF-8, each byte beyond ASCII becomes "?". NULL: no memory, and so
 * it is for a text that is NULL because its maker had none. */
json_t *json_text(const char *text);

#endif
