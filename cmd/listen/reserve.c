/* SPDX-License-Identifier: ISC */
#include "reserve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../kernel/binding.h"
#include "../kernel/interfaces.h"
#include "../kernel/socket_address.h"
#include "../listing.h"

/* ms for a connection of tcpu to itself */
#define CONNECT_TIME 5000

struct reservation {
	const struct run *run;
	const char *what;
	tcp_listener listener;
	int port;
	union tcp_address *addresses;
	size_t count;
};

static int find_addresses(struct reservation *r, bool six_only);
static int leave_connections(struct reservation *r);
static int leave_connection(
    const struct reservation *r, const union tcp_address *address);
static int accept_own(
    const struct reservation *r, tcp_port own, tcp_port connection[2]);
static int check_held(const struct reservation *r);

int
reserve(const struct run *run, const char *what, tcp_listener listener,
    bool six_only)
{
	struct reservation r = {.run = run, .what = what, .listener = listener};
	int status = STATUS_GO_ON;

	r.port = tcp_listener_port(listener);
	(void)tcp_set_accept_timeout(listener, CONNECT_TIME);
	if (find_addresses(&r, six_only) == -1)
		status =
		    fail(run, STATUS_FAILED, "%s: %s", what, strerror(errno));
	if (status == STATUS_GO_ON)
		status = leave_connections(&r);
	(void)tcp_close(listener); /* it is open */
	if (status == STATUS_GO_ON)
		status = check_held(&r);
	free(r.addresses);
	return status;
}

/* Returns 0, or -1 with errno. */
static int
add_address(struct reservation *r, const union tcp_address *address)
{
	size_t size = (r->count + 1) * sizeof(*address);
	union tcp_address *grown = realloc(r->addresses, size);

	if (!grown)
		return -1;
	r->addresses = grown;
	grown[r->count++] = *address;
	return 0;
}

/* The addresses at which a wildcard socket of the family can be reached.  The
 * system may also hand out the port for one of them alone. */
static int
add_interfaces(struct reservation *r, int family, bool six_only)
{
	union tcp_address *list;
	int n = list_interface_addresses(&list), result = n == -1 ? -1 : 0;

	for (int i = 0; i < n && result == 0; i++) {
		if (list[i].sa.sa_family == family ||
		    (family == AF_INET6 && !six_only))
			result = add_address(r, &list[i]);
	}
	if (n != -1)
		free(list);
	return result;
}

static int
find_addresses(struct reservation *r, bool six_only)
{
	union tcp_address a = {.sa.sa_family = AF_INET};
	socklen_t size;
	int result = 0;

	for (int i = 0, fd;
	     result == 0 && (fd = tcp_listener_fileno(r->listener, i)) != -1;
	     i++) {
		size = sizeof(a);
		(void)getsockname(fd, &a.sa, &size); /* it is bound */
		result = is_unspecified(&a)
		    ? add_interfaces(r, a.sa.sa_family, six_only)
		    : add_address(r, &a);
	}
	return result;
}

/* Connecting from an address fails alike if the machine does not have it, and
 * if all ports of a client are taken. */
static bool
is_absent(const union tcp_address *address, int port)
{
	int fd = bind_address(address, port, 0);

	if (fd == -1)
		return errno == EADDRNOTAVAIL;
	(void)close(fd); /* it holds no data */
	return false;
}

/* Drops the addresses that cannot be bound, which nobody else can bind either:
 * one that is not ready yet, or was removed meanwhile. */
static int
leave_connections(struct reservation *r)
{
	const struct tcp_error *e = tcp_last_error();
	char ip[TCPUNIT_ADDRLEN];
	size_t kept = 0;

	for (size_t i = 0; i < r->count; i++) {
		if (leave_connection(r, &r->addresses[i]) == 0) {
			r->addresses[kept++] = r->addresses[i];
			continue;
		}
		if (strcmp(e->where, "bind") == 0 && e->code == EADDRNOTAVAIL &&
		    is_absent(&r->addresses[i], r->port))
			continue;
		if (e->kind != TCPUNIT_ERROR_NET &&
		    e->kind != TCPUNIT_ERROR_TIMEOUT)
			return library_failure(r->run, r->what, STATUS_LISTEN);
		(void)tcp_address_text(&r->addresses[i], ip);
		return fail(r->run, STATUS_LISTEN,
		    "%s: no connection to %s: %s", r->what, ip, reason(e));
	}
	r->count = kept;
	return STATUS_GO_ON;
}

/* The end that closes first is the one that stays in TIME_WAIT.  Returns 0, or
 * -1 after an error of the library. */
static int
leave_connection(const struct reservation *r, const union tcp_address *address)
{
	struct tcp_connect_options options = {
	    TCPUNIT_CONNECT_DEFAULTS, .numeric = true};
	tcp_port ours[2], accepted[2];
	char ip[TCPUNIT_ADDRLEN];
	int result;

	(void)tcp_address_text(address, ip); /* it has a family */
	options.timeout = CONNECT_TIME;
	options.local_host = ip;
	if (tcp_connect(ip, r->port, &options, &ours[0], &ours[1]) == -1)
		return -1;
	result = accept_own(r, ours[0], accepted);
	if (result == 0) {
		(void)tcp_close_ports(accepted[0], accepted[1]); /* no data */
		result = tcp_peek_byte(ours[0]) == TCPUNIT_EOF ? 0 : -1;
	}
	(void)tcp_close_ports(ours[0], ours[1]);
	return result;
}

/* A stranger who connects to the port gets a reset.  Returns as above. */
static int
accept_own(const struct reservation *r, tcp_port own, tcp_port connection[2])
{
	struct ends ours, theirs;

	read_ends(own, &ours);
	while (tcp_accept(r->listener, &connection[0], &connection[1]) == 0) {
		read_ends(connection[0], &theirs);
		if (theirs.remote.port == ours.local.port &&
		    strcmp(theirs.remote.ip, ours.local.ip) == 0)
			return 0;
		(void)tcp_reset(connection[0]); /* nobody else has it */
	}
	return -1;
}

/* The kernel forgets a closed connection at once if it has too many already. */
static int
check_held(const struct reservation *r)
{
	bool held = r->count > 0;

	for (size_t i = 0; i < r->count && held; i++)
		held = is_held(&r->addresses[i], r->port);
	if (held)
		return STATUS_GO_ON;
	return fail(r->run, STATUS_LISTEN,
	    "%s: the system keeps no closed connection", r->what);
}
