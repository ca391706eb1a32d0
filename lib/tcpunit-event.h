/* SPDX-License-Identifier: ISC */
/*
 * tcpunit-event.h - access to the library's event loop, for programs that use
 * libevent, or that have an event loop of another kind.
 *
 * Each OS thread that calls the library has a libevent base of its own.  After
 * the first of these calls, the library assumes that events of the program's
 * could wake any green thread: a wait that only another thread could end lasts,
 * and fails with the deadlock error only if threads wait for each other in a
 * circle.
 *
 * A callback of the program's runs inside the loop, and in no green thread.  It
 * may call the library, and start and wake threads; but a call that would have
 * to wait fails at once with the busy error, tcp_shutdown has no effect, and
 * tcp_current_thread is an argument error.  All callbacks together have one
 * last error, and are one owner of mutexes.  They must return: no longjmp(3),
 * no exception.
 */
#ifndef TCPUNIT_EVENT_H
#define TCPUNIT_EVENT_H

#include <tcpunit.h>

#ifdef __cplusplus
extern "C" {
#endif

struct event_base;

/*
 * The base of the calling OS thread, to which the program may add events.  It
 * has no locks, so that other OS threads must not use it.  The library runs it
 * whenever green threads wait; the program must not run or free it.  It ends
 * with tcp_shutdown and with the OS thread: the program frees its events
 * before.  A child of fork(2) has its own base with the same events, at the
 * same address, from its first call of the library on.  A child that was forked
 * in a callback must not return from it: it executes another program or exits,
 * and calls of the library fail there.
 *
 * NULL on failure.  Errors: system EMFILE, ENFILE, ENOMEM.
 */
TCPUNIT_API struct event_base *tcp_event_base(void);

/*
 * A descriptor for a foreign event loop, of poll(2) or epoll(7), say.  It is
 * readable when tcp_event_run has something to do: an event of the base has
 * come, a time limit has run out, or a thread is ready to run.  It belongs to
 * the library, which closes it at tcp_shutdown; the program only polls it.  A
 * child of fork(2) has to ask again.  Polling counts only directly after
 * tcp_event_fileno or tcp_event_run: after another call of the library, call
 * tcp_event_run before the loop waits.
 *
 * It is readable after this call, so that the loop calls tcp_event_run once.
 * -1 on failure.  Errors: system EMFILE, ENFILE, ENOMEM, and ENOTSUP if
 * libevent does not use epoll(7).
 */
TCPUNIT_API int tcp_event_fileno(void);

/*
 * Calls the callbacks of events that have come, and runs the green threads that
 * are ready, each for a limited time, without waiting for anything.  Returns 0.
 * Errors: busy, in a callback; system EMFILE, ENFILE, ENOMEM.
 */
TCPUNIT_API int tcp_event_run(void);

#ifdef __cplusplus
}
#endif

#endif
