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

/* What a process writes into a pipe: all of it, or after its end as much as was
 * there then. */
struct outflow {
	tcp_port port; /* the pipe's */
	int fd;        /* the same; does not block */
	int left;      /* bytes; -1 before the end of the process */
};

/* As stream, from a pipe. */
int stream_outflow(struct outflow *o, tcp_port to, crlf_converter *convert);

/* The process has ended; what others write from now on is not read. */
void end_outflow(struct outflow *o);

/* Reads what nobody wants.  Returns 0, or -1 and the library's last error. */
int discard(tcp_port from);

#endif
