/* Scores recordings with a fitted model. cc score_files.c $(pkg-config --cflags --libs earshot) -o score_files */
#include <earshot.h>
#include <stdio.h>

static int failed(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, earshot_error());
    return 1;
}

/* Prints the next result; 0 where its recording could not be used. */
static int print_next(struct earshot *ear)
{
    struct earshot_result *result;
    const enum earshot_status status = earshot_pull(ear, -1, &result);
    const char *const verdicts[] = { "undecided", "normal", "not normal" };
    if (status == EARSHOT_OK)
        printf("%s,%.9g,%s\n", earshot_result_name(result), earshot_result_score(result),
               verdicts[earshot_result_verdict(result) + 1]);
    else
        failed(earshot_result_name(result));
    earshot_release(&result);
    return status == EARSHOT_OK;
}

int main(int argc, char **argv)
{
    struct earshot *ear;
    enum earshot_status status;
    int n_failed = 0;
    if (argc < 3) return puts("score_files MODEL RECORDING..."), 2;
    if (earshot_open_model(&ear, argv[1], NULL, 0) != EARSHOT_OK) return failed(argv[1]);
    for (int i = 2; i < argc; i++) {
        while ((status = earshot_push_file(ear, argv[i], NULL)) == EARSHOT_BUSY) n_failed += !print_next(ear);
        if (status != EARSHOT_OK) n_failed += failed(argv[i]);
    }
    while (earshot_waiting(ear) > 0) n_failed += !print_next(ear);
    earshot_close(&ear);
    return n_failed > 0;
}
