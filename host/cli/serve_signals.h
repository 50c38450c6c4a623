/* What signals mean to `serve`: SIGINT and SIGTERM ask it to stop, SIGHUP to read its models again; SIGPIPE means
 * nothing. Handlers only post semaphores, on which threads of `serve` wait. */
#ifndef SERVE_SIGNALS_H
#define SERVE_SIGNALS_H

#include "core/status.h"

/* From now on they are counted, and who is waited for below is woken. */
enum status serve_signals_catch(void) MUST_CHECK;

/* Signals reach no thread that is started between the two, and the calling one only after the second: what is to be
 * ready first is made ready then. */
void serve_signals_hold(void);
void serve_signals_let_go(void);

/* Returns when SIGINT or SIGTERM has come. Another one a second or more after the first ends the program at once, with
 * 128 + its number; until then it is the first one still: `timeout` and shells tell the program and its group. */
void serve_signals_wait_for_stop(void);

/* 1: SIGHUP has come, and what was asked before this call returned needs no further reload. 0: reloads have ended. */
int serve_signals_wait_for_reload(void);
void serve_signals_end_reloads(void);

#endif
