/* SPDX-License-Identifier: ISC */
/*
 * lookup.c - getaddrinfo(3) under the time limits and signals of the run.
 */
#include "lookup.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/route.h"

/* What a look-up on another thread writes to. */
struct request {
	struct addrinfo hints;
	struct gaicb call;
};

static int keep_own(
    const struct addrinfo *list, struct own_addresses *own, bool *fits);
static int look_up(struct waiting *w, const char *host, struct addrinfo **list);
static int finish(struct waiting *w, int error);
static int look_up_name(struct waiting *w, const char *host,
    const struct addrinfo *hints, struct addrinfo **list);

int
look_up_own(struct waiting *w, const struct target *target, bool all,
    struct own_addresses *own)
{
	struct addrinfo *list;
	bool fits;
	int status = look_up(w, target->host, &list);

	if (status != 0)
		return status;
	if (keep_own(list, own, &fits) == -1)
		status = fail(
		    w->run, STATUS_FAILED, "%s: %s", w->what, strerror(errno));
	else if (own->count == 0 || (all && !fits))
		status = usage_error(w->run,
		    "%s: not an address of this machine; to ask others use "
		    "tcpu connect -z --retry",
		    target->text);
	freeaddrinfo(list);
	return status;
}

/* Returns 0, or -1 with errno.  FITS says that no address was left out that
 * another machine could have. */
static int
keep_own(const struct addrinfo *list, struct own_addresses *own, bool *fits)
{
	union socket_address a;
	size_t n = 0;
	int is_own;

	for (const struct addrinfo *i = list; i; i = i->ai_next)
		n++;
	*fits = true;
	*own = (struct own_addresses){calloc(n + 1, sizeof(*own->list)), 0};
	if (!own->list)
		return -1;
	for (const struct addrinfo *i = list; i; i = i->ai_next) {
		memcpy(&a, i->ai_addr, i->ai_addrlen);
		unmap_address(&a);
		is_own = is_own_address(&a);
		if (is_own == -1)
			return -1;
		if (is_own)
			own->list[own->count++] = a;
		else if (!lacks_family(&a))
			*fits = false;
	}
	return 0;
}

static int
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
