#include "io/download.h"

#include "core/clock.h"
#include "core/log.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct download {
    const char *url, *path;
    int descriptor;
    int write_error;  /* errno of a write that failed */
    curl_off_t begin; /* bytes that were there before */
    int shows_progress;
    double shown_at;
};

static size_t write_bytes(char *bytes, size_t size, size_t count, void *context)
{
    struct download *d = context;
    for (size_t done = 0; done < size * count;) {
        const ssize_t wrote = write(d->descriptor, bytes + done, size * count - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) {
            d->write_error = errno;
            return 0;
        }
        done += (size_t)wrote;
    }
    return size * count;
}

/* Six times a second at most. */
static int show_progress(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total,
                         curl_off_t up_now)
{
    struct download *d = context;
    const double seconds = clock_seconds();
    (void)up_total;
    (void)up_now;
    if (!d->shows_progress || total == 0 || seconds - d->shown_at < 1.0 / 6) return 0;
    d->shown_at = seconds;
    log_progress("%s: %.1f of %.1f MB", d->url, (double)(d->begin + now) * 1e-6,
                 (double)(d->begin + total) * 1e-6);
    return 0;
}

/* One attempt, from the end of what is there. */
static CURLcode attempt(struct download *d, char *reason, long *answer)
{
    CURL *curl = curl_easy_init();
    if (!curl) return CURLE_FAILED_INIT;
    d->begin = lseek(d->descriptor, 0, SEEK_END);
    curl_easy_setopt(curl, CURLOPT_URL, d->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http,file");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 20L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 100L); /* bytes a second, */
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, 60L);   /* for a minute: given up */
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, d->begin);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, write_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, d);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, show_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, d);
    const CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, answer);
    curl_easy_cleanup(curl);
    return code;
}

/* The server has no such middle: it cannot go on there, or what is here is as long as its file or longer. */
static int must_begin_again(const struct download *d, CURLcode code, long answer)
{
    enum { RANGE_NOT_SATISFIABLE = 416 };
    return d->begin > 0 && (code == CURLE_RANGE_ERROR || code == CURLE_BAD_DOWNLOAD_RESUME ||
                            (code == CURLE_HTTP_RETURNED_ERROR && answer == RANGE_NOT_SATISFIABLE));
}

static enum status fetch(struct download *d)
{
    char reason[CURL_ERROR_SIZE] = "";
    long answer = 0;
    CURLcode code = attempt(d, reason, &answer);
    if (must_begin_again(d, code, answer)) {
        REQUIRE(ftruncate(d->descriptor, 0) == 0, ERR_OUTPUT, "%s cannot be emptied: %s", d->path,
                strerror(errno));
        code = attempt(d, reason, &answer);
    }
    log_progress_end();
    REQUIRE(!d->write_error, ERR_OUTPUT, "%s cannot be written: %s", d->path, strerror(d->write_error));
    REQUIRE(code == CURLE_OK, ERR_INPUT, "%s cannot be fetched: %s", d->url,
            *reason ? reason : curl_easy_strerror(code));
    return OK;
}

enum status download_file(const char *url, const char *path, int shows_progress)
{
    struct download d = { .url = url, .path = path, .shows_progress = shows_progress };
    enum status status = OK;
    d.descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    REQUIRE(d.descriptor >= 0, ERR_OUTPUT, "%s cannot be written: %s", path, strerror(errno));
    if (flock(d.descriptor, LOCK_EX | LOCK_NB) != 0)
        status = fail(ERR_OUTPUT, "%s: another process is fetching it", path);
    if (status == OK) status = fetch(&d);
    if (status == OK && fsync(d.descriptor) != 0)
        status = fail(ERR_OUTPUT, "%s cannot be written: %s", path, strerror(errno));
    close(d.descriptor);
    return status;
}
