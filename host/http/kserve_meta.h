/* What KServe v2 clients ask about models. */
#ifndef KSERVE_META_H
#define KSERVE_META_H

#include "http/exchange.h"

/* The model that the address names, in its only version, "1"; 404. */
enum status kserve_served(struct exchange *exchange, const struct served **out) MUST_CHECK;

#endif
