#include "backend/plugin_load.h"

#include "core/origin.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

/* -------------------------------------------------------------------------------------------- where it is */

/* Path of the file beside us or in ../lib; 0: it is in neither. */
static int find_beside(char *path)
{
    char folder[PATH_BYTES];
    origin_folder(folder, sizeof folder);
    static const char *const places[] = { "", "/../lib" };
    for (int i = 0; i < 2; i++) {
        snprintf(path, PATH_BYTES, "%.3800s%s/" PLUGIN_CUDA_FILE, folder, places[i]);
        if (access(path, F_OK) == 0) return 1;
    }
    return 0;
}

static const char *named_file(void)
{
    const char *named = getenv("EARSHOT_CUDA_PLUGIN");
    return named && *named ? named : NULL;
}

/* What dlopen is given: a path, or the bare name, which the loader looks for. */
static void choose_path(char *path)
{
    if (named_file())
        snprintf(path, PATH_BYTES, "%s", named_file());
    else if (!find_beside(path))
        snprintf(path, PATH_BYTES, "%s", PLUGIN_CUDA_FILE);
}

/* -------------------------------------------------------------------------------------------- loading it */

static enum status not_there(const char *path)
{
    REQUIRE(!named_file(), ERR_DEVICE, "EARSHOT_CUDA_PLUGIN names %s, which is not there", path);
    return fail(ERR_DEVICE,
                "the plug-in %s is neither beside the program, nor in ../lib, nor where the loader looks; "
                "`make cuda` builds it where CUDA 13 is, EARSHOT_CUDA_PLUGIN names one elsewhere",
                PLUGIN_CUDA_FILE);
}

/* The loader's words begin with the file that is missing: the plug-in itself or a library that it needs. */
static enum status explain_loader(const char *path)
{
    const char *words = dlerror();
    if (!words) words = "the loader does not say why";
    if (strncmp(words, path, strlen(path)) == 0 && strstr(words, "No such file")) return not_there(path);
    return fail(ERR_DEVICE, "the plug-in %s cannot be loaded: %s", path, words);
}

static const struct plugin_host lent = {
    .fail = fail,
    .sentence = status_sentence,
    .log = { log_error, log_warning, log_info, log_debug },
};

static enum status check_plugin(const struct plugin *plugin, const char *path)
{
    REQUIRE(plugin && plugin->abi == PLUGIN_ABI && plugin->ops_bytes == sizeof(struct backend_ops) &&
                plugin->spec_bytes == sizeof(struct line_spec),
            ERR_DEVICE,
            "the plug-in %s is of another build: earshot " EARSHOT_VERSION
            " (interface %d) expected, %s found",
            path, PLUGIN_ABI, plugin ? plugin->version : "another interface");
    return OK;
}

static enum status load(const struct plugin **out)
{
    char path[PATH_BYTES];
    choose_path(path);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) return explain_loader(path);
    plugin_entry *entry;
    *(void **)&entry = dlsym(library, PLUGIN_CUDA_SYMBOL);
    REQUIRE(entry, ERR_DEVICE, "%s is no plug-in of earshot: it lacks " PLUGIN_CUDA_SYMBOL, path);
    const struct plugin *plugin = entry(PLUGIN_ABI, &lent);
    TRY(check_plugin(plugin, path));
    *out = plugin;
    return OK;
}

enum status plugin_load(const struct plugin **out)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static const struct plugin *loaded;
    enum status status = OK;
    pthread_mutex_lock(&lock);
    if (!loaded) status = load(&loaded);
    *out = loaded;
    pthread_mutex_unlock(&lock);
    return status;
}

enum status plugin_glance(void)
{
    if (named_file()) return OK;
    REQUIRE(dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL), ERR_DEVICE, "no NVIDIA driver is installed");
    return OK;
}
