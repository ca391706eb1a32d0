/* SPDX-License-Identifier: ISC */
/*
 * tcpunit.h - TCP in straight-line code, with green threads: when one waits,
 * the others keep running.  It is CHICKEN Scheme's tcp unit for C, with
 * listeners, connections, and input and output ports.
 *
 * Names.  A call that does the same as a Scheme procedure keeps the procedure's
 * name, so that Scheme's manuals explain it, and programs can be carried over
 * line by line: tcp-close, which closes a listener, is tcp_close; close-port is
 * tcp_close_port; current-thread is tcp_current_thread.  A question mark
 * becomes _p, for predicate.  All other names are the object's, then a verb:
 * tcp_thread_equal, tcp_listener_port.
 *
 * Conventions.  A call returns 0, or a count, or a handle.  On failure it
 * returns -1, or a handle for which the _p predicate is false, and sets errno;
 * tcp_last_error() describes the failure.  Out-parameters are written on
 * success only.
 *
 * A time limit is an int called timeout, in milliseconds: -1 is no limit, 0
 * does only what needs no waiting, and less than -1 is an argument error.  It
 * is set on a port or a listener for each of its calls, or is a member of
 * options, or a call's last parameter.  tcp_set_deadline sets one for several
 * calls together.  A limit bounds waiting: once it has run out, a call goes on
 * until it would have to wait, for 16 system calls or 1 MiB at most, and only
 * then times out.
 *
 * "Parks" means that the call may stop the calling green thread; it never stops
 * another.  A call that parks, or that asks a question, may let others run
 * before it does anything, whatever it returns then.
 *
 * Everything belongs to the OS thread that made it, and each OS thread that
 * calls the library has its own scheduler; a handle of another OS thread is an
 * argument error, except for tcp_wake.  Options may be NULL, which stands for
 * the defaults.  Later versions may add members at the end of their structures:
 * the library accepts older structures, and it accepts newer ones if all
 * members that it does not know are zero.  No call changes a signal's
 * disposition, prints, or exits.
 */
#ifndef TCPUNIT_H
#define TCPUNIT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/select.h> /* sigset_t, also in strict C11 */
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

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
 * Handles are values, and can be copied freely.  The closing call frees the
 * object.  A handle that is used after that is recognised as closed, and never
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

typedef struct {
	uint64_t bits;
} tcp_mutex;

typedef struct {
	uint64_t bits;
} tcp_condition;

typedef struct {
	uint64_t bits;
} tcp_mailbox;

typedef struct {
	uint64_t bits;
} tcp_group;

/*
 * Structures of options.  TCPUNIT_X_DEFAULTS initialises the members whose
 * default is not zero, which come first.  Other members can follow by name, as
 * in
 *
 *	tcp_listen(0, &(struct tcp_listen_options){
 *	    TCPUNIT_LISTEN_DEFAULTS, .loopback = true});
 *
 * To change a member that the macro initialises, assign to it afterwards.  In
 * C++, from C++20 on, the structure needs a name, and the members have to be in
 * the order of their declaration.  TCPUNIT_ZERO is the value of members that a
 * C++ program leaves out; without it C++ compilers warn.
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
 * takes at most 62 bytes, and the quoted path of a Unix socket at most 436.
 */
#define TCPUNIT_ADDRLEN 448

/* For tcp_read_line: lines of any length. */
#define TCPUNIT_NO_LIMIT ((size_t)-1)

/* Returned by tcp_read_byte and tcp_peek_byte at the end of file. */
#define TCPUNIT_EOF (-2)

/* The default for the number of pending connections of a listener. */
#define TCPUNIT_BACKLOG 4

/* ---- Errors ---- */

enum tcp_error_kind {
	TCPUNIT_ERROR_NONE,
	TCPUNIT_ERROR_ARGUMENT,   /* the program's: EINVAL, ERANGE */
	TCPUNIT_ERROR_RESOLVE,    /* a name or service; code is EAI_* */
	TCPUNIT_ERROR_NET,        /* the network's, code is an errno */
	TCPUNIT_ERROR_TIMEOUT,    /* a limit set here ran out: ETIMEDOUT */
	TCPUNIT_ERROR_CLOSED,     /* the handle is closed: EBADF */
	TCPUNIT_ERROR_TERMINATED, /* tcp_thread_terminate: ECANCELED */
	TCPUNIT_ERROR_BUSY,       /* another thread waits there: EBUSY */
	TCPUNIT_ERROR_DEADLOCK,   /* nothing could end the wait: EDEADLK */
	TCPUNIT_ERROR_SYSTEM      /* memory, descriptors, plain files */
};

struct tcp_error {
	enum tcp_error_kind kind;
	int code;            /* errno, or EAI_* if kind is RESOLVE */
	const char *where;   /* the call: "connect", "read", ... */
	tcp_port port;       /* the port that failed, or the null handle */
	size_t transferred;  /* bytes that moved before the failure */
	const char *text;    /* one line: call, host and port, reason */
	const char *details; /* connect: a line for each address that was
				tried and failed; otherwise "" */
	const char *reason;  /* the end of text: "Connection refused" */
};

/*
 * The last error of the running green thread; never NULL.  It stays until that
 * thread's next failure.  It belongs to the library.
 */
TCPUNIT_API const struct tcp_error *tcp_last_error(void);

/* ---- Listeners ---- */

struct tcp_listen_options {
	size_t size; /* sizeof this */
	/* The number of pending connections beyond which SYNs are dropped,
	 * lowered to the system's maximum if it is greater. */
	int backlog;
	int family TCPUNIT_ZERO; /* 0 for either, 4, 6 */
	/* A name, an address, "unix:PATH" or "unix:@NAME"; NULL stands for
	 * every address. */
	const char *host TCPUNIT_ZERO;
	bool loopback TCPUNIT_ZERO;   /* 127.0.0.1 and ::1; host is NULL */
	bool numeric TCPUNIT_ZERO;    /* host is an address, no look-up */
	bool v6only TCPUNIT_ZERO;     /* the wildcard, or "::", refuses IPv4 */
	bool reuse_port TCPUNIT_ZERO; /* SO_REUSEPORT */
	/* Of a Unix socket's file; 0 stands for 0666 without the bits of the
	 * umask.  New members come after this. */
	int mode TCPUNIT_ZERO;
};

#define TCPUNIT_LISTEN_DEFAULTS \
	.size = sizeof(struct tcp_listen_options), .backlog = TCPUNIT_BACKLOG

/*
 * Makes a listener on PORT, 0 to 65535.  With 0 the system chooses a port, the
 * same for every address of the host.  OPTIONS may be NULL.  The host is looked
 * up (parks) and each of its addresses is bound; a family that the machine
 * lacks is left out.  SO_REUSEADDR is always set.  Release: tcp_close.  Errors:
 * argument; resolve; net EADDRINUSE, EADDRNOTAVAIL, EACCES; system EMFILE,
 * ENFILE, ENOMEM.  Source: chicken tcp, tcp-listen.
 *
 * With the host "unix:PATH", or "unix:@NAME" for an abstract name, it makes a
 * Unix stream socket; PORT is then 0.  A file to which no socket is bound any
 * more is replaced; net EADDRINUSE if one is, and EEXIST if the file is not a
 * socket.  Links are not followed.  tcp_close removes the file, unless another
 * one has taken its place or another process has made it.
 */
TCPUNIT_API tcp_listener tcp_listen(
    int port, const struct tcp_listen_options *options);

/*
 * Makes a listener over N listening TCP or Unix stream sockets (at most
 * TCPUNIT_MAX_SOCKETS) that were made elsewhere.  On success they belong to the
 * listener, which makes them close-on-exec and non-blocking; tcp_close closes
 * them.  Errors: argument EINVAL if one is not such a socket, is named twice,
 * or belongs to a listener already.
 */
TCPUNIT_API tcp_listener tcp_listener_from_fds(const int *fds, int n);
#define TCPUNIT_MAX_SOCKETS 64

/* True for any listener, open or closed.  Source: chicken, tcp-listener?. */
TCPUNIT_API bool tcp_listener_p(tcp_listener l);

/*
 * Closes a listener and frees all that it has.  Threads that wait in tcp_accept
 * get the closed error.  Accepted connections stay open.  Errors: closed, also
 * the second time.  Source: chicken tcp, tcp-close.
 */
TCPUNIT_API int tcp_close(tcp_listener l);

/*
 * Waits for a connection (parks; tcp_set_accept_timeout) and stores its two
 * ports.  Several threads may wait: each connection goes to one of them, in the
 * order in which they came.  If no descriptor is free, it waits, within its
 * limit but no longer than 50 ms, for this OS thread to close one.  Errors:
 * closed, timeout, terminated, deadlock; system EMFILE and the like, which
 * leave the connection pending.  Source: chicken tcp, tcp-accept.
 */
TCPUNIT_API int tcp_accept(tcp_listener l, tcp_port *in, tcp_port *out);

/*
 * 1 if a connection is pending, else 0.  Never waits and never accepts, but may
 * let others run before it looks.  Errors: closed.  Source: chicken tcp,
 * tcp-accept-ready?.
 */
TCPUNIT_API int tcp_accept_ready(tcp_listener l);

/* The port number; 0 for a Unix socket.  Errors: closed. */
TCPUNIT_API int tcp_listener_port(tcp_listener l);

/* The descriptor of the I-th socket, which still belongs to the listener.  -1
 * after the last socket (argument) or if the listener is closed. */
TCPUNIT_API int tcp_listener_fileno(tcp_listener l, int i);

/*
 * Stores the address that the I-th socket is bound to, as a text.  A dual-stack
 * wildcard is "::"; for a Unix socket see tcp_unix_text.  Errors: argument
 * after the last socket; closed.
 */
TCPUNIT_API int tcp_listener_addresses(
    tcp_listener l, int i, char local[TCPUNIT_ADDRLEN]);

/* The limit of each tcp_accept; -1 at first.  Errors: argument, closed. */
TCPUNIT_API int tcp_set_accept_timeout(tcp_listener l, int timeout);

/* ---- Connections ---- */

struct tcp_connect_options {
	size_t size;             /* sizeof this */
	int timeout;             /* for the look-up and all attempts together */
	int family TCPUNIT_ZERO; /* 0 for either, 4, 6 */
	/* The local end: a name or an address of this machine; for a Unix
	 * socket "unix:PATH" or "unix:@NAME". */
	const char *local_host TCPUNIT_ZERO;
	int local_port TCPUNIT_ZERO;  /* 0 lets the system choose */
	bool numeric TCPUNIT_ZERO;    /* hosts and port are numbers */
	bool nolinger TCPUNIT_ZERO;   /* SO_LINGER of 0 from the start */
	char padding[2] TCPUNIT_ZERO; /* new members come after this */
};

#define TCPUNIT_CONNECT_DEFAULTS \
	.size = sizeof(struct tcp_connect_options), .timeout = -1

/*
 * Connects to HOST and PORT (1 to 65535).  With PORT 0, HOST is "HOST:PORT",
 * "HOST:SERVICE" or "[V6]:PORT"; a port there that begins with a digit, a sign
 * or a space has to be a decimal number from 1 to 65535, which may begin with
 * zeros.  Brackets around an address are allowed with either PORT.  An empty
 * host is a resolve error.  OPTIONS may be NULL.  TCP_NODELAY is set.
 *
 * Parks for the look-up, which stops no other thread.  An address in digits
 * needs none.  The process makes at most eight look-ups at a time; others wait
 * for these.
 *
 * Parks for the attempts: the families take turns, and the next attempt begins
 * when one fails or 250 ms after it began (RFC 8305); the first to succeed
 * wins.  With a limit of 0 it reaches only addresses in digits that answer at
 * once, as those on loopback do.
 *
 * With nolinger the peer gets a reset, and no end of file, if the process dies,
 * or closes the ports before the caller has unset SO_LINGER.  If the peer
 * resets the connection as soon as it is made, without a byte, the error is net
 * ECONNRESET (or EPIPE), and no other address is tried.
 *
 * With the host "unix:PATH" or "unix:@NAME" and PORT 0, it connects to a Unix
 * stream socket.  As long as the backlog there is full, it tries again every
 * 20 ms.  nolinger has no effect.
 *
 * Release: close both ports.  Errors: argument; resolve; net, with the reason
 * of the last address, or of the last that could be reached; timeout;
 * terminated; system.  If the local end is at fault, the error's where is
 * "bind".  Source: chicken tcp, tcp-connect.
 */
TCPUNIT_API int tcp_connect(const char *host, int port,
    const struct tcp_connect_options *options, tcp_port *in, tcp_port *out);

/*
 * Stores the two ports of FD, a connected TCP or Unix stream socket that was
 * made elsewhere.  On success it belongs to them: they are used and closed as
 * those of tcp_accept.  The call makes it close-on-exec and sets TCP_NODELAY;
 * it leaves O_NONBLOCK as it is, as other processes may share the socket.
 * Errors: argument EBADF, ENOTSOCK, ENOTCONN; EPROTOTYPE if it is another kind
 * of socket; EEXIST if it has a port already; system ENOMEM.
 */
TCPUNIT_API int tcp_ports_from_fd(int fd, tcp_port *in, tcp_port *out);

/*
 * Gives up the connection of this port: closes its ports, without an effect on
 * the connection, and returns the descriptor, which is the caller's from then
 * on; another OS thread can call tcp_ports_from_fd with it.  It is blocking and
 * close-on-exec.  Errors: argument if the port was not made by accept, connect
 * or tcp_ports_from_fd; argument ENOTEMPTY if bytes that were read ahead or are
 * not sent yet would be lost: transferred is their number; busy if another
 * thread is in a call there; closed.
 */
TCPUNIT_API int tcp_release_fd(tcp_port p);

/*
 * Stores the two addresses of a connection as texts, IPv4-mapped ones as dotted
 * quads, those of a Unix socket as tcp_unix_text does.  They are known as long
 * as the port is open, even after a reset. Errors: argument if the port was not
 * made by accept or connect; closed. Source: chicken tcp, tcp-addresses.
 */
TCPUNIT_API int tcp_addresses(
    tcp_port p, char local[TCPUNIT_ADDRLEN], char remote[TCPUNIT_ADDRLEN]);

/* Stores the two port numbers, 0 for a Unix socket.  Errors: as tcp_addresses.
 * Source: chicken tcp, tcp-port-numbers. */
TCPUNIT_API int tcp_port_numbers(tcp_port p, int *local, int *remote);

/*
 * Marks the port, so that closing it does not shut its direction down.  This is
 * for a connection that another process goes on using.  The port stays usable.
 * Marking it again has no effect.  Errors: argument if the port is not over a
 * socket; closed.  Source: chicken tcp, tcp-abandon-port.
 */
TCPUNIT_API int tcp_abandon_port(tcp_port p);

/*
 * Ends the connection of this port with a reset and closes both its ports.
 * Buffered output is dropped.  Unix sockets have no reset: the peer gets one
 * only if input is left unread here, and else an end of file.  Errors:
 * argument, closed.
 */
TCPUNIT_API int tcp_reset(tcp_port p);

/* True for any port, open or closed; for input ports; for output ports. */
TCPUNIT_API bool tcp_port_p(tcp_port p);
TCPUNIT_API bool tcp_input_port_p(tcp_port p);
TCPUNIT_API bool tcp_output_port_p(tcp_port p);

/* ---- Names and addresses ---- */

/* An address with its port, as bind(2), connect(2) and similar calls take it.
 * The family says which of the structures it is. */
union tcp_address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* The most addresses of a host; only a mistake gives it more. */
#define TCPUNIT_MAX_ADDRESSES 64

struct tcp_resolve_options {
	size_t size;                  /* sizeof this */
	int timeout;                  /* for the look-up */
	int family TCPUNIT_ZERO;      /* 0 for either, 4, 6 */
	bool numeric TCPUNIT_ZERO;    /* host and service are numbers */
	char padding[7] TCPUNIT_ZERO; /* new members come after this */
};

#define TCPUNIT_RESOLVE_DEFAULTS \
	.size = sizeof(struct tcp_resolve_options), .timeout = -1

/*
 * Stores the addresses of HOST, in the order of the resolver and each once, at
 * most N, and returns the number stored, at least 1.  SERVICE is a decimal port
 * number from 1 to 65535, or the name of a service; with NULL the port is 0.
 * For names, waits (parks) and brackets around an address, see tcp_connect.
 * OPTIONS may be NULL.  Errors: argument; resolve; timeout; terminated; system.
 */
TCPUNIT_API int tcp_resolve(const char *host, const char *service,
    const struct tcp_resolve_options *options, union tcp_address *addresses,
    int n);

/*
 * Stores the text of an address without its port, an IPv4-mapped one as a
 * dotted quad, and returns its port.  Errors: argument EAFNOSUPPORT if it is of
 * another family.
 */
TCPUNIT_API int tcp_address_text(
    const union tcp_address *address, char text[TCPUNIT_ADDRLEN]);

/*
 * Stores the path of a Unix socket's address of LENGTH bytes, or "@NAME" if it
 * is abstract, or "" if it has no name.  A name that sh would not take as one
 * word is quoted: within '...', or within $'...' with octal escapes if it has
 * control characters.  Errors: argument EAFNOSUPPORT if it is no such address.
 */
TCPUNIT_API int tcp_unix_text(const struct sockaddr_un *address,
    socklen_t length, char text[TCPUNIT_ADDRLEN]);

/*
 * Stores HOST and PORT as one text, which tcp_connect can read: "localhost:80",
 * "[::1]:80", "unix:/run/s".  With PORT 0 it is the host alone, an IPv6 address
 * still in brackets.  Returns the length of the text, of which at most SIZE - 1
 * bytes and a NUL are stored, as with snprintf(3).  Works in any OS thread.
 */
TCPUNIT_API int tcp_host_port(
    const char *host, int port, char *text, size_t size);

/*
 * Splits "HOST:PORT", "[V6]:PORT", "HOST" or "V6": stores the host without
 * brackets, and lets *PORT point to the port within TEXT, or be NULL if there
 * is none.  A text with two or more colons and no brackets is an IPv6 address
 * without a port.  Host and port may be empty; neither is checked.  Returns the
 * length of the host, of which at most SIZE - 1 bytes and a NUL are stored; or
 * -1, and stores nothing, if brackets are empty or not closed before the port.
 * Works in any OS thread.
 */
TCPUNIT_API int tcp_split_host_port(
    const char *text, char *host, size_t size, const char **port);

/* ---- Ports over other descriptors ---- */

/*
 * Makes a port over a pipe, terminal, file, device or socket.  The descriptor
 * belongs to the port and is closed with it.  An input and an output port over
 * one descriptor share it: it is closed with the second of them.  For a socket,
 * closing the first shuts its direction down, unless it is abandoned.
 * O_NONBLOCK is not set on the descriptor, as other processes may share it; all
 * the same, waiting for it stops no other thread (a regular file never makes a
 * thread wait).  Errors: argument EBADF, or EEXIST if the descriptor has such a
 * port or belongs to a TCP connection; system ENOMEM.
 */
TCPUNIT_API tcp_port tcp_open_input_fd(int fd);
TCPUNIT_API tcp_port tcp_open_output_fd(int fd);

/* ---- Reading ----
 *
 * All of these park, unless said otherwise.  One thread at a time may read a
 * port; a second one gets the busy error.  Turns, as writers have them, would
 * not help it: it would get the bytes that follow those of the first, wherever
 * a segment happened to end.  End of file and a connection's error come after
 * the bytes that arrived before them, and then stay.  A time limit that runs
 * out loses nothing: what had come is still there for the next call.  Errors of
 * all: argument (no input port), closed, busy, timeout, terminated, deadlock,
 * net (ECONNRESET, ...), system.
 */

/*
 * Reads the available bytes, at least one and at most CAP; 0 is end of file.
 * With CAP 0 it returns 0 at once and does not look: use tcp_peek_byte to find
 * out whether the file has ended.
 */
TCPUNIT_API ssize_t tcp_read(tcp_port p, void *buf, size_t cap);

/* Reads N bytes, fewer only if the file ends.  If a connection fails before the
 * last of them, the call fails, and the bytes stay in the port.  Source:
 * chicken io, read-string. */
TCPUNIT_API ssize_t tcp_read_string(tcp_port p, void *buf, size_t n);

/*
 * Reads the next line, without its ending.  Returns 1 and the line; 2 and the
 * first LIMIT bytes of a longer line, whose rest is read next; or 0 at end of
 * file.  A line of exactly LIMIT bytes is whole, and its ending is read with
 * it; TCPUNIT_NO_LIMIT is no limit.  The line has a NUL after it, and may
 * contain others.  It belongs to the port, and is valid until the next call on
 * that port.  At end of file an unterminated line counts as a line; if the
 * connection fails, it does not, and stays in the port.  Source: chicken io,
 * read-line.
 */
TCPUNIT_API int tcp_read_line(
    tcp_port p, size_t limit, char **line, size_t *len);

/* The next byte, 0 to 255, which tcp_read_byte takes and tcp_peek_byte leaves;
 * TCPUNIT_EOF at end of file.  Source: scheme, read-char, peek-char. */
TCPUNIT_API int tcp_read_byte(tcp_port p);
TCPUNIT_API int tcp_peek_byte(tcp_port p);

/* Reads the available bytes, at most CAP, without waiting; 0 if there are none,
 * or at end of file.  Source: chicken io, read-buffered. */
TCPUNIT_API ssize_t tcp_read_buffered(tcp_port p, void *buf, size_t cap);

/* 1 if a read would not wait (data, end of file, or an error), else 0.
 * Never waits, but may let others run before it looks.  Source: scheme,
 * char-ready?. */
TCPUNIT_API int tcp_char_ready(tcp_port p);

enum tcp_line_ending {
	TCPUNIT_LINE_CRLF, /* LF or CRLF; a lone CR is data; default */
	TCPUNIT_LINE_LF,
	TCPUNIT_LINE_ANY, /* LF, CRLF or CR */
	TCPUNIT_LINE_NUL
};

/* Sets the line ending of this input port.  Errors: argument, closed. */
TCPUNIT_API int tcp_set_line_ending(tcp_port p, enum tcp_line_ending e);

/*
 * Closes the input port: SHUT_RD unless it is abandoned, and the descriptor
 * once both ports are closed.  A thread that reads there gets the closed error.
 * Closing it again has no effect.  -1 says that close(2) failed, or that the
 * end of a layer without a half-close could not be sent; the port is closed
 * even then.  Errors: argument.
 */
TCPUNIT_API int tcp_close_input_port(tcp_port p);

/* ---- Writing ----
 *
 * All of these park until everything is accepted by the system, or by the
 * port's buffer if it has one.  Threads take turns, in the order in which they
 * came: a call first waits, within the port's limit, until the earlier ones
 * have returned, so that each write stays whole.  Only a copy is not waited
 * for: as long as it goes on, or waits for its turn, other calls get the busy
 * error.
 *
 * On failure tcp_last_error()->transferred says how much of this call's data
 * went out.  If that is a part of them, the calls that wait for their turn, and
 * all later ones, fail with the same error until tcp_resume_output.  A peer
 * that has gone is net EPIPE or ECONNRESET, never a signal.  Errors of all:
 * argument (no output port), closed, busy, timeout, terminated, deadlock, net,
 * system.
 */

/* Writes all N bytes; returns N. */
TCPUNIT_API ssize_t tcp_write(tcp_port p, const void *buf, size_t n);

/* Writes the string up to its NUL.  Source: chicken io, write-string. */
TCPUNIT_API ssize_t tcp_write_string(tcp_port p, const char *s);

/* Writes the string and a newline, in one piece.  Returns their length.
 * Source: chicken io, write-line. */
TCPUNIT_API ssize_t tcp_write_line(tcp_port p, const char *s);

/* Writes BYTE as an unsigned char, as putc(3) does; returns 1.  Source: scheme,
 * write-char. */
TCPUNIT_API ssize_t tcp_write_byte(tcp_port p, int byte);

/* Formats as printf(3) does, and writes the text in one piece; returns its
 * length. */
TCPUNIT_API ssize_t tcp_printf(tcp_port p, const char *format, ...)
    TCPUNIT_PRINTF(2, 3);

/*
 * Lets threads write again after a write of which a part went out.  The caller
 * may go on with its rest, as no other thread runs before the caller's next
 * call.  Without such a write it has no effect.  Errors: argument, closed.
 */
TCPUNIT_API int tcp_resume_output(tcp_port p);

/* Sends buffered output; returns 0.  Source: scheme, flush-output. */
TCPUNIT_API int tcp_flush_output(tcp_port p);

/*
 * Ends the output as tcp_close_output_port does (parks), but leaves the port
 * open: later writes fail, a second call has no effect, and
 * tcp_await_acknowledgement still works.  An abandoned port is only flushed.
 * Returns 0; or 1 if a layer cannot end one direction alone: then the end comes
 * when the connection is closed.
 */
TCPUNIT_API int tcp_finish_output(tcp_port p);

/*
 * Sends buffered output, and waits until the peer's system has acknowledged
 * every byte of this output port; the peer's program need not have read them.
 * Errors, besides those above: argument if the port is not a TCP port; net if
 * the connection has ended, for whatever reason: transferred then says how many
 * of all bytes had been acknowledged.
 */
TCPUNIT_API int tcp_await_acknowledgement(tcp_port p);

/*
 * Gives the output port a buffer of N bytes; 0, the default, is none.  The
 * buffer is sent when it is full, by tcp_flush_output, by closing, and before a
 * read of the same connection waits.  This call first sends what is in an
 * earlier buffer (parks).
 */
TCPUNIT_API int tcp_set_buffer_size(tcp_port p, size_t n);

/*
 * Closes the output port: flush (parks), SHUT_WR unless it is abandoned, and
 * the descriptor once both ports are closed.  The port is closed in any case;
 * -1 says that buffered output or the end of a layer could not be sent, or that
 * close(2) failed.
 * Threads that write there, or wait for their turn, get the closed error.  If
 * buffered output could not be sent, or this call cuts their write short, the
 * peer gets no end of file, but a reset when both ports are closed, unless this
 * one is abandoned.  A write that failed before the call is the caller's to
 * judge: the peer gets an end of file, and tcp_reset prevents that.  Closing
 * the port again has no effect.
 */
TCPUNIT_API int tcp_close_output_port(tcp_port p);

/* ---- Both directions ---- */

/* Closes an input or an output port, as the calls above do.  Source: scheme,
 * close-port. */
TCPUNIT_API int tcp_close_port(tcp_port p);

/*
 * Closes the two ports of a connection, or any other two: the output port first
 * (parks), so that other threads can read IN until everything is sent.  Both
 * are closed in any case.  On failure the error is that of the output port,
 * unless closing IN fails too.  Errors: argument, if IN is not an input port or
 * OUT not an output port; those of tcp_close_output_port.
 */
TCPUNIT_API int tcp_close_ports(tcp_port in, tcp_port out);

/* Sets the limit of each call on this port; the default is -1.  Source: chicken
 * tcp, tcp-read-timeout, tcp-write-timeout. */
TCPUNIT_API int tcp_set_timeout(tcp_port p, int timeout);

/*
 * Limits this direction of a TCP connection to BYTES_PER_SECOND.  After a
 * pause, BURST bytes may pass at once; 0 stands for those of a tenth of a
 * second.  A call that has to wait because of the rate parks within its limit.
 * The rate counts the bytes of the socket, below TLS and other layers.  A new
 * rate replaces the old one, and TCPUNIT_NO_RATE removes it; after either
 * change, both directions begin without a burst.  Errors: argument if the rate
 * is 0 or negative, if BURST is negative, or if the port is not a TCP port;
 * busy, in a function of a layer; closed; system ENOMEM.
 */
TCPUNIT_API int tcp_set_rate(
    tcp_port p, int64_t bytes_per_second, int64_t burst);
#define TCPUNIT_NO_RATE INT64_MAX

/* The descriptor, which still belongs to the port. */
TCPUNIT_API int tcp_port_fileno(tcp_port p);

/*
 * The number of bytes that this input port has handed to the program, or that
 * the system has accepted from this output port, since it was made.  0 for a
 * closed or wrong handle.
 */
TCPUNIT_API uint64_t tcp_port_position(tcp_port p);

/*
 * Copies from IN to OUT until end of file or LIMIT bytes (-1: no limit), by the
 * shortest way the two ends allow.  The time limit of a port bounds each wait
 * for it, and begins anew when bytes have moved; the whole copy may take
 * longer.  It waits for its turn at OUT, and keeps it to its end.  Returns the
 * number of bytes copied.  On failure error.port says
 * which end failed, and error.transferred how much had been written; bytes that
 * were read but not written are back in IN.
 */
TCPUNIT_API int64_t tcp_copy_port(tcp_port in, tcp_port out, int64_t limit);

/* ---- Threads ----
 *
 * In the child of fork(2) only the thread that called it goes on.  The others
 * vanish there, as with tcp_shutdown; listeners and ports stay.  If it is not
 * the first thread, its return ends the child as exit(0) does.  A child that
 * closes all descriptors calls tcp_shutdown before.
 */

/* The default for the bytes of a thread's stack. */
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
 * Starts a green thread that calls thunk(arg).  It begins to run when the
 * others park or yield.  When thunk returns, everything of the thread is freed
 * but its result, which is kept for tcp_thread_join, unless the thread is
 * detached.  A stack overflow ends the program with SIGSEGV in the function
 * that needs too much, unless an array on the stack is larger than 1 MiB.
 * Starting and ending are cheap with stacks of the default size, which are used
 * again.  Errors: argument; system ENOMEM.  Source: srfi-18, make-thread,
 * thread-start!.
 */
TCPUNIT_API tcp_thread tcp_thread_start(void *(*thunk)(void *), void *arg);
TCPUNIT_API tcp_thread tcp_thread_start_with(void *(*thunk)(void *), void *arg,
    const struct tcp_thread_options *options);

/*
 * The name that T was started with, valid until T is freed; "primordial" for
 * the first thread.  NULL on failure.  Errors: argument, closed.  Source:
 * srfi-18, thread-name.
 */
TCPUNIT_API const char *tcp_thread_name(tcp_thread t);

/* True for any thread, running or ended. */
TCPUNIT_API bool tcp_thread_p(tcp_thread t);

/* Whether A and B are the same thread, running or ended; or both null
 * handles. */
TCPUNIT_API bool tcp_thread_equal(tcp_thread a, tcp_thread b);

/*
 * Waits for T to end (parks), stores its result unless RESULT is NULL, and
 * frees T.  Errors: timeout; closed if T was joined or detached; busy if
 * another thread joins T; terminated; deadlock if T waits without limit for the
 * caller, directly or through others, or if no thread can ever run: then the
 * last thread that began to wait gets the error, which may be T.  Source:
 * srfi-18, thread-join!.
 */
TCPUNIT_API int tcp_thread_join(tcp_thread t, void **result, int timeout);

/* Declares that no thread will join T, which is then freed when it ends.
 * Errors: closed. */
TCPUNIT_API int tcp_thread_detach(tcp_thread t);

/* Lets the other threads run, and notices events. */
TCPUNIT_API void tcp_thread_yield(void);

/* Parks for MS milliseconds; -1 until terminated; 0 yields.  Threads wake in
 * the order of their times.  Errors: timeout, if the thread's deadline comes
 * first; terminated; deadlock. */
TCPUNIT_API int tcp_thread_sleep(int ms);

/*
 * Ends one wait of T: the call that T waits in, or else its next call that
 * would wait, fails with the terminated error.  Calls that need not wait go on,
 * and later waits are ordinary, so that T can end other threads, join them,
 * clean up and return.  Terminating T again ends one more wait.  Yielding and
 * sleeping for 0 ms are not waits.  Errors: closed if T has ended.  Source:
 * srfi-18, thread-terminate!.
 */
TCPUNIT_API int tcp_thread_terminate(tcp_thread t);

/* The running thread. */
TCPUNIT_API tcp_thread tcp_current_thread(void);

/*
 * Parks until descriptor FD is ready for one of EVENTS; returns those that it
 * is ready for.  This is for descriptors of the caller's, which must stay open
 * until it returns.  The descriptor of a port or listener may be closed by
 * closing those: closing the input port ends waits for READABLE, closing the
 * output port those for WRITABLE, with the closed error.  Errors: argument
 * EBADF; closed; timeout; terminated; system.
 */
TCPUNIT_API int tcp_wait_fd(int fd, int events, int timeout);
#define TCPUNIT_READABLE 1
#define TCPUNIT_WRITABLE 2

/*
 * Parks until a signal of SET is pending, takes it and returns its number.  The
 * caller has blocked all of them, in each OS thread, so that none of them has
 * an effect of its own.  Of several threads that wait for a signal, one gets
 * it. Errors: argument EINVAL if SET is empty or has a signal that this OS
 * thread does not block; timeout; terminated; system EMFILE, ENFILE, ENOMEM.
 */
TCPUNIT_API int tcp_wait_signal(const sigset_t *set, int timeout);

/* ---- Mutexes and conditions ----
 *
 * Threads that share data need neither of them as long as no call that parks
 * comes between a look at the data and its change, because nothing else lets
 * another thread run.  A mutex is for data that must stay as they are during
 * such a call.  A condition is for waiting until another thread has changed
 * something.  Waiting for either makes no system call and allocates nothing.
 * A handle that is closed, or was never one, is an error as everywhere.
 */

/* Makes a mutex that no thread has locked.  Release: tcp_close_mutex.  Errors:
 * system ENOMEM.  Source: srfi-18, make-mutex. */
TCPUNIT_API tcp_mutex tcp_make_mutex(void);

/* True for any mutex, open or closed.  Source: srfi-18, mutex?. */
TCPUNIT_API bool tcp_mutex_p(tcp_mutex m);

/*
 * Locks M, which the calling thread owns from then on; first waits until no
 * other thread does (parks).  Threads get it in the order in which they came.
 * Returns 0; or 1 if the last owner ended without unlocking it, so that the
 * data may be half changed.  Errors: closed, also if M is closed meanwhile;
 * timeout; terminated; deadlock if the owner is the caller, or waits for it
 * without limit, directly or through others.  Source: srfi-18, mutex-lock!.
 */
TCPUNIT_API int tcp_mutex_lock(tcp_mutex m, int timeout);

/*
 * Unlocks M, and hands it to the first thread that waits for it.  Never lets
 * another thread run, so that no signal is lost between it and
 * tcp_condition_wait.  Errors: argument EPERM if the caller does not own M;
 * closed.  Source: srfi-18, mutex-unlock!.
 */
TCPUNIT_API int tcp_mutex_unlock(tcp_mutex m);

/* Closes M, which may be locked, and frees it.  Threads that wait for it get
 * the closed error.  Errors: closed, also the second time. */
TCPUNIT_API int tcp_close_mutex(tcp_mutex m);

/* Makes a condition.  Release: tcp_close_condition.  Errors: system ENOMEM.
 * Source: srfi-18, make-condition-variable. */
TCPUNIT_API tcp_condition tcp_make_condition(void);

/* True for any condition, open or closed.  Source: srfi-18,
 * condition-variable?. */
TCPUNIT_API bool tcp_condition_p(tcp_condition c);

/*
 * Waits until another thread signals C (parks).  The caller tests its data
 * before, and again afterwards, as a third thread may have changed them since
 * the signal.  No other thread runs between such a test and the wait.  A mutex
 * is unlocked before the call and locked after it.  Errors: closed, also if C
 * is closed meanwhile; timeout; terminated; deadlock.  Source: srfi-18,
 * mutex-unlock! with a condition variable.
 */
TCPUNIT_API int tcp_condition_wait(tcp_condition c, int timeout);

/* Ends the wait of the thread that has waited for C longest; without one it has
 * no effect.  Never lets another thread run.  Errors: closed.  Source: srfi-18,
 * condition-variable-signal!. */
TCPUNIT_API int tcp_condition_signal(tcp_condition c);

/* Ends the wait of each thread that waits for C, likewise.  Source: srfi-18,
 * condition-variable-broadcast!. */
TCPUNIT_API int tcp_condition_broadcast(tcp_condition c);

/* Closes C and frees it.  Threads that wait for it get the closed error.
 * Errors: closed, also the second time. */
TCPUNIT_API int tcp_close_condition(tcp_condition c);

/* ---- Mailboxes ---- */

/*
 * Makes a mailbox, a queue of at most CAPACITY messages.  They are pointers,
 * which the library passes on and does not follow; they may be NULL.  With
 * CAPACITY 0 a sender waits until a receiver takes its message.  Release:
 * tcp_close_mailbox.  Errors: system ENOMEM.  Source: chicken's mailbox egg,
 * make-mailbox.
 */
TCPUNIT_API tcp_mailbox tcp_make_mailbox(size_t capacity);

/* True for any mailbox, open or closed. */
TCPUNIT_API bool tcp_mailbox_p(tcp_mailbox m);

/*
 * Adds MESSAGE to M; first waits until there is room (parks).  Threads send in
 * the order in which they came.  On failure the message was not sent, and still
 * belongs to the caller.  Errors: closed, also if M is closed meanwhile;
 * timeout; terminated; deadlock.  Source: mailbox-send!.
 */
TCPUNIT_API int tcp_mailbox_send(tcp_mailbox m, void *message, int timeout);

/*
 * Takes the oldest message of M and stores it; first waits until there is one
 * (parks).  Threads receive in the order in which they came.  A closed mailbox
 * hands out the messages that are left in it.  Errors: closed, if it is empty
 * and closed; timeout; terminated; deadlock.  Source: mailbox-receive!.
 */
TCPUNIT_API int tcp_mailbox_receive(tcp_mailbox m, void **message, int timeout);

/*
 * Closes M: nothing can be sent any more.  Threads that wait to send or to
 * receive get the closed error.  M is freed when its last message has been
 * received; if it is empty, at once.  Errors: closed, also the second time.
 */
TCPUNIT_API int tcp_close_mailbox(tcp_mailbox m);

/* ---- Several sources ---- */

/* The most choices of one call. */
#define TCPUNIT_MAX_CHOICES 16

/* A source to wait for: one of the first three members is set. */
struct tcp_choice {
	tcp_mailbox mailbox TCPUNIT_ZERO;     /* a message is received */
	tcp_condition condition TCPUNIT_ZERO; /* it is signalled */
	tcp_port input TCPUNIT_ZERO;          /* a read would not wait */
	void *message TCPUNIT_ZERO;           /* stored: from the mailbox */
	bool closed TCPUNIT_ZERO;             /* stored: it is closed */
};

/*
 * Waits until one of N choices is ready (parks), and returns its index; if
 * several are, that of the first.  A message is taken from a mailbox, a signal
 * from a condition; an input port is left as it is.  A source that is closed is
 * ready, and its member closed is set; for a mailbox that has messages left,
 * this is after the last of them.  As with
 * tcp_condition_wait, no other thread runs before the wait.  Buffered output is
 * not sent first.  Errors: argument; busy, if another thread uses one of the
 * ports; timeout; terminated; deadlock; system.
 */
TCPUNIT_API int tcp_select(struct tcp_choice *choices, int n, int timeout);

/* ---- Groups ---- */

/* Makes a group without threads.  Release: tcp_close_group.  Errors: system
 * ENOMEM. */
TCPUNIT_API tcp_group tcp_make_group(void);

/* True for any group, open or closed. */
TCPUNIT_API bool tcp_group_p(tcp_group g);

/*
 * Starts a thread in G, as tcp_thread_start_with does (OPTIONS may be NULL).
 * The thread is detached, so that it is freed when it ends, and cannot be
 * joined.  It has failed if thunk returns anything but NULL.  Errors: argument;
 * closed; system ENOMEM.
 */
TCPUNIT_API tcp_thread tcp_group_start(tcp_group g, void *(*thunk)(void *),
    void *arg, const struct tcp_thread_options *options);

/*
 * Waits until no thread is left in G (parks).  Threads can be started again
 * afterwards.  Errors: closed, also if G is closed meanwhile; timeout;
 * terminated; deadlock, also if the caller is a thread of G, or if one of these
 * waits for the caller.
 */
TCPUNIT_API int tcp_group_wait(tcp_group g, int timeout);

/*
 * Terminates each thread of G, and waits until none is left (parks).  Those
 * that go on are terminated again every 100 ms, which leaves them this time for
 * each wait of their cleaning up.  A wait for the caller ends likewise. Errors:
 * as tcp_group_wait, but deadlock only if the caller is a thread of G.
 */
TCPUNIT_API int tcp_group_terminate(tcp_group g, int timeout);

/*
 * The last error of the thread of G that failed first, valid until G is closed;
 * of kind TCPUNIT_ERROR_NONE if no thread has failed, or if that thread had no
 * error.  NULL on failure.  Errors: closed.
 */
TCPUNIT_API const struct tcp_error *tcp_group_error(tcp_group g);

/* Closes G and frees it; its threads go on, detached.  Threads that wait for it
 * get the closed error.  Errors: closed, also the second time. */
TCPUNIT_API int tcp_close_group(tcp_group g);

/* ---- Other OS threads ---- */

/*
 * Ends T's tcp_wait_wake, the current one or else the next: a wake that comes
 * before it is kept, and several count as one.  Any OS thread may call it, and
 * so may any signal handler: it takes atomics and write(2), and keeps errno.
 * False if T has ended, if the handle was never that of a thread, or if T is a
 * thread of the parent of this process.  It raises no error.
 */
TCPUNIT_API bool tcp_wake(tcp_thread t);

/*
 * Waits until tcp_wake wakes the running thread (parks).  It may be woken by
 * anybody for any reason, so that it looks for its work afterwards.  Errors:
 * timeout; terminated; system EMFILE, ENFILE, ENOMEM.
 */
TCPUNIT_API int tcp_wait_wake(int timeout);

/*
 * Calls fn(arg) on an OS thread of the library's, waits until it returns
 * (parks), and stores its result unless RESULT is NULL.  This is for functions
 * that block, such as those for files and databases.  The process makes at most
 * eight such calls at a time; others wait for these.  fn must return: it must
 * not call pthread_exit(3), and nobody can cancel it.  All signals are blocked
 * in it, and the library has nothing there of the caller's: handles are foreign
 * ones.
 *
 * If the call fails, ARG is no longer the caller's: abandoned(arg, result) is
 * called to free both, unless ABANDONED is NULL.  If fn has begun, it goes on,
 * and ABANDONED is called after its end, on its OS thread; or on the caller's,
 * if fn had ended already.  Otherwise fn is never called, and ABANDONED is
 * called at once, with NULL as the result.  ARG has to live until then.
 * tcp_shutdown and the end of the caller do not wait for fn.  In the child of
 * fork(2) neither function goes on; if fn itself forks, its return ends the
 * child as exit(0) does.  An OS thread may end after fn; fork(2) waits for the
 * destructors of its data, which must not fork.
 *
 * Errors: argument; timeout; terminated; system EAGAIN, EMFILE, ENFILE, ENOMEM.
 */
TCPUNIT_API int tcp_call(void *(*fn)(void *), void *arg, void **result,
    void (*abandoned)(void *arg, void *result), int timeout);

/* ---- Deadlines ---- */

/* A point in time, which tcp_set_deadline stores; {0} is none. */
typedef struct {
	int64_t time;
} tcp_deadline;

/*
 * Sets a limit of TIMEOUT milliseconds for the following calls of the running
 * thread together: each fails with the timeout error if it would have to wait
 * after that.  Its own limit and any earlier deadline still count, whichever is
 * first.  Stores the previous deadline in OUTER, unless that is NULL; with
 * TIMEOUT -1 nothing else is done.  Errors: argument.
 */
TCPUNIT_API int tcp_set_deadline(int timeout, tcp_deadline *outer);

/* Ends the deadline of the last tcp_set_deadline: OUTER, which that call
 * stored, is in force again. */
TCPUNIT_API void tcp_restore_deadline(tcp_deadline outer);

/* ---- Life ---- */

/* "0.2.0": the version of the library, which may be newer than the header. */
TCPUNIT_API const char *tcp_version(void);
#define TCPUNIT_VERSION "0.2.0"

/*
 * Frees all that the library holds for the calling OS thread.  Listeners and
 * ports are closed without flushing and without shutting a direction down, so
 * that a connection which another process shares stays open.  Other green
 * threads vanish.  All handles are closed ones from then on.  Only the first
 * green thread of that OS thread can do this (elsewhere: no effect).  It is
 * done automatically when an OS thread ends.
 */
TCPUNIT_API void tcp_shutdown(void);

#ifdef __cplusplus
}
#endif

#endif
