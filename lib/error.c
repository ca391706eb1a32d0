/* SPDX-License-Identifier: ISC */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "text.h"

enum { FAULT_SIZE = 120 };

static struct tu_error *error_of(struct tu_thread *);
static void refuse_closed(const char *);

const struct tcp_error *
tcp_last_error(void)
{
	const struct tcp_error *without = tu_runtime_error();
	const struct tu_thread *self = tu_running();

	if (without != NULL)
		return without;
	if (self == NULL)
		return &tu_error_none;
	if (self->speechless)
		return &tu_error_no_memory;
	return self->error != NULL ? &self->error->record : &tu_error_none;
}

int
tu_raise(enum tcp_error_kind kind, int code, const char *object)
{
	return tu_raise_reason(kind, code, object, NULL);
}

int
tu_refuse(int code, const char *format, ...)
{
	char fault[FAULT_SIZE];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(fault, sizeof(fault), format, ap); /* may be cut */
	va_end(ap);
	return tu_refuse_object(code, NULL, fault);
}

int
tu_refuse_object(int code, const char *object, const char *fault)
{
	return tu_raise_reason(TCPUNIT_ERROR_ARGUMENT, code, object, fault);
}

int
tu_raise_reason(
    enum tcp_error_kind kind, int code, const char *object, const char *reason)
{
	struct tu_thread *self = tu_running();
	struct tu_error *error;

	if (self != NULL) {
		tu_charge(self->scheduler, 0); /* as long as a system call */
		error = error_of(self);
		if (error != NULL) {
			tu_error_set(
			    error, kind, code, self->call, object, reason);
		} else {
			kind = TCPUNIT_ERROR_SYSTEM;
			code = ENOMEM;
		}
	}
	errno = tu_error_errno(kind, code);
	return -1;
}

/* The record for the thread's errors, or NULL. */
static struct tu_error *
error_of(struct tu_thread *self)
{
	struct tu_error *error = self->error;

	if (error == NULL)
		error = calloc(1, sizeof(*error));
	self->error = error;
	self->speechless = error == NULL;
	return error;
}

int
tu_raise_wake(enum tu_wake woken, const char *object)
{
	static const struct {
		enum tcp_error_kind kind;
		int code;
	} errors[] = {
	    [TU_TIMED_OUT] = {TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT},
	    [TU_TERMINATED] = {TCPUNIT_ERROR_TERMINATED, ECANCELED},
	    [TU_CLOSED] = {TCPUNIT_ERROR_CLOSED, EBADF},
	    [TU_DEADLOCK] = {TCPUNIT_ERROR_DEADLOCK, EDEADLK},
	};

	if (woken == TU_BUSY)
		return tu_raise_reason(TCPUNIT_ERROR_BUSY, EBUSY, object,
		    "a callback of the event loop cannot wait");
	if (woken == TU_FAILED)
		return tu_raise(TCPUNIT_ERROR_SYSTEM, errno, object);
	return tu_raise(errors[woken].kind, errors[woken].code, object);
}

int
tu_refuse_memory(size_t n)
{
	return tu_refuse(EINVAL, "no room of %zu bytes", n);
}

int
tu_check_time(int ms)
{
	return ms >= -1 ? 0 : tu_refuse(EINVAL, "%d ms", ms);
}

void *
tu_lookup(enum tu_kind kind, uint64_t bits)
{
	static const char *const nouns[] = {"", "listener", "input port",
	    "output port", "thread", "mutex", "condition", "mailbox", "group"};
	static const char *const articles[] = {
	    "", "a", "an", "an", "a", "a", "a", "a", "a"};
	struct tu_runtime *rt = tu_runtime();
	void *object;

	if (rt == NULL)
		return NULL;
	object = tu_handle_object(&rt->handles, kind, bits);
	if (object != NULL)
		return object;
	if (errno == EBADF)
		refuse_closed(nouns[kind]);
	else if (tu_handle_kind(bits) == kind &&
	    tu_handle_foreign(&rt->handles, bits))
		tu_refuse(
		    EINVAL, "the %s belongs to another OS thread", nouns[kind]);
	else
		tu_refuse(EINVAL, "the handle is not %s %s", articles[kind],
		    nouns[kind]);
	return NULL;
}

uint64_t
tu_object_register(struct tu_runtime *rt, enum tu_kind kind, void *object,
    void (*drop)(void *))
{
	uint64_t bits = 0;

	if (object != NULL)
		bits = tu_handle_make(&rt->handles, kind, object, drop);
	if (bits != 0)
		return bits;
	free(object);
	tu_raise(TCPUNIT_ERROR_SYSTEM, ENOMEM, NULL);
	return 0;
}

static void
refuse_closed(const char *noun)
{
	char fault[FAULT_SIZE];

	tu_format(fault, sizeof(fault), "%s: %s", noun,
	    tu_error_reason(TCPUNIT_ERROR_CLOSED, EBADF));
	tu_raise_reason(TCPUNIT_ERROR_CLOSED, EBADF, NULL, fault);
}

void
tu_error_name(const char *call)
{
	struct tu_error *e = tu_running()->error;

	if (e != NULL)
		e->record.where = call;
}

void
tu_error_attach(tcp_port port, size_t transferred)
{
	struct tu_error *e = tu_running()->error;

	if (e == NULL)
		return;
	e->record.port = port;
	e->record.transferred = transferred;
}

void
tu_error_detail(char *details)
{
	struct tu_error *e = tu_running()->error;

	if (e == NULL) {
		free(details);
		return;
	}
	free(e->details);
	e->details = details;
	e->record.details = details ? details : "";
}
