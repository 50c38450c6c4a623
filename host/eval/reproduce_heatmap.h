/* The parts of a study's report that are about the whole table. */
#ifndef REPRODUCE_HEATMAP_H
#define REPRODUCE_HEATMAP_H

#include "eval/reproduce_table.h"

/* The table of each SNR, coloured by AUC. */
void reproduce_heat_maps(FILE *stream, const struct table *table);

/* How often each extractor and detector is best or second best. */
void reproduce_ranking(FILE *stream, const struct table *table);

#endif
