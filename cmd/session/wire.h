/* SPDX-License-Identifier: ISC */
/*
 * wire.h - sets and reads the properties of a connection's socket that ports do
 * not cover, such as how the connection ends if tcpu dies.
 */
#ifndef TCPU_WIRE_H
#define TCPU_WIRE_H

#include <stdbool.h>

/* false: Nagle's algorithm collects small writes */
enum nodelay { NODELAY_DEFAULT, NODELAY_YES, NODELAY_NO };

struct wire_options {
	struct keepalive {
		int limit; /* ms until a silent peer is given up; 0 never */
		bool given;
	} keepalive;
	int user_timeout; /* ms until a peer is given up that leaves data
			     unacknowledged or, by the kernel's rule, does not
			     read; 0 never, -1 not given */
	enum nodelay nodelay;
};

/* Best effort: if the kernel refuses a value, its own remains. */
void wire_set(int fd, const struct wire_options *options);

/* Probes a silent peer every INTERVAL ms; it is still given up after LIMIT. */
void wire_probe(int fd, int interval, int limit);

/*
 * While the socket is armed, closing it, even by the death of tcpu, sends the
 * peer a reset, so that the peer does not take half of the data for all.
 */
void wire_arm(int fd);
void wire_disarm(int fd);

/* Whether the socket holds unread bytes; or, with TCP, bytes that the peer has
 * not acknowledged. */
bool wire_has_unread(int fd);
bool wire_has_unsent(int fd);

/* From now on the socket reads as if the peer had ended after what has come.
 */
void wire_stop(int fd);

/* Sends a FIN.  Returns false if the connection is already gone. */
bool wire_finish(int fd);

#endif
