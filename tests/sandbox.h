/* SPDX-License-Identifier: ISC */
/*
 * sandbox.h - a network and an /etc of the test's own, so that port numbers,
 * names and the name server are what the test says.
 *
 *	localhost   127.0.0.1, ::1
 *	three.test  127.0.0.1, 127.0.0.2, and 127.0.0.3 twice
 *	many.test   127.0.0.1 to 127.0.0.20
 *	dual.test   127.0.0.1, ::1
 *	mixed.test  127.0.0.1, 2001:db8::77, which is nobody's
 *	slow.test   127.0.0.1, two seconds after it was asked for
 *	bücher.test, host.7: 127.0.0.1
 *	silent.test never answered
 *
 * and no other name; postgresql is 5432.  lo has 192.0.2.2 besides.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdbool.h>

#define SLOW_MS 2000

/* The first thing in main: ends the program where it cannot be had. */
void sandbox(void);

/* Another network for this process, with IPv4 only. */
bool sandbox_without_ipv6(void);

/* Likewise, where the system has FEW_PORTS to choose from. */
#define FEW_PORTS 10
bool sandbox_few_ports(void);

/* As on a kernel without IPv6: nobody can make such a socket any more. */
bool sandbox_forbid_ipv6(void);

#endif
