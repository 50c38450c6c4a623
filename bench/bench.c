#include "bench.h"

#include "core/clock.h"
#include "core/log.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/resource.h>

#define FIELD(name) .offset = offsetof(struct bench_common, name)

static const struct option common_options[] = {
    { .name = "seconds",
      .type = OPTION_REAL,
      FIELD(seconds),
      .standard = "3",
      .low = 0,
      .high = 3600,
      .metavar = "S",
      .help = "how long to measure" },
    { .name = "threads",
      .type = OPTION_INTEGER,
      FIELD(threads),
      .standard = "0",
      .low = 0,
      .high = 1024,
      .metavar = "T",
      .help = "threads; 0: all that this process may use" },
    { .name = "json",
      .type = OPTION_FLAG,
      FIELD(json),
      .standard = "0",
      .help = "one JSON object instead of words" },
    { .name = "help", .type = OPTION_FLAG, FIELD(help), .standard = "0", .letter = 'h', .help = "this text" },
    { 0 },
};

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, compare);
    return values[n / 2];
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
}

struct bench_spent bench_spent_now(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (struct bench_spent){ clock_seconds(), seconds_of(usage.ru_utime), seconds_of(usage.ru_stime) };
}

struct bench_spent bench_spent_since(struct bench_spent start)
{
    const struct bench_spent now = bench_spent_now();
    return (struct bench_spent){ now.wall_s - start.wall_s, now.user_s - start.user_s,
                                 now.system_s - start.system_s };
}

double bench_cpu_s(struct bench_spent spent)
{
    return spent.user_s + spent.system_s;
}

static enum status parse(struct options *options, int argc, char **argv)
{
    TRY(options_collect_arguments(options, argc - 1, argv + 1));
    REQUIRE(options->n_words == 0, ERR_USAGE, "%s found, only options are expected", options->words[0]);
    return options_apply(options);
}

int bench_main(const struct bench_program *program, int argc, char **argv)
{
    struct bench_common common = { 0 };
    const struct option_set sets[] = { { program->options, program->settings, "Options" },
                                       { common_options, &common, "Common options" } };
    struct options options;
    log_set_level(LOG_WARNING);
    options_init(&options, sets, 2);
    enum status status = parse(&options, argc, argv);
    if (status == OK && common.help)
        for (int i = 0; i < 2; i++) options_help(stdout, &sets[i]);
    else if (status == OK)
        status = program->run(&common);
    if (status != OK) fprintf(stderr, "%s: %s\n", program->name, status_sentence());
    options_release(&options);
    return status_exit_code(status);
}
