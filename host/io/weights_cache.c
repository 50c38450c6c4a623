#include "io/weights_cache.h"

#include "core/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *set_variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* The cache folder proper; 0: no variable tells. */
static int cache_folder(char folder[WEIGHTS_PATH])
{
    const char *cache = set_variable("XDG_CACHE_HOME"), *home = set_variable("HOME");
    if (!cache && !home) return 0;
    snprintf(folder, WEIGHTS_PATH, cache ? "%s/earshot" : "%s/.cache/earshot", cache ? cache : home);
    return 1;
}

int weights_cache_folder(int i, char folder[WEIGHTS_PATH])
{
    const char *named = set_variable("EARSHOT_WEIGHTS_DIR");
    if (named && i == 0) {
        snprintf(folder, WEIGHTS_PATH, "%s", named);
        return 1;
    }
    return i == (named ? 1 : 0) && cache_folder(folder);
}

int weights_cache_files(const char *network, char files[WEIGHTS_MAX_FILES][WEIGHTS_PATH])
{
    const struct published_weights *published = weights_manifest_for(network);
    char folder[WEIGHTS_PATH];
    int n = 0;
    for (int i = 0; weights_cache_folder(i, folder); i++) {
        const char *const endings[] = { ".safetensors", ".pth" };
        for (int k = 0; k < 3 && n < WEIGHTS_MAX_FILES; k++) {
            if (k == 2 && !published) continue;
            const int length = k < 2
                                   ? snprintf(files[n], WEIGHTS_PATH, "%s/%s%s", folder, network, endings[k])
                                   : snprintf(files[n], WEIGHTS_PATH, "%s/%s", folder, published->file);
            if (length < WEIGHTS_PATH && access(files[n], F_OK) == 0) n++;
        }
    }
    return n;
}

enum status weights_cache_place(const struct published_weights *published, int make, char path[WEIGHTS_PATH])
{
    char folder[WEIGHTS_PATH];
    REQUIRE(weights_cache_folder(0, folder), ERR_OUTPUT,
            "no folder for weights: neither EARSHOT_WEIGHTS_DIR nor XDG_CACHE_HOME nor HOME is set");
    if (make) TRY(output_folder(folder));
    const int length = snprintf(path, WEIGHTS_PATH, "%s/%s", folder, published->file);
    REQUIRE(length < WEIGHTS_PATH, ERR_OUTPUT, "%s: a path of more than %d bytes", folder, WEIGHTS_PATH - 1);
    return OK;
}
