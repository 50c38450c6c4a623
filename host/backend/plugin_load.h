/* Finds and loads the library of the CUDA backend: once, when somebody asks for it. Nothing of NVIDIA's is
 * linked to the program, so it starts in milliseconds and on machines without a card. */
#ifndef PLUGIN_LOAD_H
#define PLUGIN_LOAD_H

#include "backend/plugin.h"

#define PLUGIN_CUDA_FILE "libearshot_cuda.so"

/* Looked for in this order: what EARSHOT_CUDA_PLUGIN names and nothing else; beside the program, or the library that
 * this code is in (core/origin.h); in ../lib from there; where the loader looks. ERR_DEVICE: it is not there, lacks a library, or is of another
 * build. May be called on any thread. */
enum status plugin_load(const struct plugin **out) MUST_CHECK;

/* A look that takes a millisecond: is the driver's library there? Where EARSHOT_CUDA_PLUGIN names the plug-in, that is
 * left for it to judge. */
enum status plugin_glance(void) MUST_CHECK;

#endif
