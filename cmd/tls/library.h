/* SPDX-License-Identifier: ISC */
/*
 * library.h - loads libtcpunit-tls, and with it OpenSSL: at the start they
 * would take longer than all else.
 */
#ifndef TCPU_TLS_LIBRARY_H
#define TCPU_TLS_LIBRARY_H

#include <tcpunit-tls.h>

#include "../run.h"

/* The calls of tcpunit-tls.h. */
struct tls_library {
	struct tcp_tls *(*make)(
	    const struct tcp_tls_setup *setup, char reason[TCPUNIT_TLS_TEXT]);
	void (*free)(struct tcp_tls *tls);
	const char *(*authority)(const struct tcp_tls *tls);
	int (*start)(
	    tcp_port in, tcp_port out, const struct tcp_tls_options *options);
};

/*
 * Loads the library from the folder of tcpu, as after make; from the folder lib
 * beside it, as after make install; or from where the system's libraries are.
 * Returns STATUS_GO_ON; or the status to end with, having said why.
 */
int load_tls(const struct run *run, struct tls_library *library);

#endif
