/* The options of `serve` alone, and values that are given several times. */
#ifndef SERVE_OPTIONS_H
#define SERVE_OPTIONS_H

#include "core/options.h"

struct serve_settings {
    const char *model; /* the last one; option_words_of finds all */
    const char *host, *api_key_file;
    int port, max_batch, max_queue, max_body_mib, rate, log, max_connections, max_connections_per_address,
        decoders;
    double max_delay_ms, timeout, max_seconds, client_timeout;
};
extern const struct option serve_options[]; /* of struct serve_settings */

struct option_words {
    const char **words; /* [count], into the options' values or `copies` */
    size_t count, capacity;
    char **copies; /* owned */
    size_t n_copies, copies_capacity;
};
/* All values of an option that may be repeated, of the strongest source alone: on the command line one each, elsewhere
 * with commas between them. Release it whatever came. */
enum status option_words_of(struct option_words *words, const struct options *options,
                            const char *name) MUST_CHECK;
void option_words_release(struct option_words *words);

#endif
