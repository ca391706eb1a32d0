/* SPDX-License-Identifier: ISC */
/*
 * probe.h - what a test measures of its process and of the kernel: time,
 * queues, the states of connections; and a process without descriptors.
 */
#ifndef PROBE_H
#define PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Monotonic milliseconds. */
int64_t now_ms(void);

/*
 * How many descriptors are open once this OS thread is the only one, or after
 * ten seconds: a look-up's may outlive it by as long as its OS thread does.
 */
int settled_fds(void);

/* How many OS threads this process has besides the first. */
int other_threads(void);

/* Bytes of the heap in use. */
size_t heap_in_use(void);

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

/* Signals that interrupt calls, each 50 ms; ends them: how many there were. */
void alarms_start(void);
int alarms_stop(void);

/*
 * Whether F returns true in a process of its own, for what would change this
 * one: its user, its namespaces.  Killed after ten seconds.
 */
bool in_child(bool (*f)(void));

#endif
