/* The backend inside the plug-in: one card, taken by its number. */
#ifndef CARD_H
#define CARD_H

#include "backend/backend.h"

extern const struct backend_ops card_ops;

#endif
