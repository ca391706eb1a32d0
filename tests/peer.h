/* SPDX-License-Identifier: ISC */
/*
 * peer.h - the other end of a connection in a test: plain blocking sockets,
 * which do not use the library.  No call lasts longer than a minute.
 */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>

/* peer_listen makes a listening socket (PORT 0: any port), and peer_port
 * returns its port number.  Both return -1 on failure. */
int peer_listen(const char *ip, int port, int backlog);
int peer_port(int fd);

/* Returns a port number that nothing uses at the address IP. */
int peer_free_port(const char *ip);

/* Both return a connected socket, or -1.  peer_connect fails with ETIMEDOUT
 * after MS milliseconds. */
int peer_connect(const char *ip, int port, int ms);
int peer_accept(int fd);

/* peer_send: whether all of S could be sent.  peer_says: whether the next
 * bytes received are S.  peer_eof: whether end of file comes next. */
bool peer_send(int fd, const char *s);
bool peer_says(int fd, const char *s);
bool peer_eof(int fd);

/* Closes FD so that the connection is reset. */
void peer_reset(int fd);

/* A listener whose queue is full: a connection attempt to it is neither
 * accepted nor refused, and waits for ever.  PORT 0 means any port. */
struct hole {
	int listener, client;
	int port;
};

struct hole hole_open(const char *ip, int port);
void hole_close(struct hole *h);

#endif
