/* SPDX-License-Identifier: ISC */
/*
 * pair.h - a connection with the library's ports at one end and a plain
 * socket at the other.  The test decides which bytes each segment carries:
 * when a call that sends returns, the bytes have arrived at the library's
 * socket.
 */
#ifndef PAIR_H
#define PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tcpunit.h>

struct pair {
	tcp_port in, out;
	int peer;
};

/* pair_connect: the library connects to the peer.  pair_accept: it accepts
 * the peer's connection.  The program ends if either fails. */
struct pair pair_connect(void);
struct pair pair_accept(void);

/* Closes those of the two ports and the socket that are still open. */
void pair_close(struct pair *p);

/* The peer sends one segment: a string, or N bytes. */
void pair_say(struct pair *p, const char *s);
void pair_send(struct pair *p, const void *buf, size_t n);

/* pair_finish: the peer sends end of file.  pair_reset: the peer resets the
 * connection and closes its socket. */
void pair_finish(struct pair *p);
void pair_reset(struct pair *p);

/* Lets the other threads run until the library has taken what arrived.  Returns
 * false if that takes more than a minute. */
bool pair_taken(struct pair *p);

/* The peer reads N bytes while the other threads go on.  Returns false if that
 * takes more than a minute. */
bool pair_takes(struct pair *p, size_t n);

/* Waits until the library's socket is in STATE (TCP_CLOSE).  Returns
 * false if that takes more than a minute. */
bool pair_reaches(struct pair *p, int state);

/* These describe the connected socket FD: its TCP state; how many received
 * bytes have not been read; how many bytes were ever sent, and received (the
 * end of file counts as one byte); and how many segments with data were
 * sent. */
int tcp_state(int fd);
int unread(int fd);
uint64_t bytes_sent(int fd);
uint64_t bytes_received(int fd);
int segments_sent(int fd);

#endif
