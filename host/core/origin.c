#include "core/origin.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The loader's name of the library that this code is in; "" where it is the program. */
static const char *library_name(void)
{
    Dl_info found;
    struct link_map *map = NULL;
    if (!dladdr1(&origin_is_program, &found, (void **)&map, RTLD_DL_LINKMAP) || !map) return "";
    return map->l_name;
}

int origin_is_program(void)
{
    return !*library_name();
}

void origin_folder(char *folder, size_t size)
{
    const char *name = library_name();
    char *path = realpath(*name ? name : "/proc/self/exe", NULL);
    char *slash = path ? strrchr(path, '/') : NULL;
    if (slash) *slash = '\0';
    snprintf(folder, size, "%s", slash ? path : "");
    free(path);
}
