#include "cli/cmd.h"

#include "core/log.h"
#include "io/download.h"
#include "io/json_text.h"
#include "io/safetensors.h"
#include "io/sha256.h"
#include "io/weights.h"
#include "io/weights_cache.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct settings {
    const char *mirror, *output;
    int seed, overwrite;
};

static const struct option weights_options[] = {
    { .name = "mirror",
      .type = OPTION_TEXT,
      .offset = offsetof(struct settings, mirror),
      .standard = WEIGHTS_ORIGIN,
      .metavar = "URL",
      .help = "fetch: the folder that holds the files, https:, http: or file:" },
    { .name = "seed",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct settings, seed),
      .standard = "1",
      .low = 0,
      .high = 2147483647,
      .metavar = "N",
      .help = "seeded: which random weights" },
    { .name = "output",
      .type = OPTION_TEXT,
      .offset = offsetof(struct settings, output),
      .letter = 'o',
      .metavar = "FILE",
      .help = "seeded: the .safetensors file to write" },
    { .name = "overwrite",
      .type = OPTION_FLAG,
      .offset = offsetof(struct settings, overwrite),
      .standard = "0",
      .help = "seeded: replace a file that exists" },
    { 0 },
};

/* ------------------------------------------------------------------------------------------------ list */

static void print_published(const struct published_weights *published)
{
    char files[WEIGHTS_MAX_FILES][WEIGHTS_PATH], size[32] = "not stated";
    const int n = weights_cache_files(published->network, files);
    if (published->bytes) snprintf(size, sizeof size, "%lld", published->bytes);
    printf("%-14s %s/%s\n", published->network, WEIGHTS_ORIGIN, published->file);
    printf("%14s bytes %s, SHA-256 %s%s\n", "", size, published->sha256,
           strlen(published->sha256) < 64 ? "…" : "");
    printf("%14s %s\n", "", published->licence);
    for (int i = 0; i < n; i++) printf("%14s %s %s\n", "", i ? "also here:" : "here:", files[i]);
    if (n == 0) printf("%14s not here; `earshot weights fetch %s` gets it\n", "", published->network);
}

static json_t *describe_published(const struct published_weights *published)
{
    char files[WEIGHTS_MAX_FILES][WEIGHTS_PATH];
    const int n = weights_cache_files(published->network, files);
    json_t *here = json_array();
    for (int i = 0; i < n; i++) json_array_append_new(here, json_text(files[i]));
    return json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:o}", "network", published->network, "file",
                     published->file, "url_folder", WEIGHTS_ORIGIN, "bytes", (json_int_t)published->bytes,
                     "sha256", published->sha256, "licence", published->licence, "here", here);
}

static enum status list(const struct command_line *line, const struct settings *settings)
{
    const struct published_weights *published;
    json_t *all = json_array();
    (void)settings;
    for (int i = 0; (published = weights_manifest_number(i)); i++) {
        json_array_append_new(all, describe_published(published));
        if (!line->common.json) print_published(published);
    }
    if (line->common.json) return command_json(json_pack("{s:o}", "weights", all));
    json_decref(all);
    return OK;
}

/* ----------------------------------------------------------------------------------------------- fetch */

/* Compares and renames; a wrong file is removed, since going on with it would never end well. */
static enum status accept(const struct published_weights *published, const char *partial, const char *path)
{
    char sha256[65];
    TRY(sha256_file(partial, sha256));
    if (!weights_manifest_matches(published, sha256)) {
        unlink(partial);
        return fail(ERR_VERIFY, "%s: SHA-256 %s found, %s expected; what was fetched is removed",
                    published->file, sha256, published->sha256);
    }
    REQUIRE(rename(partial, path) == 0, ERR_OUTPUT, "%s cannot be written", path);
    return OK;
}

/* An attempt that ended just before the rename leaves a partial file that is complete. */
static int is_complete(const struct published_weights *published, const char *partial)
{
    struct stat about;
    return published->bytes && stat(partial, &about) == 0 && about.st_size == published->bytes;
}

static enum status download(const struct published_weights *published, const struct settings *settings,
                            const char *path, int shows_progress)
{
    char url[WEIGHTS_PATH + 128], partial[WEIGHTS_PATH + 16];
    snprintf(url, sizeof url, "%.*s/%s", WEIGHTS_PATH, settings->mirror, published->file);
    snprintf(partial, sizeof partial, "%s.partial", path);
    enum status status = OK;
    if (!is_complete(published, partial)) status = download_file(url, partial, shows_progress);
    if (status == ERR_INPUT)
        return fail(status, "%s; without a network, download %s/%s elsewhere and put it at %s",
                    status_sentence(), WEIGHTS_ORIGIN, published->file, path);
    return status == OK ? accept(published, partial, path) : status;
}

static enum status fetch_one(const char *network, const struct command_line *line,
                             const struct settings *settings)
{
    const struct published_weights *published = weights_manifest_for(network);
    const struct net *net;
    char path[WEIGHTS_PATH], sha256[65];
    TRY(net_require(network, &net));
    REQUIRE(published, ERR_USAGE, "no published weights of %s are known", network);
    TRY(weights_cache_place(published, 1, path));
    if (access(path, F_OK) == 0) {
        TRY(sha256_file(path, sha256));
        REQUIRE(weights_manifest_matches(published, sha256), ERR_VERIFY,
                "%s is there already, but its SHA-256 is %s, %s expected; remove it and fetch again", path,
                sha256, published->sha256);
    } else {
        log_info("%s: %s", published->file, published->licence);
        TRY(download(published, settings, path, !line->common.quiet && isatty(STDERR_FILENO)));
    }
    if (!line->common.json) printf("%s\n", path);
    return OK;
}

static enum status fetch(const struct command_line *line, const struct settings *settings)
{
    json_t *fetched = json_array();
    char path[WEIGHTS_PATH];
    enum status status = OK;
    for (size_t i = 1; i < line->options.n_words && status == OK; i++) {
        status = fetch_one(line->options.words[i], line, settings);
        if (status == OK) status = weights_cache_place(weights_manifest_for(line->options.words[i]), 0, path);
        if (status == OK) json_array_append_new(fetched, json_text(path));
    }
    if (status == OK && line->common.json) return command_json(json_pack("{s:o}", "fetched", fetched));
    json_decref(fetched);
    return status;
}

/* ----------------------------------------------------------------------------------------------- check */

struct checks {
    json_t *list;
    int n_files, n_wrong;
};

static enum status check_file(struct checks *checks, const char *path, int is_json)
{
    const struct published_weights *published = weights_manifest_called(path);
    char sha256[65];
    TRY(sha256_file(path, sha256));
    const int matches = published && weights_manifest_matches(published, sha256);
    const char *verdict = matches ? "ok" : published ? "DIFFERS" : "unknown";
    checks->n_files++;
    if (published && !matches) checks->n_wrong++;
    if (!is_json) printf("%-8s %s  SHA-256 %s\n", verdict, path, sha256);
    json_array_append_new(checks->list, json_pack("{s:o, s:s, s:s}", "file", json_text(path), "sha256",
                                                  sha256, "verdict", verdict));
    return OK;
}

static enum status check_network(struct checks *checks, const char *network, int is_json)
{
    char files[WEIGHTS_MAX_FILES][WEIGHTS_PATH];
    const int n = weights_cache_files(network, files);
    for (int i = 0; i < n; i++) TRY(check_file(checks, files[i], is_json));
    return OK;
}

static enum status check_all(struct checks *checks, const struct command_line *line)
{
    const struct net *net;
    const int is_json = line->common.json;
    for (size_t i = 1; i < line->options.n_words; i++) {
        TRY(net_require(line->options.words[i], &net));
        TRY(check_network(checks, net->name, is_json));
    }
    for (int i = 0; line->options.n_words == 1 && (net = net_number(i)); i++)
        TRY(check_network(checks, net->name, is_json));
    return OK;
}

static enum status check(const struct command_line *line, const struct settings *settings)
{
    struct checks checks = { .list = json_array() };
    (void)settings;
    enum status status = check_all(&checks, line);
    if (status == OK && line->common.json) status = command_json(json_pack("{s:O}", "checked", checks.list));
    json_decref(checks.list);
    TRY(status);
    REQUIRE(checks.n_files > 0, ERR_INPUT,
            "no weights to check; `earshot weights list` says where they are looked "
            "for, `earshot weights fetch NETWORK` gets them");
    REQUIRE(checks.n_wrong == 0, ERR_VERIFY, "%d of %d files differ from what was published", checks.n_wrong,
            checks.n_files);
    return OK;
}

/* ---------------------------------------------------------------------------------------------- seeded */

static enum status seeded(const struct command_line *line, const struct settings *settings)
{
    struct weights *weights = NULL;
    const struct net *net;
    char spec[32];
    enum status status;
    REQUIRE(line->options.n_words == 2, ERR_USAGE,
            "one network expected: earshot weights seeded NETWORK -o FILE");
    TRY(net_require(line->options.words[1], &net));
    TRY(command_output(line, settings->output, settings->overwrite));
    snprintf(spec, sizeof spec, "seeded:%d", settings->seed);
    TRY_OR_DONE(weights_open(&weights, net, net->n_layers - 1, spec));
    TRY_OR_DONE(safetensors_write(settings->output, weights));
    log_info("%s: RANDOM WEIGHTS", settings->output);
    if (line->common.json)
        status = command_json(json_pack("{s:o, s:s, s:s, s:s}", "output", json_text(settings->output),
                                        "network", net->name, "weights", spec, "sha256", weights->sha256));
    else
        printf("%s  SHA-256 of the numbers %s\n", settings->output, weights->sha256);
done:
    weights_close(&weights);
    return status;
}

/* --------------------------------------------------------------------------------------------- command */

static enum status run_action(const struct command_line *line, const struct settings *settings)
{
    static const struct {
        const char *name;
        enum status (*run)(const struct command_line *line, const struct settings *settings);
        size_t least_words;
    } actions[] = {
        { "list", list, 1 }, { "fetch", fetch, 2 }, { "check", check, 1 }, { "seeded", seeded, 2 }
    };
    const char *word = line->options.words[0];
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(word, actions[i].name) != 0) continue;
        REQUIRE(line->options.n_words >= actions[i].least_words, ERR_USAGE,
                "weights %s: which network? `earshot networks` lists them", word);
        return actions[i].run(line, settings);
    }
    return fail(ERR_USAGE, "weights %s: list, fetch, check or seeded expected", word);
}

static enum status run(const struct command *command, int argc, char **argv)
{
    struct settings settings = { 0 };
    const struct option_set sets[] = { { weights_options, &settings, "Weights options" } };
    struct command_line line;
    int done;
    enum status status;
    TRY_OR_DONE(command_parse(command, &line, sets, 1, argc, argv, &done));
    if (done) goto done;
    TRY_OR_DONE(command_words(command, &line, 1, 1 + 16));
    status = run_action(&line, &settings);
done:
    command_release(&line);
    return status;
}

const struct command command_weights = {
    .name = "weights",
    .summary = "ImageNet weights: where from, fetch, check, random ones",
    .usage = "weights list|fetch NETWORK...|check [NETWORK...]|seeded NETWORK [options]",
    .about =
        "list says where each network's published weights come from, under which licence, and what is here. "
        "fetch downloads them into EARSHOT_WEIGHTS_DIR, or else ~/.cache/earshot, going on where an earlier "
        "attempt stopped, and compares the SHA-256. check compares what is here. seeded writes random "
        "weights "
        "as a .safetensors file, for tests: no result that rests on them means anything.",
    .example = "  earshot weights list\n"
               "  earshot weights seeded squeezenet1_1 --seed 1 -o random.safetensors",
    .run = run,
};
