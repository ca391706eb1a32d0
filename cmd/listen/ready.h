/* SPDX-License-Identifier: ISC */
/*
 * ready.h - announces that the listener is listening, and its port: on stdout,
 * on a descriptor, in files, to a service manager; and then lets the launcher
 * of a listener in the background return.
 */
#ifndef TCPU_READY_H
#define TCPU_READY_H

#include <stdbool.h>

#include "../listing.h"
#include "../run.h"

struct ready_options {
	enum print print;
	int fd; /* -1 none */
	const char *port_file;
	const char *pid_file;
	const char *ca_file; /* of --tls-save-ca, or NULL */
	const char *ca;      /* what to write there */
	bool background;
	int launcher; /* a pipe to the waiting launcher; -1 none */
};

extern const struct option ready_option_table[];
#define READY_DEFAULTS                   \
	{                                \
		.fd = -1, .launcher = -1 \
	}

/* The files of the announcement.  They are removed at the end unless another
 * program has replaced them.  Until then they stay open, so that their inode
 * numbers cannot be given to other files. */
struct ready_file {
	const char *name;
	int fd;
};

struct ready_files {
	struct ready_file port;
	struct ready_file pid;
	struct ready_file ca;
};

/*
 * Call before the library is used.  Checks that --ready-fd is open and, with
 * --background, forks.  SERVES says that no data come from stdin, and
 * SPARES_STDOUT that none go to stdout.  Returns STATUS_GO_ON, with
 * --background in the child; or the status to end with.
 */
int ready_prepare(const struct run *run, struct ready_options *options,
    bool serves, bool spares_stdout);

/*
 * Announces the address and port AT in all ways that were asked for.  Returns
 * STATUS_GO_ON, or the status to end with, having said why; withdraw the files
 * in either case.
 */
int ready_announce(const struct run *run, const struct ready_options *options,
    const struct end *at, bool spares_stdout, struct ready_files *files);

void ready_withdraw(const struct ready_files *files);

#endif
