/* Writes host/eval/selftest_answers.c: make_selftest_answers >host/eval/selftest_answers.c. The answers are those of
 * the backend ref, the definitions, which golden files hold to other programs. */
#include "eval/selftest.h"

#include <stdio.h>

static void print_values(const char *name, const double *values)
{
    printf("    { /* %s */\n", name);
    for (int v = 0; v < SELFTEST_PROBES; v++)
        printf("%s%.9g,%s", v % 4 ? " " : "      ", values[v], v % 4 == 3 ? "\n" : "");
    printf("    },\n");
}

static enum status print_answers(struct backend *backend, const struct place *place)
{
    for (int i = 0; i < SELFTEST_STAGES; i++) {
        double values[SELFTEST_PROBES];
        const struct selftest_stage *stage = &selftest_stages[i];
        TRY(stage->probe(backend, place, stage->name, values));
        print_values(stage->name, values);
    }
    return OK;
}

int main(void)
{
    const struct place place = { .backend = "ref" };
    struct backend *backend = NULL;
    enum status status = place_open(&backend, &place);
    printf("/* Made by tests/golden/make_selftest_answers.c. */\n#include \"eval/selftest.h\"\n\n"
           "/* clang-format off */\nstatic const double answers[SELFTEST_STAGES][SELFTEST_PROBES] = {\n");
    if (status == OK) status = print_answers(backend, &place);
    printf(
        "};\n/* clang-format on */\n\nconst double *selftest_answers(int i)\n{\n    return answers[i];\n}\n");
    if (backend) backend->ops->close(&backend);
    if (status != OK) fprintf(stderr, "%s\n", status_sentence());
    return status_exit_code(status);
}
