/* SPDX-License-Identifier: ISC */
/*
 * stream.h - one direction of a session: from one port to another until the
 * end of file.
 */
#ifndef TCPU_STREAM_H
#define TCPU_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <tcpunit.h>

/* The line endings of --crlf, whatever pieces the bytes come in. */

/* The last byte was CR; receiving, it was also held back. */
struct crlf {
	bool cr;
};

/*
 * Converts N bytes; a null FROM is the end of file.  Returns how many bytes
 * went to TO, which has room for 2 * N + 1.
 */
typedef size_t crlf_converter(
    struct crlf *c, const char *from, size_t n, char *to);

/* LF becomes CRLF; a CRLF stays. */
crlf_converter crlf_send;

/* CRLF becomes LF; a lone CR stays. */
crlf_converter crlf_receive;

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
