/* Plug-ins that are none, for test_plugin.c: of another interface (STAND_IN=1), without the entry (2), and one
 * that needs a library which the loader does not find (3). */
#include "backend/plugin.h"

#if STAND_IN == 1
const struct plugin *earshot_cuda_backend(int abi, const struct plugin_host *host)
{
    (void)abi, (void)host;
    return NULL;
}
#elif STAND_IN == 2
extern const int stand_in_without_entry;
const int stand_in_without_entry = 1;
#else
int stand_in_lost(void);
const struct plugin *earshot_cuda_backend(int abi, const struct plugin_host *host)
{
    (void)abi, (void)host;
    return stand_in_lost() ? NULL : NULL;
}
#endif
