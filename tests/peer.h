/* SPDX-License-Identifier: ISC */
/*
 * peer.h - the other end of a connection in a test: plain blocking sockets
 * and nothing of the library.  No call lasts longer than five seconds.
 */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>

/* A listening socket, port 0 being any; and its number.  -1 on failure. */
int peer_listen(const char *ip, int port, int backlog);
int peer_port(int fd);

/* A port number of IP that nobody has. */
int peer_free_port(const char *ip);

/* A connected socket; -1 with ETIMEDOUT when it took longer than MS. */
int peer_connect(const char *ip, int port, int ms);
int peer_accept(int fd);

/* Whether all of S could be sent; whether the next bytes are S; whether the
 * file ends here. */
bool peer_send(int fd, const char *s);
bool peer_says(int fd, const char *s);
bool peer_eof(int fd);

/* Closes with a reset. */
void peer_reset(int fd);

/* A listener whose queue is full, so that connecting to it never ends: neither
 * admitted nor refused.  Port 0 is any. */
struct hole {
	int listener, client;
	int port;
};

struct hole hole_open(const char *ip, int port);
void hole_close(struct hole *h);

#endif
