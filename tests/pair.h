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

/* Connected by the library to the peer, or accepted by it.  The program ends
 * if that fails. */
struct pair pair_connect(void);
struct pair pair_accept(void);

/* Closes the two ports and the socket, unless they are closed. */
void pair_close(struct pair *p);

/* Both send one segment: a string, or N bytes. */
void pair_say(struct pair *p, const char *s);
void pair_send(struct pair *p, const void *buf, size_t n);

/* The end of file; a reset, which also closes the peer. */
void pair_finish(struct pair *p);
void pair_reset(struct pair *p);

/* Lets the other threads run until the library has taken what arrived.
 * Returns
 * false if that takes more than five seconds. */
bool pair_taken(struct pair *p);

/* Waits until the library's socket is in STATE (TCP_CLOSE).  Returns
 * false if that takes more than five seconds. */
bool pair_reaches(struct pair *p, int state);

/* Of a connected socket: its state, bytes received and not read, bytes ever
 * sent and ever received, where the end of file is a byte too, and segments
 * that were sent with bytes in them. */
int tcp_state(int fd);
int unread(int fd);
uint64_t bytes_sent(int fd);
uint64_t bytes_received(int fd);
int segments_sent(int fd);

#endif
