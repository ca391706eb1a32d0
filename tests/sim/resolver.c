/* SPDX-License-Identifier: ISC */
/*
 * Looking up names.  The real getaddrinfo(3) parses numeric addresses and
 * builds the answers.
 */
#pragma GCC visibility push(default) /* libevent calls these, too */
#include "resolver.h"

#include <dlfcn.h>
#include <netdb.h>
#include <string.h>

#include "clock.h"
#include "os_thread.h"
#include "random.h"
#include "verdict.h"

enum { MAX_NAMES = 32, USUAL = 20 };

typedef int lookup(
    const char *, const char *, const struct addrinfo *, struct addrinfo **);

static struct {
	const char *name;
	const char *addresses[SIM_MAX_ANSWERS];
	int n;
	int64_t takes;
} names[MAX_NAMES];
static int n_names;
static unsigned lookups;

static lookup *real(void);
static int answer(
    int, const char *, const struct addrinfo *, struct addrinfo **);

void
sim_resolver_start(void)
{
	static const char *const here[] = {"::1", "127.0.0.1"};

	(void)real(); /* the first dlsym(3) of glibc 2.31 keeps a block */
	n_names = 0;
	sim_name("localhost", here, 2, sim_between(0, 3 * SIM_MS));
}

void
sim_name(const char *name, const char *const *addresses, int n, int64_t ns)
{
	names[n_names].name = name;
	names[n_names].n = n;
	names[n_names].takes = ns;
	memcpy(names[n_names++].addresses, addresses,
	    (size_t)n * sizeof(*addresses));
}

unsigned
sim_lookups(void)
{
	return lookups;
}

int
getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
    struct addrinfo **found)
{
	struct addrinfo numeric = *hints;
	int i = 0, code;

	numeric.ai_flags |= AI_NUMERICHOST;
	code = real()(host, service, &numeric, found);
	if (code == 0 || hints->ai_flags & AI_NUMERICHOST)
		return code;
	if (!sim_os_thread_p())
		sim_fail("a look-up of %s stops every thread", host);
	while (i < n_names && strcmp(names[i].name, host) != 0)
		i++;
	lookups++;
	sim_os_thread_sleep(i < n_names ? names[i].takes : USUAL * SIM_MS);
	lookups--;
	sim_note("getaddrinfo", i, 0);
	return i < n_names ? answer(i, service, hints, found) : EAI_NONAME;
}

static lookup *
real(void)
{
	static lookup *f;

	if (f == NULL)
		*(void **)&f = dlsym(RTLD_NEXT, "getaddrinfo");
	return f;
}

/* Returns a chain of the answers for each address of the family. */
static int
answer(int i, const char *service, const struct addrinfo *hints,
    struct addrinfo **found)
{
	struct addrinfo numeric = *hints, **next = found;
	int j, code = EAI_NONAME;

	numeric.ai_flags |= AI_NUMERICHOST;
	for (j = 0; j < names[i].n; j++) {
		if (real()(names[i].addresses[j], service, &numeric, next) != 0)
			continue;
		code = 0;
		while (*next != NULL)
			next = &(*next)->ai_next;
	}
	return code;
}
