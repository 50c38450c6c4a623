#include "io/weights_manifest.h"

#include <stddef.h>
#include <string.h>

/* torchvision is BSD-3-Clause and states no other licence for its weights. */
#define LICENCE "BSD-3-Clause (torchvision); trained on ImageNet"

static const struct published_weights manifest[] = {
    { "alexnet", "alexnet-owt-7be5be79.pth", 244408911,
      "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02", LICENCE },
    { "resnet18", "resnet18-f37072fd.pth", 46830571,
      "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec", LICENCE },
    { "resnet34", "resnet34-b627a593.pth", 0,
      "b627a593bcbe140c234610266fe4f8ae95ea42fc881d091c9b6052e6b1d0590f", LICENCE },
    { "squeezenet1_0", "squeezenet1_0-b66bff10.pth", 0, "b66bff10", LICENCE },
    { "squeezenet1_1", "squeezenet1_1-b8a52dc0.pth", 4958839,
      "b8a52dc049b60e4b6ab68ad0df457362afab8b6304b2febdc1650a5dab4d7e7b", LICENCE },
};
enum { N_PUBLISHED = sizeof manifest / sizeof *manifest };

const struct published_weights *weights_manifest_number(int i)
{
    return i >= 0 && i < N_PUBLISHED ? &manifest[i] : NULL;
}

const struct published_weights *weights_manifest_for(const char *network)
{
    for (int i = 0; i < N_PUBLISHED; i++)
        if (strcmp(manifest[i].network, network) == 0) return &manifest[i];
    return NULL;
}

const struct published_weights *weights_manifest_called(const char *path)
{
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
    for (int i = 0; i < N_PUBLISHED; i++)
        if (strcmp(manifest[i].file, file) == 0) return &manifest[i];
    return NULL;
}

int weights_manifest_matches(const struct published_weights *published, const char *sha256)
{
    return strncmp(published->sha256, sha256, strlen(published->sha256)) == 0;
}
