/* What the benchmark programs share: the options that all have, main(), and the median. */
#ifndef BENCH_H
#define BENCH_H

#include "core/options.h"

struct bench_common {
    int threads, json, help;
    double seconds; /* how long to measure */
};

/* One program: its own options, and what it does with them once they are filled. */
struct bench_program {
    const char *name; /* "net": of build/bench/net */
    const struct option *options;
    void *settings;
    enum status (*run)(const struct bench_common *common);
};

/* Reads the command line, runs, and returns the exit code. */
int bench_main(const struct bench_program *program, int argc, char **argv);

/* Sorts the values, and returns the middle one; values[0] is then the least. */
double bench_median(double *values, int n);

/* Seconds of the clock, and of CPU: the program's own, of all its threads, and the system's for it. */
struct bench_spent {
    double wall_s, user_s, system_s;
};
struct bench_spent bench_spent_now(void); /* since some beginning */
struct bench_spent bench_spent_since(struct bench_spent start);
double bench_cpu_s(struct bench_spent spent);

#endif
