/* Seconds, for measuring: monotonic, only differences mean something. */
#ifndef CLOCK_H
#define CLOCK_H

double clock_seconds(void);

/* "2026-11-24T06:00:00Z" of now, into at least 32 bytes. */
void clock_utc(char *text, int size);

#endif
