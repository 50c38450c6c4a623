#include "pipeline/quarantine.h"

#include "core/log.h"
#include "core/memory.h"
#include "core/output.h"

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define FIELD(name) .offset = offsetof(struct decode_options, name)

enum { ATTEMPTS = 2, MOST_ATTEMPTS = 100, REASON = 512 };

const struct option decode_options[] = {
    { .name = "decode-attempts",
      .type = OPTION_INTEGER,
      FIELD(attempts),
      .standard = "2",
      .low = 1,
      .high = MOST_ATTEMPTS,
      .metavar = "N",
      .help = "a recording that ends the process that decodes it so many times is not tried again" },
    { .name = "decode-seconds",
      .type = OPTION_REAL,
      FIELD(seconds),
      .standard = "60",
      .low = 0.1,
      .high = 86400,
      .metavar = "S",
      .help = "that process is ended when it gives no samples for so long" },
    { .name = "decode-memory",
      .type = OPTION_INTEGER,
      FIELD(memory_mib),
      .standard = "1024",
      .low = 16,
      .high = 1 << 20,
      .metavar = "MIB",
      .help = "memory that it may take beside the samples" },
    { 0 },
};

struct quarantine {
    const char *folder;
    unsigned char *attempts; /* [n_recordings] so far */
    size_t n_recordings;
    int allowed;
    struct decode_pool *helpers;
};

/* -------------------------------------------------------------------------------------------- opening */

static void count_attempt(struct quarantine *q, const char *name)
{
    int recording, number, end = 0;
    if (sscanf(name, "attempt-%d-%d.txt%n", &recording, &number, &end) != 2 || end == 0 || name[end]) return;
    if (recording < 0 || (size_t)recording >= q->n_recordings || number > MOST_ATTEMPTS) return;
    if (number > q->attempts[recording]) q->attempts[recording] = (unsigned char)number;
}

static enum status read_folder(struct quarantine *q)
{
    DIR *directory = opendir(q->folder);
    REQUIRE(directory, ERR_OUTPUT, "%s: %s", q->folder, strerror(errno));
    for (const struct dirent *entry; (entry = readdir(directory));) count_attempt(q, entry->d_name);
    closedir(directory);
    return OK;
}

static enum status build(struct quarantine *q, const struct decode_options *options)
{
    const struct decode_limits limits = { .seconds = options->seconds,
                                          .memory_bytes = (long long)options->memory_mib << 20 };
    q->allowed = options->attempts > 0 ? options->attempts : ATTEMPTS;
    TRY(memory_check(q->attempts = memory_new(q->n_recordings, sizeof *q->attempts)));
    TRY(read_folder(q));
    return decode_pool_open(&q->helpers, &limits);
}

enum status quarantine_open(struct quarantine **out, const char *folder, size_t n_recordings,
                            const struct decode_options *options)
{
    struct quarantine *q = *out = memory_new(1, sizeof *q);
    TRY(memory_check(q));
    q->folder = folder;
    q->n_recordings = n_recordings;
    const enum status status = build(q, options);
    if (status != OK) quarantine_close(out);
    return status;
}

void quarantine_close(struct quarantine **quarantine)
{
    if (!*quarantine) return;
    decode_pool_close(&(*quarantine)->helpers);
    memory_free((*quarantine)->attempts);
    memory_free(*quarantine);
    *quarantine = NULL;
}

struct decode_pool *quarantine_helpers(struct quarantine *quarantine)
{
    return quarantine->helpers;
}

/* ------------------------------------------------------------------------------------------- attempts */

static char *attempt_path(const struct quarantine *q, int recording, int number)
{
    return memory_print("%s/attempt-%07d-%d.txt", q->folder, recording, number);
}

static enum status read_line(const char *path, char line[REASON])
{
    FILE *file = fopen(path, "r");
    const int is_read = file && fgets(line, REASON, file);
    if (file) fclose(file);
    REQUIRE(is_read, ERR_OUTPUT, "%s cannot be read", path);
    line[strcspn(line, "\n")] = '\0';
    return OK;
}

/* The words of the last of the allowed attempts: the same, whether this run made it or one before. */
enum status quarantine_admit(const struct quarantine *q, int recording, const char *path)
{
    char reason[REASON];
    if (q->attempts[recording] < q->allowed) return OK;
    char *file = attempt_path(q, recording, q->allowed);
    enum status status = memory_check(file);
    if (status == OK) status = read_line(file, reason);
    memory_free(file);
    TRY(status);
    return fail(ERR_INPUT, "%s: %s; in quarantine after %d attempts", path, reason, q->allowed);
}

static enum status write_line(const char *path, const char *line)
{
    struct output *output;
    TRY(output_open(&output, path));
    fprintf(output_stream(output), "%.*s\n", (int)strcspn(line, "\n"), line);
    return output_commit(&output);
}

static enum status keep_attempt(struct quarantine *q, int recording, int number, const char *reason)
{
    char *path = attempt_path(q, recording, number);
    enum status status = memory_check(path);
    if (status == OK) status = write_line(path, reason);
    memory_free(path);
    if (status == OK) q->attempts[recording] = (unsigned char)number;
    return status;
}

/* The sentence without "path: " before it: what is kept does not depend on where the recordings lie. */
static const char *without_path(const char *sentence, const char *path)
{
    const size_t length = strlen(path);
    return strncmp(sentence, path, length) == 0 && strncmp(sentence + length, ": ", 2) == 0
               ? sentence + length + 2
               : sentence;
}

enum status quarantine_note(struct quarantine *q, int recording, const char *path, const char *sentence)
{
    const int number = q->attempts[recording] + 1;
    char reason[REASON];
    snprintf(reason, sizeof reason, "%s", without_path(sentence, path));
    log_info("%s: %s, attempt %d of %d", path, reason, number, q->allowed);
    return keep_attempt(q, recording, number, reason);
}
