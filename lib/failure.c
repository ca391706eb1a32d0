/* SPDX-License-Identifier: ISC */
#include "failure.h"

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

enum { FAULT_SIZE = 80 };

const struct tcp_error tu_error_none = {
    TCPUNIT_ERROR_NONE, 0, "", {0}, 0, "no error", "", "no error"};
const struct tcp_error tu_error_no_memory = {TCPUNIT_ERROR_SYSTEM, ENOMEM, "",
    {0}, 0, "Cannot allocate memory", "", "Cannot allocate memory"};

enum tcp_error_kind
tu_error_kind(int code)
{
	switch (code) {
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
		return TCPUNIT_ERROR_SYSTEM;
	default:
		return TCPUNIT_ERROR_NET;
	}
}

/* The texts of the commonest are the same with every C library. */
static const char *
look_up_reason(int code)
{
	switch (code) {
	case EAI_SERVICE:
		return "Unknown service";
	case EAI_NONAME:
		return "Name or service not known";
	case EAI_AGAIN:
		if (access("/etc/resolv.conf", F_OK) == -1 && errno == ENOENT)
			return "No name server answers, and there is no "
			       "/etc/resolv.conf";
		return "Temporary failure in name resolution";
	default:
		return gai_strerror(code);
	}
}

const char *
tu_error_reason(enum tcp_error_kind kind, int code)
{
	switch (kind) {
	case TCPUNIT_ERROR_RESOLVE:
		return look_up_reason(code);
	case TCPUNIT_ERROR_TIMEOUT:
		return "timed out";
	case TCPUNIT_ERROR_CLOSED:
		return "already closed";
	case TCPUNIT_ERROR_TERMINATED:
		return "the thread was terminated";
	case TCPUNIT_ERROR_BUSY:
		return "another thread is waiting there";
	case TCPUNIT_ERROR_DEADLOCK:
		return "nothing is left that could end the wait";
	default:
		return strerror(code);
	}
}

int
tu_error_errno(enum tcp_error_kind kind, int code)
{
	if (kind != TCPUNIT_ERROR_RESOLVE)
		return code;
	switch (code) {
	case EAI_AGAIN:
		return EAGAIN;
	case EAI_MEMORY:
		return ENOMEM;
	default:
		return ENOENT;
	}
}

void
tu_error_set(struct tu_error *e, enum tcp_error_kind kind, int code,
    const char *where, const char *object, const char *fault)
{
	size_t used;
	char *c;

	free(e->details);
	e->details = NULL;
	tu_format(e->text, sizeof(e->text) - FAULT_SIZE, "%s%s%s", where,
	    object ? " " : "", object ? object : "");
	used = strlen(e->text);
	tu_format(e->text + used, sizeof(e->text) - used, ": %s",
	    fault ? fault : tu_error_reason(kind, code));
	for (c = e->text; *c != '\0'; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?'; /* it has to stay one line */
	e->record = (struct tcp_error){
	    .kind = kind,
	    .code = code,
	    .where = where,
	    .text = e->text,
	    .details = "",
	    .reason = e->text + used + strlen(": "),
	};
}

void
tu_error_free(struct tu_error *e)
{
	if (e == NULL)
		return;
	free(e->details);
	free(e);
}
