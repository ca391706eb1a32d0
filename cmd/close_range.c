/* SPDX-License-Identifier: ISC */
#include "close_range.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>

#include "../lib/compat/system_calls.h"

struct range {
	int first;
	int last;
	unsigned flags; /* of close_range(2) */
};

static void change_all(const struct range *r);
static int change_listed(const struct range *r, int folder);

/* A container may forbid the call with any error. */
void
close_descriptors(int first, int last)
{
	const struct range r = {first, last, 0};

	if (system_close_range((unsigned)first, (unsigned)last, 0) == -1)
		change_all(&r);
}

void
close_on_exec(int first)
{
	const struct range r = {first, INT_MAX, CLOSE_RANGE_CLOEXEC};

	if (system_close_range((unsigned)first, INT_MAX, r.flags) == -1)
		change_all(&r);
}

static void
change(const struct range *r, int fd)
{
	if (fd < r->first || fd > r->last)
		return;
	if (r->flags)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC); /* or it is not open */
	else
		(void)close(fd);
}

/* Without /proc tries every number that can be open, which may take long.  A
 * limit that was lowered hides open descriptors above it. */
static void
change_all(const struct range *r)
{
	const int folder =
	    open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct rlimit limit = {.rlim_cur = 1024};
	int listed = -1;

	if (folder != -1) {
		listed = change_listed(r, folder);
		(void)close(folder); /* it was read only */
	}
	if (listed == 0)
		return;
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	for (int fd = r->first; fd <= r->last && (rlim_t)fd < limit.rlim_cur;
	     fd++)
		change(r, fd);
}

static int
read_number(const char *digits)
{
	int n = 0;

	for (; *digits >= '0' && *digits <= '9'; digits++)
		n = 10 * n + (*digits - '0');
	return n;
}

/*
 * Changes the descriptors in a folder of /proc.  readdir(3) would allocate
 * memory.  The kernel lists the numbers in order and goes on after the last one
 * it has listed, so that closing them while reading is safe.  Returns 0, or -1
 * if the folder cannot be read.
 */
static int
change_listed(const struct range *r, int folder)
{
	_Alignas(struct dirent) char entries[2048];
	const struct dirent *entry;
	ssize_t n, at;
	int fd;

	while ((n = system_getdents(folder, entries, sizeof(entries))) > 0) {
		for (at = 0; at < n; at += entry->d_reclen) {
			entry = (const struct dirent *)(entries + at);
			fd = read_number(entry->d_name);
			if (entry->d_name[0] != '.' && fd != folder)
				change(r, fd);
		}
	}
	return (int)n;
}
