/* Colour maps: 256 entries of red, green and blue in 0 … 1. */
#ifndef COLORMAP_H
#define COLORMAP_H

extern const float colormap_viridis[256][3];

#endif
