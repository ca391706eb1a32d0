/* SPDX-License-Identifier: ISC */
/*
 * environment.h - what a program learns of its connection: the variables of
 * UCSPI.
 */
#ifndef TCPU_ENVIRONMENT_H
#define TCPU_ENVIRONMENT_H

#include <tcpunit.h>

/* PROTO, TCPLOCALIP, TCPLOCALPORT, TCPREMOTEIP, TCPREMOTEPORT, TCPCONNNUM. */
#define VARIABLES 6

/* Where they are: environ(7) points here, once they are set. */
struct environment {
	char variables[VARIABLES][16 + TCPUNIT_ADDRLEN];
};

/* Takes out what was about another connection, or for this process alone: the
 * sockets it was given, its service manager. */
void clean_environment(void);

/*
 * Describes the connection of a port; NUMBER is that of its peer's connections.
 * Returns 0, or -1 with ENOMEM.
 */
int set_environment(struct environment *e, tcp_port port, int number);

#endif
