/* SPDX-License-Identifier: ISC */
/*
 * aid.h - shared by the benchmark programs: a clock, and plain sockets on
 * 127.0.0.1, whose failure ends the program.
 */
#ifndef AID_H
#define AID_H

int socket_listen(const char *port);
int socket_accept(int listener);
int socket_connect(const char *port);

/* Monotonic time. */
double seconds(void);

#endif
