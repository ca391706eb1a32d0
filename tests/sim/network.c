/* SPDX-License-Identifier: ISC */
/*
 * Addresses and the sockets that are bound to them.
 */
#include "network.h"

#include <errno.h>
#include <string.h>

#include "random.h"

static unsigned next_port;

static bool is_any(const union sim_address *);
static bool same_host(const union sim_address *, const union sim_address *);
static bool reaches(const struct sim_socket *, const union sim_address *);
static bool clashes(const struct sim_socket *, const struct sim_socket *,
    const union sim_address *);

void
sim_network_start(void)
{
	next_port = 32768 + sim_below(20000);
}

unsigned
sim_network_free_port(void)
{
	return next_port++;
}

enum sim_host
sim_network_host(const union sim_address *a)
{
	uint32_t four = ntohl(a->in.sin_addr.s_addr);

	if (a->sa.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&a->in6.sin6_addr)
		    ? SIM_HOST_HERE
		    : SIM_HOST_SILENT;
	if (four >> 24 == 10)
		return (enum sim_host)(four >> 16 & 3);
	return SIM_HOST_HERE;
}

struct sim_socket *
sim_network_listener(const union sim_address *a)
{
	struct sim_socket *s;

	for (s = sim_sockets(); s != NULL; s = s->next)
		if (s->state == SIM_LISTENING && reaches(s, a))
			return s;
	return NULL;
}

int
sim_network_bind(struct sim_socket *s, const union sim_address *a)
{
	union sim_address wanted = *a;
	struct sim_socket *other;

	if (sim_network_port(a) == 0)
		sim_network_set_port(&wanted, (int)sim_network_free_port());
	for (other = sim_sockets(); other != NULL; other = other->next) {
		if (clashes(other, s, &wanted)) {
			errno = EADDRINUSE;
			return -1;
		}
	}
	s->local = wanted;
	s->bound = true;
	return 0;
}

int
sim_network_port(const union sim_address *a)
{
	return ntohs(
	    a->sa.sa_family == AF_INET6 ? a->in6.sin6_port : a->in.sin_port);
}

void
sim_network_set_port(union sim_address *a, int port)
{
	if (a->sa.sa_family == AF_INET6)
		a->in6.sin6_port = htons((uint16_t)port);
	else
		a->in.sin_port = htons((uint16_t)port);
}

socklen_t
sim_network_length(const union sim_address *a)
{
	return a->sa.sa_family == AF_INET6 ? sizeof(a->in6) : sizeof(a->in);
}

static bool
is_any(const union sim_address *a)
{
	if (a->sa.sa_family == AF_INET6)
		return IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr);
	return a->in.sin_addr.s_addr == INADDR_ANY;
}

static bool
same_host(const union sim_address *a, const union sim_address *b)
{
	if (a->sa.sa_family == AF_INET)
		return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	return IN6_ARE_ADDR_EQUAL(&a->in6.sin6_addr, &b->in6.sin6_addr);
}

static bool
reaches(const struct sim_socket *s, const union sim_address *a)
{
	if (sim_network_port(&s->local) != sim_network_port(a))
		return false;
	if (s->family != a->sa.sa_family)
		return s->family == AF_INET6 && !s->six_only &&
		    is_any(&s->local);
	return is_any(&s->local) || is_any(a) || same_host(&s->local, a);
}

static bool
clashes(const struct sim_socket *other, const struct sim_socket *s,
    const union sim_address *a)
{
	return other != s && other->bound && !other->closed &&
	    other->state == SIM_LISTENING && reaches(other, a);
}
