/* SPDX-License-Identifier: ISC */
/*
 * listen_options.h - the options of tcpu listen, and which of them go together.
 */
#ifndef TCPU_LISTEN_OPTIONS_H
#define TCPU_LISTEN_OPTIONS_H

#include <stdbool.h>

#include "../handlers/handlers.h"
#include "../options.h"
#include "../run.h"
#include "../session/session.h"
#include "../tls/tls_options.h"
#include "access.h"
#include "inherited.h"
#include "proxies.h"
#include "ready.h"

struct listen_options {
	struct common_options common;
	struct session_options session;
	struct ready_options ready;
	struct handler_options handler;
	struct access access;
	struct tls_options tls;
	struct proxies proxies;
	int fd; /* a listening socket, or -1 */
	struct inherited inherited;
	bool hold;
	bool keep_open;
	int count;     /* 0 not given */
	int max_conns; /* 0 not given */
	int backlog;
	int accept_timeout;
	bool local;
	bool v6only;
	bool reuse_port;
	bool no_accept;
	bool black_hole;
	bool refuse;
	bool reserve;
	int until_exit; /* a process, or 0 */
	int mode;       /* of a Unix socket's file; 0 not given */
};

extern const struct option_set listen_option_sets[];
extern const struct listen_options listen_defaults;

/* Returns STATUS_GO_ON; or STATUS_USAGE, having said why. */
int check_listen_options(const struct run *run,
    const struct listen_options *options, const struct operands *operands);

/* Whether tcpu listens on a Unix socket; INHERITED ones are known. */
bool listens_on_unix(
    const struct listen_options *options, const struct operands *operands);

/* Refuses options that a Unix socket has no use for, and those that only it has
 * a use for.  Returns STATUS_GO_ON; or STATUS_USAGE, having said why. */
int check_socket_options(
    const struct run *run, const struct listen_options *options, bool is_unix);

/* Whether tcpu takes over a socket that is already listening. */
bool takes_over(
    const struct listen_options *options, const struct operands *operands);

/* No data go through stdin and stdout. */
bool serves(const struct listen_options *options, bool command);

/* No data go through stdout. */
bool spares_stdout(const struct listen_options *options, bool command);

#endif
