/* Histograms of the service's figures; their bounds are made for seconds of decoding and computing, and for numbers
 * of recordings and patches in a batch. */
#ifndef FIGURES_H
#define FIGURES_H

#include "service/service.h"

void figures_init(struct service_figures *figures);
void histogram_add(struct service_histogram *histogram, double value);

#endif
