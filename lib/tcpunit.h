/* SPDX-License-Identifier: ISC */
/*
 * tcpunit.h - CHICKEN Scheme's tcp unit for C: listeners, connections, input
 * and output ports, and green threads that go on while one of them waits.
 *
 * Names.  A call that does what a procedure of Scheme does keeps its name, so
 * that Scheme's manuals explain it and programs can be carried over line by
 * line: tcp_close is tcp-close and closes a listener, close-port is
 * tcp_close_port, and current-thread is tcp_current_thread.  A question mark
 * becomes _p, for predicate.  All other names are the object's, then a verb:
 * tcp_thread_equal, tcp_listener_port.
 *
 * Conventions.  A call returns 0, or a count, or a handle; on failure it
 * returns -1, or a handle for which the _p predicate is false, sets errno, and
 * tcp_last_error() tells the story.  Out-parameters are written on success
 * only.  A time limit is an int called timeout, in milliseconds: -1 is none, 0
 * does what needs no waiting, less is an argument error.  It is set on a port
 * or a listener for each of its calls, or a member of options, or a call's last
 * parameter.  A limit is for waiting: once it has run out, a call goes on until
 * it would have to wait, for 16 system calls or 1 MiB at most, and only then
 * times out.
 * "Parks" means that the call may stop the calling green thread; it never
 * stops another.  Such a call, and one that asks, may let others run before it
 * does anything, whatever it then answers.  Everything belongs to the OS
 * thread that made it, and each OS thread that calls the library has a
 * scheduler of its own; a handle of another one is an argument error.  Options
 * may be NULL, which is their defaults.  Their structures may get more members
 * at their ends: the library takes older ones, and newer ones if what it does
 * not know of them is zero.  No call changes a signal's disposition, prints, or
 * exits.
 */
#ifndef TCPUNIT_H
#define TCPUNIT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define TCPUNIT_API __attribute__((visibility("default")))
#define TCPUNIT_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define TCPUNIT_API
#define TCPUNIT_PRINTF(f, a)
#endif

/*
 * Handles are values.  Copy them freely; what they name is given back by the
 * closing call, and a handle used after that is recognised as closed, never
 * mistaken for a newer object.  {0} is the null handle of each type.
 */
typedef struct {
	uint64_t bits;
} tcp_listener;

typedef struct {
	uint64_t bits;
} tcp_port;

typedef struct {
	uint64_t bits;
} tcp_thread;

/*
 * Structures of options.  TCPUNIT_X_DEFAULTS initialises the members whose
 * default is not zero, which come first.  Others follow it by name, as in
 *
 *	tcp_listen(0, &(struct tcp_listen_options){
 *	    TCPUNIT_LISTEN_DEFAULTS, .loopback = true});
 *
 * and a member that it has initialised is assigned to afterwards.  C++, from
 * C++20 on, wants an object with a name, and the members in their order.  It
 * warns of members that have no value, for which there is TCPUNIT_ZERO.
 */
#if defined(__cplusplus) && __cplusplus >= 201402L
#define TCPUNIT_ZERO \
	{            \
	}
#else
#define TCPUNIT_ZERO
#endif

/*
 * Room for the text of any address and its NUL.  An IPv6 address with a scope
 * takes at most 62 bytes.  The rest is for a quoted Unix path, should a later
 * version have Unix sockets.
 */
#define TCPUNIT_ADDRLEN 448

/* For tcp_read_line: a line may be as long as it likes. */
#define TCPUNIT_NO_LIMIT ((size_t)-1)

/* tcp_read_byte and tcp_peek_byte at the end of file. */
#define TCPUNIT_EOF (-2)

/* The number of pending connections a listener admits unless told. */
#define TCPUNIT_BACKLOG 4

/* ---- Errors ---- */

enum tcp_error_kind {
	TCPUNIT_ERROR_NONE,
	TCPUNIT_ERROR_ARGUMENT,   /* the caller's: EINVAL, ERANGE */
	TCPUNIT_ERROR_RESOLVE,    /* a name or service; code is EAI_* */
	TCPUNIT_ERROR_NET,        /* the network's, code is an errno */
	TCPUNIT_ERROR_TIMEOUT,    /* a limit of ours ran out: ETIMEDOUT */
	TCPUNIT_ERROR_CLOSED,     /* the handle is closed: EBADF */
	TCPUNIT_ERROR_TERMINATED, /* tcp_thread_terminate: ECANCELED */
	TCPUNIT_ERROR_BUSY,       /* another thread waits there: EBUSY */
	TCPUNIT_ERROR_DEADLOCK,   /* nothing could wake us: EDEADLK */
	TCPUNIT_ERROR_SYSTEM      /* memory, descriptors, plain files */
};

struct tcp_error {
	enum tcp_error_kind kind;
	int code;            /* errno, or EAI_* where kind is RESOLVE */
	const char *where;   /* the call: "connect", "read", ... */
	tcp_port port;       /* the port that failed, or the null handle */
	size_t transferred;  /* bytes that moved before the failure */
	const char *text;    /* one line: what, which host and port, why */
	const char *details; /* connect: a line for each address that was
				tried and failed; otherwise "" */
};

/*
 * The last error of the running green thread; never NULL.  It stands until
 * that thread's next failure, and is the library's to free.
 */
TCPUNIT_API const struct tcp_error *tcp_last_error(void);

/* ---- Listeners ---- */

struct tcp_listen_options {
	size_t size; /* sizeof this */
	/* Pending connections beyond which SYNs are dropped; clamped to the
	 * system's maximum. */
	int backlog;
	int family TCPUNIT_ZERO; /* 0 either, 4, 6 */
	/* A name or an address; NULL is every address. */
	const char *host TCPUNIT_ZERO;
	bool loopback TCPUNIT_ZERO;   /* 127.0.0.1 and ::1; host is NULL */
	bool numeric TCPUNIT_ZERO;    /* host is an address, no look-up */
	bool v6only TCPUNIT_ZERO;     /* the wildcard, or "::", takes no IPv4 */
	bool reuse_port TCPUNIT_ZERO; /* SO_REUSEPORT */
	char padding[4] TCPUNIT_ZERO; /* new members come after it */
};

#define TCPUNIT_LISTEN_DEFAULTS \
	.size = sizeof(struct tcp_listen_options), .backlog = TCPUNIT_BACKLOG

/*
 * A listener on PORT, 0 to 65535; 0 lets the system choose, and every address
 * of the host then has the same number.  OPTIONS may be NULL.  A host is
 * looked up (parks) and each of its addresses is bound; a family the machine
 * lacks is left out.  SO_REUSEADDR is always set.  Release: tcp_close.
 * Errors: argument; resolve; net EADDRINUSE, EADDRNOTAVAIL, EACCES; system
 * EMFILE, ENFILE, ENOMEM.  Source: chicken tcp, tcp-listen.
 */
TCPUNIT_API tcp_listener tcp_listen(
    int port, const struct tcp_listen_options *options);

/*
 * A listener over N listening TCP sockets (at most TCPUNIT_MAX_SOCKETS) that
 * were made elsewhere.  On success they are the listener's: close-on-exec,
 * non-blocking, and closed by tcp_close.  Errors: argument EINVAL where one is
 * no listening TCP socket.
 */
TCPUNIT_API tcp_listener tcp_listener_from_fds(const int *fds, int n);
#define TCPUNIT_MAX_SOCKETS 64

/* True for any listener, open or closed.  Source: chicken, tcp-listener?. */
TCPUNIT_API bool tcp_listener_p(tcp_listener l);

/*
 * Gives back everything; threads that wait in tcp_accept get the closed error.
 * Connections already accepted live on.  Errors: closed, also the second time.
 * Source: chicken tcp, tcp-close.
 */
TCPUNIT_API int tcp_close(tcp_listener l);

/*
 * Waits for a connection (parks; tcp_set_accept_timeout) and stores its two
 * ports.  Several threads may wait: each connection goes to one, in order.
 * Errors: closed, timeout, terminated, deadlock; system EMFILE and kin, once
 * it has waited within its limit for this OS thread to close a descriptor, or
 * 50 ms; they leave the connection pending.  Source: chicken tcp, tcp-accept.
 */
TCPUNIT_API int tcp_accept(tcp_listener l, tcp_port *in, tcp_port *out);

/*
 * 1 when a connection is pending, else 0.  Never waits, never accepts, but may
 * let others run before it looks.
 * Errors: closed.  Source: chicken tcp, tcp-accept-ready?.
 */
TCPUNIT_API int tcp_accept_ready(tcp_listener l);

/* The port number.  Errors: closed. */
TCPUNIT_API int tcp_listener_port(tcp_listener l);

/* The descriptor of the I-th socket, still the listener's; -1 past the last
 * (argument) or when closed. */
TCPUNIT_API int tcp_listener_fileno(tcp_listener l, int i);

/*
 * The address that the I-th socket is bound to, as a text.  A dual-stack
 * wildcard is "::".  Errors: argument past the last socket; closed.
 */
TCPUNIT_API int tcp_listener_addresses(
    tcp_listener l, int i, char local[TCPUNIT_ADDRLEN]);

/* The limit of each tcp_accept; -1 at first.  Errors: argument, closed. */
TCPUNIT_API int tcp_set_accept_timeout(tcp_listener l, int timeout);

/* ---- Connections ---- */

struct tcp_connect_options {
	size_t size;             /* sizeof this */
	int timeout;             /* for look-up and attempts together */
	int family TCPUNIT_ZERO; /* 0 either, 4, 6 */
	/* Where to connect from: a name or an address of this machine. */
	const char *local_host TCPUNIT_ZERO;
	int local_port TCPUNIT_ZERO;  /* 0 lets the system choose */
	bool numeric TCPUNIT_ZERO;    /* hosts and port are numbers */
	bool nolinger TCPUNIT_ZERO;   /* SO_LINGER of 0 from the start */
	char padding[2] TCPUNIT_ZERO; /* new members come after it */
};

#define TCPUNIT_CONNECT_DEFAULTS \
	.size = sizeof(struct tcp_connect_options), .timeout = -1

/*
 * Connects to HOST and PORT (1 to 65535), or with PORT 0 to a HOST that reads
 * "HOST:PORT", "HOST:SERVICE" or "[V6]:PORT".  A port that begins with a digit,
 * a sign or a space has to be a decimal number from 1 to 65535; it may begin
 * with zeros.  Brackets around an address are allowed with either PORT.  An
 * empty host is a resolve error.  Parks for the look-up, which stops nobody;
 * it is one of at most eight in the process, may have to wait for these, and is
 * not needed for an address in digits.  Parks for the attempts: the addresses
 * of both families in turn, the next one when an attempt fails or 250 ms after
 * it began (RFC 8305); the first to answer wins.  With a limit of 0 it reaches
 * addresses in digits that answer at once, as those on loopback do.
 * TCP_NODELAY is on.
 * With nolinger the peer sees a reset, not an end of file, should the process
 * die, or close the ports before the caller has unset SO_LINGER.
 * A peer that resets the connection as soon as it is made, without a byte, is
 * net ECONNRESET (or EPIPE): no other address is tried.  OPTIONS may be NULL.
 * Release: close both ports.  Errors: argument; resolve; net, with the reason
 * of the last address, or the last that could be reached; timeout; terminated;
 * system.  Where the local end is at fault, "bind" is the error's where.
 *
 * Source: chicken tcp, tcp-connect.
 */
TCPUNIT_API int tcp_connect(const char *host, int port,
    const struct tcp_connect_options *options, tcp_port *in, tcp_port *out);

/*
 * The two addresses of a connection as texts, IPv4-mapped ones as dotted
 * quads.  They are known for as long as the port is open, also after a reset.
 * Errors: argument where the port is no TCP port; closed.
 * Source: chicken tcp, tcp-addresses.
 */
TCPUNIT_API int tcp_addresses(
    tcp_port p, char local[TCPUNIT_ADDRLEN], char remote[TCPUNIT_ADDRLEN]);

/* The two port numbers.  Errors: as tcp_addresses.
 * Source: chicken tcp, tcp-port-numbers. */
TCPUNIT_API int tcp_port_numbers(tcp_port p, int *local, int *remote);

/*
 * Marks the port: closing it will not shut its direction down.  It stays
 * usable.  Again: no effect.  For a connection that another process goes on
 * with.  Errors: argument if the port is over no socket; closed.
 * Source: chicken tcp, tcp-abandon-port.
 */
TCPUNIT_API int tcp_abandon_port(tcp_port p);

/*
 * Ends the connection of this port with a reset and closes both its ports;
 * what is buffered is dropped.  Errors: argument, closed.
 */
TCPUNIT_API int tcp_reset(tcp_port p);

/* True for any port, open or closed; for input ports; for output ports. */
TCPUNIT_API bool tcp_port_p(tcp_port p);
TCPUNIT_API bool tcp_input_port_p(tcp_port p);
TCPUNIT_API bool tcp_output_port_p(tcp_port p);

/* ---- Names and addresses ---- */

/* An address with its port, as bind(2), connect(2) and their kin take it: the
 * family says which of the structures it is. */
union tcp_address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* A host has more addresses than this only by mistake. */
#define TCPUNIT_MAX_ADDRESSES 64

struct tcp_resolve_options {
	size_t size;                  /* sizeof this */
	int timeout;                  /* for the look-up */
	int family TCPUNIT_ZERO;      /* 0 either, 4, 6 */
	bool numeric TCPUNIT_ZERO;    /* host and service are numbers */
	char padding[7] TCPUNIT_ZERO; /* new members come after it */
};

#define TCPUNIT_RESOLVE_DEFAULTS \
	.size = sizeof(struct tcp_resolve_options), .timeout = -1

/*
 * Stores the addresses of HOST, in the order of the resolver and each once, N
 * at most, and returns how many it has stored, at least 1.  SERVICE is a port
 * number from 1 to 65535, in decimal, or the name of a service; NULL leaves the
 * port 0.  What is looked up, what it waits for (parks), and brackets around an
 * address, are as in tcp_connect.  OPTIONS may be NULL.  Errors: argument;
 * resolve; timeout; terminated; system.
 */
TCPUNIT_API int tcp_resolve(const char *host, const char *service,
    const struct tcp_resolve_options *options, union tcp_address *addresses,
    int n);

/*
 * Stores the text of an address alone, an IPv4-mapped one as a dotted quad, and
 * returns its port.  Errors: argument EAFNOSUPPORT where it is of another
 * family.
 */
TCPUNIT_API int tcp_address_text(
    const union tcp_address *address, char text[TCPUNIT_ADDRLEN]);

/*
 * Stores HOST and PORT as one text, which tcp_connect reads: "localhost:80",
 * "[::1]:80"; with PORT 0 the host alone, an IPv6 address in brackets all the
 * same.  Returns the length of the text, of which SIZE - 1 bytes and a NUL are
 * stored, as snprintf(3) does.  Needs nothing of the OS thread.
 */
TCPUNIT_API int tcp_host_port(
    const char *host, int port, char *text, size_t size);

/* ---- Ports over other descriptors ---- */

/*
 * A port over a pipe, terminal, file, device or socket.  The descriptor is the
 * port's and is closed with it.  An input and an output port over one
 * descriptor share it: it is closed with the second of them, and closing the
 * first shuts its direction of a socket down unless it is abandoned. O_NONBLOCK
 * is not set on it, as others may share it, and yet waiting for it stops nobody
 * else (a regular file never makes anyone wait).  Errors: argument EBADF, or
 * EEXIST if the descriptor has such a port, or is a TCP connection's; system
 * ENOMEM.
 */
TCPUNIT_API tcp_port tcp_open_input_fd(int fd);
TCPUNIT_API tcp_port tcp_open_output_fd(int fd);

/* ---- Reading ----
 *
 * All of these park, except where said.  One thread at a time may read a port
 * (busy).  End of file and a connection's error come after the bytes that
 * arrived before them, and then stay.  A time limit that runs out loses
 * nothing: what had come is still there for the next call.  Errors of all:
 * argument (no input port), closed, busy, timeout, terminated, deadlock, net
 * (ECONNRESET, ...), system.
 */

/*
 * What is there, at least one byte and at most CAP; 0 is end of file.  With CAP
 * 0 it returns 0 at once and asks nothing: tcp_peek_byte tells an end of file.
 */
TCPUNIT_API ssize_t tcp_read(tcp_port p, void *buf, size_t cap);

/* N bytes, fewer only where the file ends: if a connection fails before the
 * last of them, so does the call, and what came stays in the port.  Source:
 * chicken io, read-string. */
TCPUNIT_API ssize_t tcp_read_string(tcp_port p, void *buf, size_t n);

/*
 * The next line without its ending: 1 and the line, 2 and the first LIMIT bytes
 * of a line that is longer, whose rest is read next, or 0 at end of file.  The
 * line has a NUL after it, may contain others, is the port's, and is valid
 * until the next call on that port.  A line of exactly LIMIT bytes is whole,
 * and comes with its ending; TCPUNIT_NO_LIMIT is no bound.  At end of file an
 * unterminated line counts; if a connection fails it does not, and stays in the
 * port. Source: chicken io, read-line.
 */
TCPUNIT_API int tcp_read_line(
    tcp_port p, size_t limit, char **line, size_t *len);

/* The next byte, 0 to 255, taken or left; TCPUNIT_EOF at end of file.
 * Source: scheme, read-char, peek-char. */
TCPUNIT_API int tcp_read_byte(tcp_port p);
TCPUNIT_API int tcp_peek_byte(tcp_port p);

/* What is there, at most CAP bytes, without waiting; 0 where nothing is, or at
 * end of file.  Source: chicken io, read-buffered. */
TCPUNIT_API ssize_t tcp_read_buffered(tcp_port p, void *buf, size_t cap);

/* 1 when a read would not wait (data, end of file, or an error), else 0.
 * Never waits, but may let others run before it looks.
 * Source: scheme, char-ready?. */
TCPUNIT_API int tcp_char_ready(tcp_port p);

enum tcp_line_ending {
	TCPUNIT_LINE_CRLF, /* LF or CRLF; a lone CR is data: the default */
	TCPUNIT_LINE_LF,
	TCPUNIT_LINE_ANY, /* LF, CRLF or CR */
	TCPUNIT_LINE_NUL
};

/* What ends a line of this input port.  Errors: argument, closed. */
TCPUNIT_API int tcp_set_line_ending(tcp_port p, enum tcp_line_ending e);

/*
 * Closes the input port: SHUT_RD unless abandoned, and the descriptor once
 * both ports are closed.  A thread that reads there gets the closed error.
 * Again: no effect.  Errors: argument.
 */
TCPUNIT_API int tcp_close_input_port(tcp_port p);

/* ---- Writing ----
 *
 * All of these park until everything is accepted by the system, or by the
 * port's buffer if it has one.  One thread at a time may write a port (busy).
 * On failure tcp_last_error()->transferred says how much of this call's data
 * went out.  A peer that has gone is net EPIPE or ECONNRESET, never a signal.
 * Errors of all: argument (no output port), closed, busy, timeout, terminated,
 * deadlock, net, system.
 */

/* All N bytes; returns N. */
TCPUNIT_API ssize_t tcp_write(tcp_port p, const void *buf, size_t n);

/* The string up to its NUL.  Source: chicken io, write-string. */
TCPUNIT_API ssize_t tcp_write_string(tcp_port p, const char *s);

/* The string and a newline, in one piece.  Returns their length.
 * Source: chicken io, write-line. */
TCPUNIT_API ssize_t tcp_write_line(tcp_port p, const char *s);

/* BYTE as an unsigned char, as putc(3) does; returns 1.  Source: scheme,
 * write-char. */
TCPUNIT_API ssize_t tcp_write_byte(tcp_port p, int byte);

/* Formatted as printf(3) does, in one piece; returns the length. */
TCPUNIT_API ssize_t tcp_printf(tcp_port p, const char *format, ...)
    TCPUNIT_PRINTF(2, 3);

/* Sends what is buffered; returns 0.  Source: scheme, flush-output. */
TCPUNIT_API int tcp_flush_output(tcp_port p);

/*
 * Sends what is buffered, and waits until the peer's system has acknowledged
 * every byte of this output port; its program need not have read them.  Errors,
 * besides those above: argument where the port is no TCP port; net where the
 * connection has ended, for whatever reason: then transferred says how many of
 * all bytes had been acknowledged.
 */
TCPUNIT_API int tcp_await_acknowledgement(tcp_port p);

/*
 * Gives the output port a buffer of N bytes; 0, as at first, none.  It is sent
 * when full, by tcp_flush_output, by closing, and before a read of the same
 * connection waits.  What is buffered goes out first (parks).
 */
TCPUNIT_API int tcp_set_buffer_size(tcp_port p, size_t n);

/*
 * Closes the output port: flush (parks), SHUT_WR unless abandoned, and the
 * descriptor once both ports are closed.  It is closed in any case; -1 says
 * that buffered output did not get out, or that close(2) failed.  If output did
 * not get out, the peer reads no end of file: the close of both ports is then a
 * reset, unless this one is abandoned.  A thread that writes there gets the
 * closed error.  Again: no effect.
 */
TCPUNIT_API int tcp_close_output_port(tcp_port p);

/* ---- Both directions ---- */

/* Closes an input port or an output port, as the calls for these do.
 * Source: scheme, close-port. */
TCPUNIT_API int tcp_close_port(tcp_port p);

/*
 * Closes the two ports of a connection, or of anything else: the output port
 * first (parks), so that IN can be read by other threads until all is sent.
 * Both are closed in any case.  On failure the error is that of the output
 * port, unless closing IN fails too.  Errors: argument, where IN is no input
 * port or OUT no output port; those of tcp_close_output_port.
 */
TCPUNIT_API int tcp_close_ports(tcp_port in, tcp_port out);

/* The limit of each call on this port; -1 at first.
 * Source: chicken tcp, tcp-read-timeout, tcp-write-timeout. */
TCPUNIT_API int tcp_set_timeout(tcp_port p, int timeout);

/* The descriptor, still the port's. */
TCPUNIT_API int tcp_port_fileno(tcp_port p);

/*
 * Bytes handed to the program by this input port, or accepted by the system
 * from this output port, since it was made.  0 for a closed or wrong handle.
 */
TCPUNIT_API uint64_t tcp_port_position(tcp_port p);

/*
 * Copies from IN to OUT until end of file or LIMIT bytes (-1: no limit), by
 * the shortest way the two ends allow.  It may take as long as it does while
 * each wait is within its port's limit, which begins anew when bytes have
 * moved.  Returns the number of bytes copied. On failure error.port says which
 * end, error.transferred how much had been written; what was read and not
 * written is back in IN.
 */
TCPUNIT_API int64_t tcp_copy_port(tcp_port in, tcp_port out, int64_t limit);

/* ---- Threads ----
 *
 * In the child of fork(2) only the thread that called it goes on.  The others
 * vanish there, as with tcp_shutdown; listeners and ports stay.  If it is not
 * the first thread, its return ends the child as exit(0) does.
 */

/* Bytes of stack that a thread has unless told. */
#define TCPUNIT_STACK_SIZE (256 * 1024)

struct tcp_thread_options {
	size_t size;       /* sizeof this */
	size_t stack_size; /* address space; never less than the default */
	const char *name TCPUNIT_ZERO; /* for errors, copied; NULL is "" */
};

#define TCPUNIT_THREAD_DEFAULTS                    \
	.size = sizeof(struct tcp_thread_options), \
	.stack_size = TCPUNIT_STACK_SIZE

/*
 * Starts a green thread that calls thunk(arg) when the others let it.  When it
 * returns, everything of it is freed but its result, which waits for
 * tcp_thread_join unless it is detached.  A stack that overflows ends the
 * program with SIGSEGV where that happens, unless an array on it is larger than
 * 1 MiB.  Starting and ending are cheap with stacks of the default size, which
 * are used again.  Errors: argument; system ENOMEM.
 * Source: srfi-18, make-thread, thread-start!.
 */
TCPUNIT_API tcp_thread tcp_thread_start(void *(*thunk)(void *), void *arg);
TCPUNIT_API tcp_thread tcp_thread_start_with(void *(*thunk)(void *), void *arg,
    const struct tcp_thread_options *options);

/*
 * The name that T was started with, until T is given back; "primordial" for the
 * first thread.  NULL on failure.  Errors: argument, closed.
 * Source: srfi-18, thread-name.
 */
TCPUNIT_API const char *tcp_thread_name(tcp_thread t);

/* True for any thread, alive or gone. */
TCPUNIT_API bool tcp_thread_p(tcp_thread t);

/* Whether A and B are the same thread, alive or gone; or both null handles. */
TCPUNIT_API bool tcp_thread_equal(tcp_thread a, tcp_thread b);

/*
 * Waits for T to end (parks), stores its result unless RESULT is
 * NULL, and gives T back.  Errors: timeout; closed where T was joined or
 * detached; deadlock where T waits, in a circle, for the caller, or where
 * nothing is left that could wake anyone: then the last thread that began to
 * wait is told, which may be T; busy where another thread joins T; terminated.
 * Source: srfi-18, thread-join!.
 */
TCPUNIT_API int tcp_thread_join(tcp_thread t, void **result, int timeout);

/* Nobody will join T: it is given back when it ends.  Errors: closed. */
TCPUNIT_API int tcp_thread_detach(tcp_thread t);

/* Lets the others run, and events be noticed. */
TCPUNIT_API void tcp_thread_yield(void);

/* Parks for MS; -1 until terminated; 0 yields.  Threads wake in the order of
 * their times.  Errors: terminated, deadlock. */
TCPUNIT_API int tcp_thread_sleep(int ms);

/*
 * Ends one wait of T: the call it waits in, or else the next one that would
 * wait, fails with the terminated error.  What needs no waiting goes on, and
 * later waits are ordinary, so that T can end others, join them, clean up and
 * return.  Terminating T again ends one wait more; yielding and sleeping for
 * 0 ms are none.  Errors: closed where T has ended.  Source: srfi-18,
 * thread-terminate!.
 */
TCPUNIT_API int tcp_thread_terminate(tcp_thread t);

/* The running thread. */
TCPUNIT_API tcp_thread tcp_current_thread(void);

/*
 * Parks until descriptor FD is ready for one of EVENTS; returns
 * those that are.  The wait under all the others, for descriptors that are
 * the caller's: FD stays open until it returns.  That of a port or listener
 * may be closed by closing those: closing the input port ends waits for
 * READABLE, closing the output port those for WRITABLE, with the closed error.
 * Errors: argument EBADF; closed; timeout; terminated; system.
 */
TCPUNIT_API int tcp_wait_fd(int fd, int events, int timeout);
#define TCPUNIT_READABLE 1
#define TCPUNIT_WRITABLE 2

/* ---- Life ---- */

/* "0.2.0"; the library's, which may be newer than the header. */
TCPUNIT_API const char *tcp_version(void);
#define TCPUNIT_VERSION "0.2.0"

/*
 * Gives back all that the library holds for the calling OS thread: listeners
 * and ports are closed without flushing and without shutting a direction down,
 * so that a connection which another process shares lives on; other green
 * threads vanish.  All handles are closed ones from then on.  Only from the
 * first green thread of that OS thread (elsewhere: no effect).  An OS thread
 * that ends does this by itself.
 */
TCPUNIT_API void tcp_shutdown(void);

#ifdef __cplusplus
}
#endif

#endif
