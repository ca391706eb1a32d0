/* SPDX-License-Identifier: ISC */
#include "own_addresses.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/route.h"
#include "kernel/socket_address.h"

static int look_up(struct waiting *w, const char *host,
    union tcp_address list[TCPUNIT_MAX_ADDRESSES]);
static int keep_own(const union tcp_address *list, int n,
    struct own_addresses *own, bool *fits);

int
look_up_own(struct waiting *w, const struct target *target, bool all,
    struct own_addresses *own)
{
	union tcp_address list[TCPUNIT_MAX_ADDRESSES];
	int n = look_up(w, target->host, list);
	const struct tcp_error *e = tcp_last_error();
	bool fits;

	if (n == -1 && e->kind == TCPUNIT_ERROR_TIMEOUT)
		return w->ended ? say_ended(w) : say_timed_out(w);
	if (n == -1)
		return library_failure(w->run, w->what, STATUS_FAILED);
	if (keep_own(list, n, own, &fits) == -1)
		return fail(
		    w->run, STATUS_FAILED, "%s: %s", w->what, strerror(errno));
	if (own->count > 0 && (!all || fits))
		return STATUS_GO_ON;
	return usage_error(w->run,
	    "%s: not an address of this machine; ask other machines "
	    "with tcpu connect -z --retry",
	    target->text);
}

/* Returns how many addresses, or -1.  The end of the process ends the run. */
static int
look_up(struct waiting *w, const char *host,
    union tcp_address list[TCPUNIT_MAX_ADDRESSES])
{
	struct ending *ending = w->run->ending;
	struct tcp_resolve_options options = {TCPUNIT_RESOLVE_DEFAULTS,
	    .family = w->run->options->family,
	    .numeric = w->run->options->numeric};
	int n;

	options.timeout = process_has_ended(w) ? 0 : waiting_time(w);
	if (w->pid != 0 && !w->ended)
		(void)watch_process(
		    ending, w->pid, STATUS_NO); /* or it ended */
	n = tcp_resolve(host, NULL, &options, list, TCPUNIT_MAX_ADDRESSES);
	forget_process(ending);
	return n;
}

/* Keeps the addresses of this machine.  Stores in FITS whether no other machine
 * can have any of the others.  Returns 0, or -1 with errno. */
static int
keep_own(
    const union tcp_address *list, int n, struct own_addresses *own, bool *fits)
{
	union tcp_address a;
	int is_own;

	*fits = true;
	*own = (struct own_addresses){calloc((size_t)n, sizeof(*own->list)), 0};
	if (!own->list)
		return -1;
	for (int i = 0; i < n; i++) {
		a = list[i];
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
