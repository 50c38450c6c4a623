#include "fiber.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

/* Of the program's own stack, which fibers come from and go to. */
static const void *home_bottom;
static size_t home_size;

static void announce(void **fake_stack, const struct fiber *to)
{
    __sanitizer_start_switch_fiber(fake_stack, to->stack ? to->stack : home_bottom,
                                   to->stack ? FIBER_STACK : home_size);
}

static void arrive(const struct fiber *here)
{
    if (here->stack)
        __sanitizer_finish_switch_fiber(here->fake_stack, &home_bottom, &home_size);
    else
        __sanitizer_finish_switch_fiber(here->fake_stack, NULL, NULL);
}

void fiber_entered(void)
{
    __sanitizer_finish_switch_fiber(NULL, &home_bottom, &home_size);
}

void fiber_forget(struct fiber *fiber)
{
    if (fiber->stack) __asan_unpoison_memory_region(fiber->stack, FIBER_STACK);
}
#else
static void announce(void **fake_stack, const struct fiber *to)
{
    (void)fake_stack, (void)to;
}

static void arrive(const struct fiber *here)
{
    (void)here;
}

void fiber_entered(void)
{
}

void fiber_forget(struct fiber *fiber)
{
    (void)fiber;
}
#endif

#ifdef FIBER_UCONTEXT
static void prepare(struct fiber *fiber, void (*entry)(void))
{
    getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = fiber->stack;
    fiber->context.uc_stack.ss_size = FIBER_STACK;
    fiber->context.uc_link = NULL;
    makecontext(&fiber->context, entry, 0);
}

static void jump(struct fiber *from, struct fiber *to)
{
    swapcontext(&from->context, &to->context);
}
#else
/* Saves what a call must keep (System V: rbp, rbx, r12 … r15), changes stacks, and returns on the other one. */
void fiber_jump(void **save, void *to);
__asm__(".text\n"
        ".globl fiber_jump\n"
        ".type fiber_jump,@function\n"
        "fiber_jump:\n"
        "    pushq %rbp\n    pushq %rbx\n    pushq %r12\n    pushq %r13\n    pushq %r14\n    pushq %r15\n"
        "    movq %rsp,(%rdi)\n"
        "    movq %rsi,%rsp\n"
        "    popq %r15\n    popq %r14\n    popq %r13\n    popq %r12\n    popq %rbx\n    popq %rbp\n"
        "    ret\n"
        ".size fiber_jump,.-fiber_jump\n");

/* As if entry had been called and had called fiber_jump before its first instruction. */
static void prepare(struct fiber *fiber, void (*entry)(void))
{
    void **top = (void **)(fiber->stack + FIBER_STACK - 8);
    *top = NULL; /* where entry's return address would be */
    *--top = (void *)entry;
    for (int i = 0; i < 6; i++) *--top = NULL;
    fiber->stack_pointer = top;
}

static void jump(struct fiber *from, struct fiber *to)
{
    fiber_jump(&from->stack_pointer, to->stack_pointer);
}
#endif

/* A page below the stack that nobody may touch, so that an overflow is seen. */
static char *new_stack(void)
{
    enum { GUARD = 4096 };
    char *memory = mmap(NULL, FIBER_STACK + GUARD, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, GUARD, PROT_NONE) != 0) {
        perror("a fiber's stack");
        abort();
    }
    return memory + GUARD;
}

void fiber_start(struct fiber *fiber, void (*entry)(void))
{
    if (!fiber->stack) fiber->stack = new_stack();
    fiber->fake_stack = NULL;
    prepare(fiber, entry);
}

void fiber_switch(struct fiber *from, struct fiber *to)
{
    announce(&from->fake_stack, to);
    jump(from, to);
    arrive(from);
}

void fiber_leave(struct fiber *from, struct fiber *to)
{
    announce(NULL, to);
    jump(from, to);
    abort();
}

int fiber_holds(const struct fiber *fiber, const void *place)
{
    const uintptr_t at = (uintptr_t)place, bottom = (uintptr_t)fiber->stack;
    return at >= bottom && at < bottom + FIBER_STACK;
}
