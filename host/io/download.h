/* A file from the network by libcurl: https, http, and file for a mirror on a shared disk. What is fetched is
 * only to be trusted after its checksum was compared. */
#ifndef DOWNLOAD_H
#define DOWNLOAD_H

#include "core/status.h"

/* Fetches `url` into `path`, after what an earlier attempt left there; where the server cannot go on in the
 * middle, from the beginning. What has come stays when it fails, so that the next attempt goes on.
 * ERR_INPUT: not reachable, not there; ERR_OUTPUT: not writable, disk full, or another process is at it. */
enum status download_file(const char *url, const char *path, int shows_progress) MUST_CHECK;

#endif
