/* SPDX-License-Identifier: ISC */
/*
 * tls.h - TLS on the connections of a run.
 */
#ifndef TCPU_TLS_H
#define TCPU_TLS_H

#include "tls_options.h"

/*
 * If --tls was given, loads the library and reads the files that the options
 * name.  Returns STATUS_GO_ON; or the status to end with, having said why.
 */
int open_tls(const struct run *run, struct tls_options *options, bool server);
void close_tls(const struct tls_options *options);

/* What clients must trust, in PEM format; NULL without a temporary
 * certificate. */
const char *tls_authority(const struct tls_options *options);

/*
 * Starts TLS on a connection (parks), within LIMIT ms, and stores its
 * properties.  NAME is that of the server, for a client.  Returns 0, or -1 and
 * the library's last error.
 */
int start_tls(const struct tls_options *options, const char *name,
    const tcp_port connection[2], int limit, struct tcp_tls_facts *facts);

/* The status for the last error of start_tls, or of a later call. */
enum status tls_status(const struct tcp_error *e);

/* With --verbose: prints the properties of a connection. */
void say_tls(
    const struct run *run, const char *what, const struct tcp_tls_facts *facts);

#endif
