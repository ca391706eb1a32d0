/* SPDX-License-Identifier: ISC */
/*
 * lookup.c - getaddrinfo(3) under the time limits and signals of the run.
 */
#include "lookup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* What a look-up on another thread writes to. */
struct request {
	struct addrinfo hints;
	struct gaicb call;
};

static int finish(struct waiting *w, int error);
static int look_up_name(struct waiting *w, const char *host,
    const struct addrinfo *hints, struct addrinfo **list);

int
look_up(struct waiting *w, const char *host, struct addrinfo **list)
{
	const struct common_options *options = w->run->options;
	struct addrinfo hints = {
	    .ai_family = options->family == 4 ? AF_INET
		: options->family == 6        ? AF_INET6
					      : AF_UNSPEC,
	    .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICHOST,
	};
	int error = getaddrinfo(host, NULL, &hints, list);

	if (error != EAI_NONAME || options->numeric)
		return finish(w, error);
	hints.ai_flags = 0;
	return look_up_name(w, host, &hints, list);
}

static int
finish(struct waiting *w, int error)
{
	if (error == 0)
		return 0;
	return fail(
	    w->run, STATUS_RESOLVE, "%s: %s", w->what, gai_strerror(error));
}

static int
look_up_name(struct waiting *w, const char *host, const struct addrinfo *hints,
    struct addrinfo **list)
{
	struct request *r = malloc(sizeof(*r));
	struct gaicb *calls[1];
	int error, status;

	if (!r)
		return fail(
		    w->run, STATUS_FAILED, "%s: %s", w->what, strerror(errno));
	*r = (struct request){.hints = *hints};
	r->call = (struct gaicb){.ar_name = host, .ar_request = &r->hints};
	calls[0] = &r->call;
	error = getaddrinfo_a(GAI_NOWAIT, calls, 1, NULL);
	while (error == 0 && gai_error(&r->call) == EAI_INPROGRESS) {
		status = wait_a_little(w);
		if (status != 0)
			return status; /* the other thread still has R */
	}
	if (error == 0)
		error = gai_error(&r->call);
	*list = r->call.ar_result;
	free(r);
	return finish(w, error);
}
