/* SPDX-License-Identifier: ISC */
/*
 * stream.h - one direction of a session: from one port to another until the
 * end of file.
 */
#ifndef TCPU_STREAM_H
#define TCPU_STREAM_H

#include <tcpunit.h>

#include "crlf.h"

/* Copies everything, as it is where CONVERT is NULL.  Returns 0, or -1 and the
 * library's last error. */
int stream(tcp_port from, tcp_port to, crlf_converter *convert);

/* Reads what nobody wants.  Returns 0, or -1 and the library's last error. */
int discard(tcp_port from);

#endif
