/* The one symbol that the plug-in exports, and the table behind it. */
#include "cuda/card.h"
#include "cuda/plugin_words.h"

static const struct plugin plugin = {
    .abi = PLUGIN_ABI,
    .ops_bytes = sizeof(struct backend_ops),
    .spec_bytes = sizeof(struct line_spec),
    .version = EARSHOT_VERSION,
    .ops = &card_ops,
};

__attribute__((visibility("default"))) const struct plugin *earshot_cuda_backend(
    int abi, const struct plugin_host *host)
{
    if (abi != PLUGIN_ABI) return NULL;
    plugin_words_set(host);
    return &plugin;
}
