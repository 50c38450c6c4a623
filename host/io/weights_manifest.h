/* Where published weights come from: torchvision's official files. weights/MANIFEST.md says the same for
 * people; a test keeps the two equal. */
#ifndef WEIGHTS_MANIFEST_H
#define WEIGHTS_MANIFEST_H

#define WEIGHTS_ORIGIN "https://download.pytorch.org/models"

struct published_weights {
    const char *network;
    const char *file;   /* below WEIGHTS_ORIGIN */
    long long bytes;    /* 0: not stated */
    const char *sha256; /* all 64 digits, or the first 8, which torchvision puts into the name */
    const char *licence;
};

const struct published_weights *weights_manifest_number(int i); /* NULL at the end */
const struct published_weights *weights_manifest_for(const char *network);
const struct published_weights *weights_manifest_called(const char *path); /* by the last part of the path */

/* Whether a checksum is the published one, as far as it is known. */
int weights_manifest_matches(const struct published_weights *published, const char *sha256);

#endif
