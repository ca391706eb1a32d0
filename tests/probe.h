/* SPDX-License-Identifier: ISC */
/*
 * probe.h - measures what a test needs to know of its process and of the
 * kernel: time, queues, the states of connections.  It can also take all
 * descriptors away from the process.
 */
#ifndef PROBE_H
#define PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Returns the monotonic time in milliseconds. */
int64_t now_ms(void);

/*
 * Returns how many descriptors are open once this OS thread is the only one, or
 * after ten seconds.  (The OS thread of a look-up may end, and close its
 * descriptor, only after the look-up.)
 */
int settled_fds(void);

/* Returns how many OS threads this process has besides the first. */
int other_threads(void);

/* Returns how many bytes of the heap are in use. */
size_t heap_in_use(void);

/* After forbid_fds this process cannot open a descriptor; after permit_fds
 * it can again. */
void forbid_fds(void);
void permit_fds(void);

/* queued: how many finished handshakes wait in the listening socket FD.
 * queue_limit: how many it admits.  Both return -1 on failure. */
int queued(int fd);
int queue_limit(int fd);

/* Waits, for a minute at most, until N handshakes wait in the queue of FD.
 * Returns true if they do. */
bool await_queued(int fd, int n);

/* Waits, for a minute at most, for an IPv4 socket with local port PORT in
 * STATE (TCP_TIME_WAIT).  Returns true if there is one. */
bool await_socket(int port, int state);

/* alarms_start sends this process a signal every 50 ms, which interrupts its
 * calls.  alarms_stop ends that, and returns how many signals came. */
void alarms_start(void);
int alarms_stop(void);

/* Waits until the process CHILD ends.  Returns its status as waitpid does, or
 * -1 on failure. */
int status_of(pid_t child);

/*
 * Whether F returns true in a child process.  This is for an F that changes its
 * process, such as the user or the namespaces.  The child is killed after ten
 * seconds.
 */
bool in_child(bool (*f)(void));

#endif
