/* SPDX-License-Identifier: ISC */
/*
 * sandbox.h - gives a test its own network, /etc and name server, so that it
 * controls port numbers and names.  Only these names exist:
 *
 *	localhost   127.0.0.1, ::1
 *	three.test  127.0.0.1, 127.0.0.2, and 127.0.0.3 twice
 *	many.test   127.0.0.1 to 127.0.0.20
 *	dual.test   127.0.0.1, ::1
 *	mixed.test  127.0.0.1, 2001:db8::77, which nothing has
 *	slow.test   127.0.0.1, answered after two seconds
 *	bücher.test, host.7: 127.0.0.1
 *	silent.test is never answered
 *
 * The service postgresql is port 5432.  The interface lo also has 192.0.2.2.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdbool.h>

#define SLOW_MS 2000

/* Enters the sandbox; call it first in main.  Ends the program if the
 * sandbox cannot be made. */
void sandbox(void);

/* Ends a program that makes namespaces of its own, and counts it in the suite's
 * list, where none can be made. */
void sandbox_leave_out(void);

/* Moves this process to another network, which has IPv4 only. */
bool sandbox_without_ipv6(void);

/* Moves this process to another IPv4 network, where the system has only
 * FEW_PORTS ports to choose from. */
#define FEW_PORTS 10
bool sandbox_few_ports(void);

/* From now on nothing can make an IPv6 socket, as on a kernel without IPv6. */
bool sandbox_forbid_ipv6(void);

#endif
