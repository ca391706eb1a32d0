/* SPDX-License-Identifier: ISC */
/*
 * probe.h - what a test measures of its process and of the kernel: time,
 * queues, the states of connections; and a process without descriptors.
 */
#ifndef PROBE_H
#define PROBE_H

#include <stdbool.h>
#include <stdint.h>

/* Monotonic milliseconds. */
int64_t now_ms(void);

/* How many OS threads this process has. */
int os_threads(void);

/*
 * Waits, five seconds at most, until no more than N descriptors are open:
 * that of a look-up may outlive it for as long as its OS thread takes to end.
 */
bool await_fds(int n);

/* From now on no descriptor can be made; as before again. */
void forbid_fds(void);
void permit_fds(void);

/* How many finished handshakes wait in a listening socket, and how many it
 * admits; -1 on failure. */
int queued(int fd);
int queue_limit(int fd);

/* Waits, five seconds at most, until N wait there.  True if they do. */
bool await_queued(int fd, int n);

/* Waits, as long, for an IPv4 socket of local port PORT in STATE
 * (TCP_TIME_WAIT). */
bool await_socket(int port, int state);

/*
 * Whether F returns true in a process of its own, for what would change this
 * one: its user, its namespaces.  Killed after ten seconds.
 */
bool in_child(bool (*f)(void));

#endif
