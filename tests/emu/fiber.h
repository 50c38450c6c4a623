/* A thread of a kernel: its own stack, and where it stands. Switching costs some 20 ns (x86-64), with ucontext
 * elsewhere some 500. AddressSanitizer is told of each switch. */
#ifndef FIBER_H
#define FIBER_H

#if !defined(__x86_64__) && !defined(FIBER_UCONTEXT)
#define FIBER_UCONTEXT
#endif

#ifdef FIBER_UCONTEXT
#include <ucontext.h>
#endif

struct fiber {
#ifdef FIBER_UCONTEXT
    ucontext_t context;
#else
    void *stack_pointer;
#endif
    char *stack; /* NULL: the program's own; else FIBER_STACK bytes, kept when the fiber is started again */
    void *fake_stack; /* AddressSanitizer's */
};

enum { FIBER_STACK = 256 * 1024 };

/* The next switch to it calls entry, which never returns: it ends with fiber_leave. */
void fiber_start(struct fiber *fiber, void (*entry)(void));
void fiber_switch(struct fiber *from, struct fiber *to);
void fiber_leave(struct fiber *from, struct fiber *to); /* for good */
void fiber_entered(void);                               /* the first call of an entry */
void fiber_forget(struct fiber *fiber); /* given up where it stands: its stack is clean again */
int fiber_holds(const struct fiber *fiber, const void *place);

#endif
