/* SPDX-License-Identifier: ISC */
/*
 * prog_without.c - runs a program as on an older kernel, which lacks the named
 * features.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../lib/compat/system_calls.h"
#include "deny.h"

static bool
no_pidfd_open(void)
{
	return deny(SYS_pidfd_open, ENOSYS);
}

static bool
no_close_range(void)
{
	return deny(SYS_close_range, ENOSYS);
}

/* Linux 5.9 and 5.10 know close_range(2), but not this flag. */
static bool
no_close_range_cloexec(void)
{
	return deny_argument(SYS_close_range, 2, CLOSE_RANGE_CLOEXEC, EINVAL);
}

static bool
no_nowait(void)
{
	return deny(SYS_preadv2, EOPNOTSUPP) && deny(SYS_pwritev2, EOPNOTSUPP);
}

/* Some sandboxes do not know these calls. */
static bool
no_preadv2(void)
{
	return deny(SYS_preadv2, ENOSYS) && deny(SYS_pwritev2, ENOSYS);
}

static bool
no_guard(void)
{
	enum { ADVICE = 2, MADV_GUARD_INSTALL_ = 102 };

	return deny_argument(SYS_madvise, ADVICE, MADV_GUARD_INSTALL_, EINVAL);
}

static bool
no_fchmodat2(void)
{
	return deny(SYS_fchmodat2, ENOSYS);
}

/* glibc has another way only if the error is ENOSYS. */
static bool
no_clone3(void)
{
	return deny(SYS_clone3, EPERM);
}

/* The sandbox of an old container engine, which refuses calls that it does not
 * know with another error than a kernel. */
static bool
no_new_calls(void)
{
	static const int calls[] = {SYS_close_range, SYS_faccessat2,
	    SYS_fchmodat2, SYS_preadv2, SYS_pwritev2};

	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (!deny(calls[i], EPERM))
			return false;
	return true;
}

static const struct {
	const char *name;
	bool (*take_away)(void);
} facilities[] = {
    {"pidfd_open", no_pidfd_open},
    {"close_range", no_close_range},
    {"CLOSE_RANGE_CLOEXEC", no_close_range_cloexec},
    {"RWF_NOWAIT", no_nowait},
    {"preadv2", no_preadv2},
    {"MADV_GUARD_INSTALL", no_guard},
    {"fchmodat2", no_fchmodat2},
    {"clone3", no_clone3},
    {"new_calls", no_new_calls},
};

static bool
take_away(const char *name)
{
	for (size_t i = 0; i < sizeof facilities / sizeof *facilities; i++)
		if (strcmp(facilities[i].name, name) == 0)
			return facilities[i].take_away();
	errno = EINVAL;
	return false;
}

int
main(int argc, char **argv)
{
	char *name = argc > 2 ? strtok(argv[1], ",") : NULL;

	if (!name) {
		fprintf(stderr,
		    "usage: prog_without NAME[,NAME]... COMMAND [ARG]...\n");
		return 2;
	}
	for (; name; name = strtok(NULL, ",")) {
		if (!take_away(name)) {
			perror(name);
			return 2;
		}
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
