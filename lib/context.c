/* SPDX-License-Identifier: ISC */
#include "context.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "stack.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#error "compile with -D__SANITIZE_ADDRESS__ under clang's ASan"
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

/* Defined by the C++ runtime, if the program has one; the type follows its
 * ABI. */
struct tu_exceptions *__cxa_get_globals(void) __attribute__((weak));

static void prepare(struct tu_context *);
static void swap(struct tu_context *, struct tu_context *);

void
tu_context_make(struct tu_context *c, struct tu_stack *stack,
    void (*entry)(void *), void *arg)
{
	c->stack = stack;
	c->line = stack->line;
	stack->entry = entry;
	stack->arg = arg;
#ifdef __SANITIZE_ADDRESS__
	c->fake = NULL;
	c->bottom = tu_stack_bottom(c->stack);
	c->size = c->stack->size;
#endif
#ifdef __SANITIZE_THREAD__
	c->fiber = __tsan_create_fiber(0);
#endif
	prepare(c);
}

void
tu_context_keep(struct tu_context *c)
{
	c->stack->kept = true;
	c->stack = NULL;
	c->line = NULL;
}

void
tu_context_free(struct tu_context *c, struct tu_stacks *stacks)
{
	struct tu_stack *stack = c->stack;

	if (stack == NULL)
		return;
#ifdef __SANITIZE_THREAD__
	__tsan_destroy_fiber(c->fiber);
#endif
	c->stack = NULL;
	tu_stack_give(stacks, stack);
}

static inline void
switch_exceptions(struct tu_context *from, const struct tu_context *to)
{
	struct tu_exceptions *current;

	if (__cxa_get_globals == NULL)
		return;
	current = __cxa_get_globals();
	if (from != NULL)
		from->exceptions = *current;
	*current = to->exceptions;
}

/* Called before the running context is left. */
static inline void
note_depth(struct tu_context *c)
{
	if ((char *)__builtin_frame_address(0) < c->line)
		c->stack->deep = true;
}

#ifdef __SANITIZE_ADDRESS__
/* The context that switched to the running one.  ASan reports the bounds of its
 * stack only after the switch. */
static _Thread_local struct tu_context *asan_from;

static void
asan_arrive(struct tu_context *self)
{
	const void *bottom;
	size_t size;

	__sanitizer_finish_switch_fiber(
	    self ? self->fake : NULL, &bottom, &size);
	if (asan_from != NULL) {
		asan_from->bottom = bottom;
		asan_from->size = size;
	}
}

void
tu_context_switch(struct tu_context *from, struct tu_context *to)
{
	static _Thread_local struct tu_context ended;

	if (from != NULL)
		note_depth(from);
	switch_exceptions(from, to);
	asan_from = from;
	__sanitizer_start_switch_fiber(
	    from ? &from->fake : NULL, to->bottom, to->size);
	swap(from ? from : &ended, to);
	asan_arrive(from);
}
#else
static void
asan_arrive(struct tu_context *self)
{
	(void)self;
}

void
tu_context_switch(struct tu_context *from, struct tu_context *to)
{
	struct tu_context ended;

	if (from != NULL)
		note_depth(from);
	switch_exceptions(from, to);
#ifdef __SANITIZE_THREAD__
	if (from != NULL)
		from->fiber = __tsan_get_current_fiber();
	__tsan_switch_to_fiber(to->fiber, 0);
#endif
	swap(from ? from : &ended, to);
}
#endif

/* The first function on a new stack. */
static void
begin(struct tu_stack *s)
{
	asan_arrive(NULL);
	s->entry(s->arg);
}

#if TU_OWN_SWITCH

/*
 * The stack has the same layout on both sides of a switch, so that the unwind
 * information holds before and after the stack pointer changes.  A new stack
 * begins in tu_context_begin, which has no caller.  The symbols are global, and
 * hidden: for a local symbol, the arm64 linker makes an entry of the global
 * offset table with the address of the symbol's section, which both functions
 * share.
 */
void tu_context_swap(void **from_sp, void *to_sp);
void tu_context_begin(void);

#ifdef __x86_64__

/* The registers that the System V ABI preserves across a call. */
enum { CONTROL, R15, R14, R13, R12, RBX, RBP, RETURN, WORDS };
#define ARGUMENT R12
#define FUNCTION R13
#define CONTROL_AT_START (0x1f80 | (uint64_t)0x037f << 32)

__asm__(".text\n"
	".p2align 4\n"
	".hidden tu_context_swap\n"
	".globl tu_context_swap\n"
	".type tu_context_swap,@function\n"
	"tu_context_swap:\n"
	"	.cfi_startproc\n"
	"	pushq %rbp\n	.cfi_adjust_cfa_offset 8\n"
	"	pushq %rbx\n	.cfi_adjust_cfa_offset 8\n"
	"	pushq %r12\n	.cfi_adjust_cfa_offset 8\n"
	"	pushq %r13\n	.cfi_adjust_cfa_offset 8\n"
	"	pushq %r14\n	.cfi_adjust_cfa_offset 8\n"
	"	pushq %r15\n	.cfi_adjust_cfa_offset 8\n"
	"	subq $8, %rsp\n	.cfi_adjust_cfa_offset 8\n"
	"	.cfi_offset %rbp, -16\n	.cfi_offset %rbx, -24\n"
	"	.cfi_offset %r12, -32\n	.cfi_offset %r13, -40\n"
	"	.cfi_offset %r14, -48\n	.cfi_offset %r15, -56\n"
	"	stmxcsr (%rsp)\n"
	"	fnstcw 4(%rsp)\n"
	"	movq %rsp, (%rdi)\n"
	"	movq %rsi, %rsp\n"
	"	ldmxcsr (%rsp)\n"
	"	fldcw 4(%rsp)\n"
	"	addq $8, %rsp\n	.cfi_adjust_cfa_offset -8\n"
	"	popq %r15\n	.cfi_adjust_cfa_offset -8\n"
	"	popq %r14\n	.cfi_adjust_cfa_offset -8\n"
	"	popq %r13\n	.cfi_adjust_cfa_offset -8\n"
	"	popq %r12\n	.cfi_adjust_cfa_offset -8\n"
	"	popq %rbx\n	.cfi_adjust_cfa_offset -8\n"
	"	popq %rbp\n	.cfi_adjust_cfa_offset -8\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size tu_context_swap,.-tu_context_swap\n"
	".p2align 4\n"
	".hidden tu_context_begin\n"
	".globl tu_context_begin\n"
	".type tu_context_begin,@function\n"
	"tu_context_begin:\n"
	"	.cfi_startproc\n"
	"	.cfi_undefined %rip\n"
	"	movq %r12, %rdi\n"
	"	call *%r13\n"
	"	ud2\n"
	"	.cfi_endproc\n"
	".size tu_context_begin,.-tu_context_begin\n");

#else /* arm64 */

/* The registers that the procedure call standard preserves across a call: x19
 * to x30, and the lower halves of v8 to v15. */
enum { X19, X20, RETURN = 11, D8, WORDS = 20 };
#define ARGUMENT X19
#define FUNCTION X20

__asm__(".text\n"
	".p2align 4\n"
	".hidden tu_context_swap\n"
	".globl tu_context_swap\n"
	".type tu_context_swap,%function\n"
	"tu_context_swap:\n"
	"	.cfi_startproc\n"
	"	sub sp, sp, #160\n	.cfi_def_cfa_offset 160\n"
	"	stp x19, x20, [sp]\n	stp x21, x22, [sp, #16]\n"
	"	stp x23, x24, [sp, #32]\n	stp x25, x26, [sp, #48]\n"
	"	stp x27, x28, [sp, #64]\n	stp x29, x30, [sp, #80]\n"
	"	stp d8, d9, [sp, #96]\n	stp d10, d11, [sp, #112]\n"
	"	stp d12, d13, [sp, #128]\n	stp d14, d15, [sp, #144]\n"
	"	.cfi_offset x19, -160\n	.cfi_offset x20, -152\n"
	"	.cfi_offset x21, -144\n	.cfi_offset x22, -136\n"
	"	.cfi_offset x23, -128\n	.cfi_offset x24, -120\n"
	"	.cfi_offset x25, -112\n	.cfi_offset x26, -104\n"
	"	.cfi_offset x27, -96\n	.cfi_offset x28, -88\n"
	"	.cfi_offset x29, -80\n	.cfi_offset x30, -72\n"
	"	mov x9, sp\n"
	"	str x9, [x0]\n"
	"	mov sp, x1\n"
	"	ldp x19, x20, [sp]\n	ldp x21, x22, [sp, #16]\n"
	"	ldp x23, x24, [sp, #32]\n	ldp x25, x26, [sp, #48]\n"
	"	ldp x27, x28, [sp, #64]\n	ldp x29, x30, [sp, #80]\n"
	"	ldp d8, d9, [sp, #96]\n	ldp d10, d11, [sp, #112]\n"
	"	ldp d12, d13, [sp, #128]\n	ldp d14, d15, [sp, #144]\n"
	"	add sp, sp, #160\n	.cfi_def_cfa_offset 0\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size tu_context_swap,.-tu_context_swap\n"
	".p2align 4\n"
	".hidden tu_context_begin\n"
	".globl tu_context_begin\n"
	".type tu_context_begin,%function\n"
	"tu_context_begin:\n"
	"	.cfi_startproc\n"
	"	.cfi_undefined x30\n"
	"	mov x0, x19\n"
	"	blr x20\n"
	"	brk #1\n"
	"	.cfi_endproc\n"
	".size tu_context_begin,.-tu_context_begin\n");

#endif

static void
prepare(struct tu_context *c)
{
	uint64_t *frame;

	/* Above the frame, the ABI requires a multiple of 16. */
	frame = (uint64_t *)((uintptr_t)c->stack->top & ~(uintptr_t)15) - WORDS;
	memset(frame, 0, WORDS * sizeof(*frame));
#ifdef CONTROL_AT_START
	frame[CONTROL] = CONTROL_AT_START;
#endif
	frame[FUNCTION] = (uint64_t)(uintptr_t)begin;
	frame[ARGUMENT] = (uint64_t)(uintptr_t)c->stack;
	frame[RETURN] = (uint64_t)(uintptr_t)tu_context_begin;
	c->sp = frame;
}

static void
swap(struct tu_context *from, struct tu_context *to)
{
	tu_context_swap(&from->sp, to->sp);
}

#else

/* makecontext(3) passes only ints, so that a pointer is passed in two. */
static void
begin_halves(unsigned high, unsigned low)
{
	begin((struct tu_stack *)(uintptr_t)((uint64_t)high << 32 | low));
}

static void
prepare(struct tu_context *c)
{
	uint64_t s = (uintptr_t)c->stack;

	(void)getcontext(&c->registers); /* cannot fail on Linux */
	c->registers.uc_stack.ss_sp = tu_stack_bottom(c->stack);
	c->registers.uc_stack.ss_size =
	    (size_t)((char *)c->stack->top - tu_stack_bottom(c->stack));
	c->registers.uc_link = NULL;
	makecontext(&c->registers, (void (*)(void))begin_halves, 2,
	    (unsigned)(s >> 32), (unsigned)s);
}

static void
swap(struct tu_context *from, struct tu_context *to)
{
	/* The mask stays that of the OS thread. */
	(void)pthread_sigmask(SIG_BLOCK, NULL, &to->registers.uc_sigmask);
	(void)swapcontext(&from->registers, &to->registers); /* as above */
}

#endif
