/* Where the plug-in's sentences and log lines go. */
#ifndef PLUGIN_WORDS_H
#define PLUGIN_WORDS_H

#include "backend/plugin.h"

/* Before anything else in here runs. */
void plugin_words_set(const struct plugin_host *lent);

#endif
