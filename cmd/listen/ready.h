/* SPDX-License-Identifier: ISC */
/*
 * ready.h - telling others that a listener listens, and where: stdout,
 * descriptors, files, a service manager; and going to the background then.
 */
#ifndef TCPU_READY_H
#define TCPU_READY_H

#include <stdbool.h>
#include <tcpunit.h>

#include "../listing.h"
#include "../run.h"

struct ready_options {
	enum print print;
	int fd; /* -1 none */
	const char *port_file;
	const char *pid_file;
	bool background;
	int launcher; /* a pipe to the process that waits to tell; -1 none */
};

extern const struct option ready_option_table[];
#define READY_DEFAULTS                   \
	{                                \
		.fd = -1, .launcher = -1 \
	}

/* Files that announce, if any.  In the end they are removed unless somebody has
 * replaced them; until then they stay open, as the number of an inode that is
 * free is soon another file's. */
struct ready_file {
	const char *name;
	int fd;
};

struct ready_files {
	struct ready_file port;
	struct ready_file pid;
};

/*
 * Before the library is called: sees that --ready-fd is open and, with
 * --background, forks.  SERVES says that stdin is not for data, and
 * SPARES_STDOUT that stdout is not.  Returns STATUS_GO_ON, in the child; or the
 * status to end with.
 */
int ready_prepare(const struct run *run, struct ready_options *options,
    bool serves, bool spares_stdout);

/*
 * Tells everybody that L listens.  Returns STATUS_GO_ON, or the status to end
 * with, having said why; the files are to be withdrawn in any case.
 */
int ready_announce(const struct run *run, const struct ready_options *options,
    tcp_listener l, bool spares_stdout, struct ready_files *files);

void ready_withdraw(const struct ready_files *files);

#endif
