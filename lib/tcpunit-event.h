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

struct bufferevent;
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

/* ---- Layers ----
 *
 * A layer is a bufferevent that transforms the bytes of a connection: a filter
 * of libevent's, or TLS.  With layers, the ports of the connection keep every
 * promise of tcpunit.h.  The program reads and writes the bytes above the
 * highest layer, and the ports count those bytes.
 *
 * The lowest bufferevent holds the bytes of the socket.  It has no descriptor:
 * the library moves its bytes within the calls that read, write or close a
 * port.  The functions of a layer run within these calls as well as in the
 * loop, always under the rules for callbacks above.  If a layer has events of
 * its own, which wake threads that wait for something other than its
 * connection, call tcp_event_base first.
 *
 * As soon as a layer has taken bytes of a writer, they count as written, in
 * transferred and in the port's position.  tcp_await_acknowledgement counts
 * them as acknowledged once the peer has all that the layers have made of them.
 * It may count too few of them, never too many.  A write returns when the
 * system has accepted everything that the layers have made of its bytes; a
 * layer may hold some of them until it gets more, or until the end.
 */

/* Members that are not set are zero. */
struct tcp_stack_options {
	size_t size; /* sizeof this */
	int timeout; /* of the handshake */
	/* Wait until the layer reports BEV_EVENT_CONNECTED. */
	bool handshake TCPUNIT_ZERO;
	char padding[3] TCPUNIT_ZERO;

	/*
	 * Ends the output: puts the layer's last bytes, such as TLS's
	 * close_notify, into the output buffer below it.  It is called when the
	 * output port is closed and all bytes are sent.  LAST is false while
	 * the input port is open: a layer that cannot end one direction alone
	 * does nothing then and returns 1, and the function is called again,
	 * with LAST true, when the connection is closed.  Else it returns 0; or
	 * -1 with errno, and then the connection has failed, as if the layer
	 * had reported BEV_EVENT_ERROR.  It is not called if output was lost,
	 * after tcp_reset, or in tcp_shutdown.  If the output port was
	 * abandoned, it is called when the input port is closed later, unless
	 * that is abandoned too.
	 * NULL stands for bufferevent_flush(layer, EV_WRITE, BEV_FINISHED).
	 */
	int (*finish)(
	    struct bufferevent *layer, bool last, void *arg) TCPUNIT_ZERO;

	/*
	 * Returns why the layer has reported BEV_EVENT_ERROR, in a few words
	 * without a newline, or NULL.  Calls fail with a copy of this reason,
	 * after the bytes that came before the error.  CODE is errno when the
	 * layer reported, or 0 if the input below the layer has ended; the
	 * function may store another errno.  Without a reason, strerror(3)
	 * gives it, with ECONNRESET in place of 0.
	 */
	const char *(*reason)(
	    struct bufferevent *layer, int *code, void *arg)TCPUNIT_ZERO;

	/* Frees ARG, when the layer has been freed; also if tcp_stack fails
	 * after MAKE returned the layer. */
	void (*release)(void *arg) TCPUNIT_ZERO;
};

#define TCPUNIT_STACK_DEFAULTS \
	.size = sizeof(struct tcp_stack_options), .timeout = -1

/*
 * Puts a layer on the connection of ports IN and OUT, or on its highest layer:
 * make(below, arg) returns a new bufferevent over BELOW, or NULL with errno.
 * The layer belongs to the library, which enables it, sets its callbacks, its
 * watermarks and the most bytes of a read and a write (256 KiB), and frees it,
 * the highest layer first.  MAKE must not use BEV_OPT_CLOSE_ON_FREE and
 * BEV_OPT_THREADSAFE.
 *
 * Bytes that IN has read ahead become the first input of the layer, and
 * buffered output is sent before its first byte; STARTTLS needs both.
 *
 * The highest layer reports how the input ends: BEV_EVENT_EOF is the end of
 * file; BEV_EVENT_ERROR and BEV_EVENT_TIMEOUT end the connection with an error.
 * After the end of file only what is reported with BEV_EVENT_WRITING counts,
 * and ends the connection with an error.  When the socket's input has ended and
 * the layers have taken all of it, the library flushes the layers, from the
 * lowest up, with EV_READ and BEV_FINISHED; a filter may be flushed several
 * times.  Then it reports BEV_EVENT_EOF to the lowest layer.  If the socket has
 * failed, it reports BEV_EVENT_ERROR instead, and flushes nothing.  libevent
 * ignores it if a filter returns BEV_ERROR: the filter itself has to report the
 * error.
 *
 * Functions of a layer cannot use or close the ports of its connection (busy).
 * The same is true of callbacks of the loop that may be the layer's own: those
 * of an event whose argument is the layer or ARG, and those that libevent has
 * deferred (BEV_OPT_DEFER_CALLBACKS).
 *
 * Returns 0.  The call waits (parks) for its turn at OUT, and with handshake
 * until the layer is connected; both ports are then busy.  A layer that cannot
 * be made leaves the connection as it is.  If the handshake fails, the
 * connection has failed, with the same error for later calls; if it times out
 * or is terminated, the layer stays, and the caller closes or resets the ports.
 * Errors: argument if the ports are not those of one TCP connection, or if MAKE
 * returned BELOW; after a write that went out in part, its error; the errno of
 * MAKE (system); busy; closed; timeout; terminated; net; system ENOMEM.
 */
TCPUNIT_API int tcp_stack(tcp_port in, tcp_port out,
    struct bufferevent *(*make)(struct bufferevent *below, void *arg),
    void *arg);
TCPUNIT_API int tcp_stack_with(tcp_port in, tcp_port out,
    struct bufferevent *(*make)(struct bufferevent *below, void *arg),
    void *arg, const struct tcp_stack_options *options);

#ifdef __cplusplus
}
#endif

#endif
