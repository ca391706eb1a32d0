/* SPDX-License-Identifier: ISC */
/*
 * aid.h - what the programs of the benchmarks share: plain sockets on
 * 127.0.0.1, whose failure ends the program, and a clock.
 */
#ifndef AID_H
#define AID_H

int socket_listen(const char *port);
int socket_accept(int listener);
int socket_connect(const char *port);

/* Monotonic. */
double seconds(void);

#endif
