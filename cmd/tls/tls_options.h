/* SPDX-License-Identifier: ISC */
/*
 * tls_options.h - the options about TLS.
 */
#ifndef TCPU_TLS_OPTIONS_H
#define TCPU_TLS_OPTIONS_H

#include <stdbool.h>

#include "../options.h"
#include "../run.h"
#include "library.h"

struct tls_options {
	bool on;
	bool insecure;
	const char *name;
	const char *ca; /* these four are files */
	const char *certificate;
	const char *key;
	const char *save_ca;
	const char *alpn;

	/* From open_tls: */
	struct tls_library library;
	struct tcp_tls *tls;
};

/* The options of both commands, of connect only, and of listen only. */
extern const struct option tls_option_table[];
extern const struct option tls_client_table[];
extern const struct option tls_server_table[];

/*
 * Checks the options for a connection that is that of a Unix socket or not, and
 * whose COMMAND, if there is one, wants the socket itself or not.  Returns
 * STATUS_GO_ON; or STATUS_USAGE, having said why.
 */
int check_tls_options(const struct run *run, const struct tls_options *options,
    bool is_unix, bool wants_socket);

#endif
