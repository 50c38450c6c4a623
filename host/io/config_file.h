/* --config FILE: YAML, one flat mapping of option names to values ("n-fft: 2048"). */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include "core/options.h"

/* Collects every pair as OPTION_FROM_CONFIG. A file that is missing or no YAML: ERR_INPUT with the line; an
 * unknown option, a nested value or a list (that is a sweep's SPEC): ERR_USAGE with the line. */
enum status config_file_read(const char *path, struct options *options) MUST_CHECK;

/* The same of a sweep's SPEC, where a value may be a list of values: "offset: [16, 32]" is collected as "16,32".
 * A list that is empty, or holds anything but plain values without commas: ERR_USAGE with the line. */
enum status config_file_read_spec(const char *path, struct options *options) MUST_CHECK;

#endif
