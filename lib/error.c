/* SPDX-License-Identifier: ISC */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

static struct tu_error *error_of(struct tu_thread *);

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
tu_raise(enum tcp_error_kind kind, int code, const char *where,
    const char *format, ...)
{
	struct tu_thread *self = tu_running();
	struct tu_error *error;
	va_list ap;

	if (self != NULL) {
		tu_charge(self->scheduler, 0); /* as long as a system call */
		error = error_of(self);
		if (error == NULL) {
			kind = TCPUNIT_ERROR_SYSTEM;
			code = ENOMEM;
		} else {
			va_start(ap, format);
			tu_error_set(error, kind, code, where, format, ap);
			va_end(ap);
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
tu_raise_wake(enum tu_wake woken, const char *where, const char *what)
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

	if (woken == TU_FAILED)
		return tu_raise(TCPUNIT_ERROR_SYSTEM, errno, where, "%s", what);
	return tu_raise(
	    errors[woken].kind, errors[woken].code, where, "%s", what);
}

int
tu_raise_memory(size_t n, const char *where)
{
	return tu_raise(TCPUNIT_ERROR_ARGUMENT, EINVAL, where,
	    "%s: no room of %zu bytes", where, n);
}

int
tu_check_time(int ms, const char *where)
{
	if (ms >= -1)
		return 0;
	return tu_raise(
	    TCPUNIT_ERROR_ARGUMENT, EINVAL, where, "%s: %d ms", where, ms);
}

void *
tu_lookup(enum tu_kind kind, uint64_t bits, const char *where)
{
	static const char *const nouns[] = {
	    "", "listener", "input port", "output port", "thread"};
	static const char *const articles[] = {"", "a", "an", "an", "a"};
	struct tu_runtime *rt = tu_runtime();
	void *object;

	if (rt == NULL)
		return NULL;
	object = tu_handle_object(&rt->handles, kind, bits);
	if (object != NULL)
		return object;
	if (errno == EBADF)
		tu_raise(TCPUNIT_ERROR_CLOSED, EBADF, where, "%s: %s", where,
		    nouns[kind]);
	else if (tu_handle_kind(bits) == kind &&
	    tu_handle_foreign(&rt->handles, bits))
		tu_raise(TCPUNIT_ERROR_ARGUMENT, EINVAL, where,
		    "%s: the %s belongs to another OS thread", where,
		    nouns[kind]);
	else
		tu_raise(TCPUNIT_ERROR_ARGUMENT, EINVAL, where,
		    "%s: the handle is not %s %s", where, articles[kind],
		    nouns[kind]);
	return NULL;
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
