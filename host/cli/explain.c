#include "cli/explain.h"

#include "cli/explain_page.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/output.h"

#include <string.h>
#include <strings.h>

/* Bytes of a name: file systems take 255, and a number, an ending and a temporary one are added. */
enum { LONGEST_NAME = 180 };

void explain_release(struct explain *explain)
{
    for (size_t i = 0; explain->pages && i < explain->n_pages; i++) memory_free(explain->pages[i]);
    memory_free(explain->pages);
    explain->pages = NULL;
    explain->n_pages = 0;
}

/* ----------------------------------------------------------------------------------------------- names */

static int is_safe(unsigned char c)
{
    return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           strchr("-_.", c);
}

/* The end of a long path is what tells recordings apart; it does not begin inside a UTF-8 letter. */
static const char *end_of_path(const char *path)
{
    path += strspn(path, "./");
    const size_t length = strlen(path);
    if (length <= LONGEST_NAME) return path;
    path += length - LONGEST_NAME;
    while (((unsigned char)*path & 0xc0) == 0x80) path++;
    return path;
}

static void name_of(const char *path, char name[LONGEST_NAME + 2])
{
    const char *end = end_of_path(path);
    size_t n = 0;
    if (*end == '-' || !*end) name[n++] = '_'; /* a name that begins with - is an option to most programs */
    for (; *end; end++) name[n++] = (char)(is_safe((unsigned char)*end) ? *end : '_');
    name[n] = '\0';
}

/* Some file systems do not tell a from A. */
static int is_taken(const struct explain *explain, const char *page)
{
    for (size_t i = 0; i < explain->n_pages; i++)
        if (strcasecmp(explain->pages[i], page) == 0) return 1;
    return 0;
}

static enum status add_page(struct explain *explain, const char *path)
{
    char name[LONGEST_NAME + 2];
    name_of(path, name);
    char *page = memory_print("%s/%s.html", explain->folder, name);
    for (int i = 2; page && is_taken(explain, page); i++) {
        memory_free(page);
        page = memory_print("%s/%s-%d.html", explain->folder, name, i);
    }
    TRY(memory_check(page));
    explain->pages[explain->n_pages++] = page;
    return OK;
}

/* ----------------------------------------------------------------------------------------------- pages */

static enum status write_page(struct explain *explain, const struct explained_recording *of)
{
    struct output *output = NULL;
    int has_picture = 0;
    TRY(add_page(explain, of->rows->row->of.path));
    TRY(output_open(&output, explain->pages[explain->n_pages - 1]));
    const enum status status = explain_page(output_stream(output), of, &has_picture);
    if (status != OK) {
        output_close(&output);
        return status;
    }
    if (!has_picture) log_warning("%s: no picture: %s", of->rows->row->of.path, status_sentence());
    explain->n_without_picture += !has_picture;
    return output_commit(&output);
}

enum status explain_write(struct explain *explain)
{
    const struct scoring *scoring = explain->scoring;
    struct explained_recording of = { .model = explain->model,
                                      .model_path = explain->model_path,
                                      .provenance = explain->provenance };
    TRY(memory_check(explain->pages = memory_new(scoring->count, sizeof *explain->pages)));
    for (size_t i = 0; i < scoring->count; i += of.n_rows) {
        of.rows = &scoring->items[i];
        of.n_rows = 1;
        while (i + of.n_rows < scoring->count && scored_same_path(of.rows, &of.rows[of.n_rows])) of.n_rows++;
        if (!scored_pooled(of.rows, &of.score)) continue;
        REQUIRE(!*explain->stop, ERR_STOPPED, "stopped on a signal; %s holds %zu pages", explain->folder,
                explain->n_pages);
        TRY(write_page(explain, &of));
    }
    log_info("%zu pages in %s", explain->n_pages, explain->folder);
    return OK;
}
