/* SPDX-License-Identifier: ISC */
/*
 * stream.h - one direction of a session: copies bytes from one port to another
 * until the end of file, and can convert line endings.
 */
#ifndef TCPU_STREAM_H
#define TCPU_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <tcpunit.h>

/* The state of a conversion of line endings, which may be split between two
 * reads: the last byte was a CR, which crlf_receive also holds back. */
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

/* Copies all bytes, unchanged if CONVERT is NULL.  Returns 0, or -1 and the
 * library's last error. */
int stream(tcp_port from, tcp_port to, crlf_converter *convert);

/* Reads as tcp_read does, but as a background job of a terminal waits until
 * tcpu comes to the foreground. */
ssize_t read_patiently(tcp_port from, char *buf, size_t cap);

/* The output of a process, from a pipe.  After the end of the process only the
 * bytes that were in the pipe at that moment are read. */
struct outflow {
	tcp_port port; /* on the pipe */
	int fd;        /* the pipe, non-blocking */
	int left;      /* bytes; -1 before the end of the process */
};

/* The same as stream, from the output of a process. */
int stream_outflow(struct outflow *o, tcp_port to, crlf_converter *convert);

/* Reads at most CAP bytes (parks); 0 is the end. */
ssize_t read_outflow(struct outflow *o, char *buf, size_t cap);

/* Call when the process has ended: later writes by others are not read. */
void end_outflow(struct outflow *o);

/* Reads and drops all.  Returns 0, or -1 and the library's last error. */
int discard(tcp_port from);

#endif
