/* SPDX-License-Identifier: ISC */
/*
 * test_unix.c - Unix sockets: their names and files, and how they differ from
 * TCP.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <tcpunit.h>
#include <unistd.h>

#include "metronome.h"
#include "probe.h"
#include "sandbox.h"
#include "tap.h"
#include "unit.h"

#define STARTERS 20

/* Returns a plain socket of TYPE with this name; the length is passed because
 * the name may contain NULs. */
static struct sockaddr_un
name_of(const char *name, size_t n)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	memcpy(a.sun_path, name, n);
	return a;
}

static int
bind_plain(int type, const char *name, size_t n)
{
	int fd = socket(AF_UNIX, type, 0);
	struct sockaddr_un a = name_of(name, n);
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);

	if (fd == -1 || bind(fd, (struct sockaddr *)&a, len) == -1) {
		diag("bind: %s", strerror(errno));
		return -1;
	}
	return fd;
}

/* Makes a socket file whose socket is closed. */
static void
leave_dead(const char *path)
{
	close(bind_plain(SOCK_STREAM, path, strlen(path)));
}

static bool
is_refused(const char *host, int code)
{
	return failed(
	    !tcp_listener_p(listen_on(host, 0)), TCPUNIT_ERROR_NET, code);
}

/* Whether a client that connects to HOST is accepted by L. */
static bool
reaches(tcp_listener l, const char *host)
{
	struct both c = both_connect(l, host);
	char byte = 0;
	bool right;

	right = tcp_write(c.client_out, "x", 1) == 1 &&
	    tcp_read(c.server_in, &byte, 1) == 1 && byte == 'x';
	both_close(&c);
	return right;
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? st.st_mode & 0777 : 0;
}

static void
both_directions(void)
{
	tcp_listener l = listen_on("unix:s", 0);
	struct both c = both_connect(l, "unix:s");
	size_t n;
	char *line;

	ok(tcp_write_line(c.client_out, "question") == 9 &&
		tcp_read_line(c.server_in, 80, &line, &n) == 1 &&
		strcmp(line, "question") == 0,
	    "a line goes from the client to the server");
	ok(tcp_close_output_port(c.client_out) == 0 &&
		tcp_read_line(c.server_in, 80, &line, &n) == 0,
	    "closing the output port is an end of file");
	ok(tcp_write_line(c.server_out, "answer") == 7 &&
		tcp_read_line(c.client_in, 80, &line, &n) == 1 &&
		strcmp(line, "answer") == 0,
	    "the answer comes after it");
	ok(tcp_await_acknowledgement(c.server_out) == 0,
	    "what was written is acknowledged");
	both_close(&c);
	tcp_close(l);
}

/* Whether the ends of P have these texts as addresses and no port numbers. */
static bool
has(tcp_port p, const char *local, const char *remote)
{
	char l[TCPUNIT_ADDRLEN], r[TCPUNIT_ADDRLEN];
	int a = 1, b = 1;

	if (tcp_addresses(p, l, r) == -1 || tcp_port_numbers(p, &a, &b) == -1)
		diag("%s", tcp_last_error()->text);
	if (strcmp(l, local) == 0 && strcmp(r, remote) == 0 && a == 0 && b == 0)
		return true;
	diag("'%s' and '%s', %d and %d", l, r, a, b);
	return false;
}

static bool
has_text(tcp_listener l, const char *text)
{
	char local[TCPUNIT_ADDRLEN] = "?";

	(void)tcp_listener_addresses(l, 0, local);
	if (strcmp(local, text) != 0)
		diag("%s, not %s", local, text);
	return strcmp(local, text) == 0 && tcp_listener_port(l) == 0;
}

/* Checks that a listener on HOST and both ends of a connection show TEXT. */
static void
one_name(const char *host, const char *text)
{
	tcp_listener l = listen_on(host, 0);
	struct both c = both_connect(l, host);

	ok(has_text(l, text) && has(c.client_in, "", text) &&
		has(c.server_out, text, ""),
	    "%s is told so at both ends", text);
	both_close(&c);
	tcp_close(l);
}

static void
names(void)
{
	one_name("unix:plain-1_.s", "plain-1_.s");
	one_name("unix:./a:80", "./a:80");
	one_name("unix:with space", "'with space'");
	one_name("unix:it's", "'it'\\''s'");
	one_name("unix:\xff\xfe", "'\xff\xfe'");
	one_name("unix:b\xc3\xbc", "'b\xc3\xbc'");
	one_name("unix:two\nlines'\\", "$'two\\012lines\\'\\\\'");
	one_name("unix:./@at", "./@at");
	one_name("unix:@tcpunit test", "'@tcpunit test'");
}

static void
names_of_others(void)
{
	static const char odd[] = {'\0', 't', '\0', 'u'};
	int fd = bind_plain(SOCK_STREAM, odd, sizeof(odd));
	struct sockaddr_un a = name_of("@at", 3);
	char text[TCPUNIT_ADDRLEN], full[108];
	tcp_listener l;

	listen(fd, 1);
	l = tcp_listener_from_fds(&fd, 1);
	ok(has_text(l, "$'@t\\000u'"),
	    "a NUL in an abstract name is told as an escape");
	ok(failed(tcp_connect(
		      "unix:@t", 0, NULL, &(tcp_port){0}, &(tcp_port){0}) == -1,
	       TCPUNIT_ERROR_NET, ECONNREFUSED),
	    "and the name before the NUL is another one");
	tcp_close(l);

	ok(tcp_unix_text(
	       &a, offsetof(struct sockaddr_un, sun_path) + 4, text) == 0 &&
		strcmp(text, "./@at") == 0,
	    "a path with an @ at its start is no abstract name");
	memset(full, '\001', sizeof(full));
	a = name_of(full, sizeof(full));
	ok(tcp_unix_text(&a, sizeof(a), text) == 0 &&
		strlen(text) == 3 + 4 * sizeof(full),
	    "the longest text fits");
	ok(tcp_unix_text(&a, sizeof(a.sun_family), text) == 0 &&
		text[0] == '\0',
	    "a socket without a name has an empty one");
	a.sun_family = AF_INET;
	ok(failed(tcp_unix_text(&a, sizeof(a), text) == -1,
	       TCPUNIT_ERROR_ARGUMENT, EAFNOSUPPORT) &&
		failed(tcp_unix_text(NULL, 2, text) == -1,
		    TCPUNIT_ERROR_ARGUMENT, 0),
	    "an address of another family is refused");
}

static bool
is_wrong(const char *host, int port, const char *why)
{
	struct tcp_listen_options o = {TCPUNIT_LISTEN_DEFAULTS};
	tcp_port in, out;

	o.host = host;
	return failed(!tcp_listener_p(tcp_listen(port, &o)),
		   TCPUNIT_ERROR_ARGUMENT, EINVAL) &&
	    told(why) &&
	    failed(tcp_connect(host, port, NULL, &in, &out) == -1,
		TCPUNIT_ERROR_ARGUMENT, EINVAL) &&
	    told(why);
}

static void
wrong_arguments(void)
{
	char path[128] = "unix:";

	memset(path + 5, 'p', 108);
	ok(is_wrong(path, 0, "longer than 107 bytes") &&
		access(path + 5, F_OK) == -1,
	    "a path of 108 bytes is an argument error");
	path[5 + 107] = '\0';
	ok(reaches(listen_on(path, 0), path), "a path of 107 bytes is none");
	unlink(path + 5);
	memcpy(path + 5, "@@", 2);
	ok(reaches(listen_on(path, 0), path),
	    "nor is an abstract name of 106 bytes");
	ok(is_wrong("unix:", 0, "no path") && is_wrong("unix:@", 0, "no path"),
	    "an empty path and an empty name are argument errors");
	ok(is_wrong("unix:p", 80, "no port"), "and so is a port");
	ok(access("p", F_OK) == -1, "none of these makes a file");
}

static void
wrong_options(void)
{
	struct tcp_listen_options o = {TCPUNIT_LISTEN_DEFAULTS};
	struct tcp_connect_options c = {TCPUNIT_CONNECT_DEFAULTS};
	tcp_port in, out;

	o.host = "unix:p";
	o.reuse_port = true;
	ok(failed(!tcp_listener_p(tcp_listen(0, &o)), TCPUNIT_ERROR_ARGUMENT,
	       EINVAL),
	    "reuse_port does not go with a Unix socket");
	o.reuse_port = false;
	o.family = 4;
	ok(failed(!tcp_listener_p(tcp_listen(0, &o)), TCPUNIT_ERROR_ARGUMENT,
	       EINVAL),
	    "nor does a family");
	o = (struct tcp_listen_options){TCPUNIT_LISTEN_DEFAULTS, .mode = 0600};
	ok(failed(!tcp_listener_p(tcp_listen(0, &o)), TCPUNIT_ERROR_ARGUMENT,
	       EINVAL),
	    "nor a mode with TCP");
	c.local_host = "127.0.0.1";
	ok(failed(tcp_connect("unix:p", 0, &c, &in, &out) == -1,
	       TCPUNIT_ERROR_ARGUMENT, EINVAL),
	    "nor a local address of TCP with a Unix socket");
	c.local_host = "unix:p";
	ok(failed(tcp_connect("127.0.0.1", 80, &c, &in, &out) == -1,
	       TCPUNIT_ERROR_ARGUMENT, EINVAL),
	    "nor a local path with TCP");
	ok(access("p", F_OK) == -1, "none of these makes a file");
}

static void
files(void)
{
	tcp_listener l = listen_on("unix:s", 0), other;
	int fd;

	ok(is_refused("unix:s", EADDRINUSE) && tcp_accept_ready(l) == 0,
	    "a path where somebody listens is in use, and asking connects "
	    "nobody");
	ok(reaches(l, "unix:s"), "and the listener goes on");
	ok(tcp_close(l) == 0 && access("s", F_OK) == -1,
	    "closing a listener removes its file");

	leave_dead("s");
	l = listen_on("unix:s", 0);
	ok(tcp_listener_p(l) && reaches(l, "unix:s"),
	    "a file that nobody's socket is bound to is replaced");
	unlink("s");
	other = listen_on("unix:s", 0);
	ok(tcp_close(l) == 0 && reaches(other, "unix:s"),
	    "a listener does not remove the file of another one");
	tcp_close(other);

	fd = bind_plain(SOCK_STREAM, "s", 1);
	ok(is_refused("unix:s", EADDRINUSE) && access("s", F_OK) == 0,
	    "a socket that is bound, and does not listen yet, has the path");
	close(fd);
	unlink("s");
	fd = bind_plain(SOCK_DGRAM, "s", 1);
	ok(is_refused("unix:s", EADDRINUSE) && access("s", F_OK) == 0,
	    "and so has a datagram socket");
	close(fd);
	unlink("s");
}

static void
other_files(void)
{
	struct stat st;

	close(open("f", O_CREAT | O_WRONLY, 0600));
	ok(is_refused("unix:f", EEXIST) && access("f", F_OK) == 0 &&
		told("listen unix:f"),
	    "a file that is no socket stays as it is");
	ok(symlink("f", "link") == 0 && is_refused("unix:link", EEXIST) &&
		lstat("link", &st) == 0,
	    "and so does a link");
	unlink("f");
	ok(is_refused("unix:link", EEXIST) && lstat("f", &st) == -1,
	    "also if it leads nowhere");
	leave_dead("f");
	ok(is_refused("unix:link", EEXIST) && lstat("f", &st) == 0 &&
		lstat("link", &st) == 0,
	    "or to a dead socket");
	ok(is_refused("unix:nowhere/s", ENOENT) &&
		is_refused("unix:f/s", ENOTDIR),
	    "a folder that is none is told");
	unlink("f");
	unlink("link");
}

static void
working_directory(void)
{
	tcp_listener l = listen_on("unix:s", 0);

	if (mkdir("below", 0700) == -1 || chdir("below") == -1)
		diag("%s", strerror(errno));
	leave_dead("s");
	ok(tcp_close(l) == 0 && access("../s", F_OK) == -1 &&
		access("s", F_OK) == 0,
	    "the file is removed where it was made");
	unlink("s");
	if (chdir("..") == -1 || rmdir("below") == -1)
		diag("%s", strerror(errno));
}

static void
children(void)
{
	tcp_listener l = listen_on("unix:s", 0);
	pid_t pid = fork();

	if (pid == 0)
		_exit(tcp_close(l) == 0 ? 0 : 1);
	ok(status_of(pid) == 0 && reaches(l, "unix:s"),
	    "a child that closes its listener leaves the file");
	tcp_close(l);
}

static void
modes(void)
{
	struct tcp_listen_options o = {TCPUNIT_LISTEN_DEFAULTS};
	mode_t old = umask(0027);
	tcp_listener l = listen_on("unix:s", 0);

	is_int(mode_of("s"), 0640, "the mode is 0666 less the umask");
	tcp_close(l);
	o.host = "unix:s";
	o.mode = 0600;
	l = tcp_listen(0, &o);
	is_int(mode_of("s"), 0600, "a mode can be less");
	tcp_close(l);
	o.mode = 0666;
	l = tcp_listen(0, &o);
	is_int(mode_of("s"), 0666, "or more");
	is_int(umask(old), 0027, "and the umask stays");
	tcp_close(l);
	o.mode = 01777;
	ok(failed(!tcp_listener_p(tcp_listen(0, &o)), TCPUNIT_ERROR_ARGUMENT,
	       EINVAL),
	    "a mode beyond 0777 is refused");
}

/* Tries to listen once a byte arrives from START, and reports the result to
 * OUT. */
static void
compete(int start, int out)
{
	char c = 'n';
	tcp_listener l;

	if (read(start, &c, 1) == -1)
		_exit(1);
	l = listen_on("unix:s", 0);
	c = '?';
	if (tcp_listener_p(l))
		c = 'y';
	else if (tcp_last_error()->code == EADDRINUSE)
		c = 'n';
	if (write(out, &c, 1) != 1)
		_exit(1);
	if (c == 'y')
		(void)tcp_accept(l, &(tcp_port){0}, &(tcp_port){0});
	_exit(0);
}

/* Starts STARTERS processes that listen on the same name at once, and returns
 * how many of them succeed; -1 if any fails with another error, or if a client
 * does not reach the one that listens. */
static int
race(void)
{
	int start[2], out[2], listening = 0;
	tcp_port in, tcp_out;
	bool right;
	char c;

	if (pipe(start) == -1 || pipe(out) == -1)
		return -1;
	for (int i = 0; i < STARTERS; i++)
		if (fork() == 0) {
			close(start[1]);
			compete(start[0], out[1]);
		}
	close(start[0]);
	close(start[1]); /* the end of file starts all the processes */
	for (int i = 0; i < STARTERS; i++) {
		if (read(out[0], &c, 1) != 1 || c == '?')
			listening = -STARTERS;
		listening += c == 'y';
	}
	right = tcp_connect("unix:s", 0, NULL, &in, &tcp_out) == 0;
	if (right)
		tcp_close_ports(in, tcp_out);
	for (int i = 0; i < STARTERS; i++)
		wait(NULL);
	close(out[0]);
	close(out[1]);
	return right ? listening : -1;
}

static void
races(void)
{
	int right = 0;

	for (int i = 0; i < 20; i++) {
		unlink("s");
		leave_dead("s");
		right += race() == 1;
	}
	is_int(right, 20, "of many that replace a dead file, one listens");
	unlink("s");
}

static void *
listen_anew(void *listener)
{
	*(tcp_listener *)listener = listen_on("unix:s", 0);
	return NULL;
}

/* Another process may be replacing the file at this moment. */
static void
locks(void)
{
	int folder = open(".", O_RDONLY | O_CLOEXEC);
	tcp_listener l = {0};
	tcp_deadline outer;
	tcp_thread t;

	leave_dead("s");
	(void)flock(folder, LOCK_EX); /* no other process has the file */
	t = tcp_thread_start(listen_anew, &l);
	ok(failed(tcp_thread_join(t, NULL, 100) == -1, TCPUNIT_ERROR_TIMEOUT,
	       ETIMEDOUT) &&
		failed(tcp_connect("unix:s", 0, NULL, &(tcp_port){0},
			   &(tcp_port){0}) == -1,
		    TCPUNIT_ERROR_NET, ECONNREFUSED),
	    "a dead file stays while the folder is locked");
	close(folder);
	ok(tcp_thread_join(t, NULL, -1) == 0 && tcp_listener_p(l) &&
		reaches(l, "unix:s"),
	    "and is replaced after that");
	tcp_close(l);

	folder = open(".", O_RDONLY | O_CLOEXEC);
	(void)flock(folder, LOCK_EX); /* as above */
	leave_dead("s");
	t = tcp_thread_start(listen_anew, &l);
	ok(tcp_thread_join(t, NULL, -1) == 0 && tcp_listener_p(l),
	    "a lock that is held for ever does not hang it");
	tcp_close(l);

	leave_dead("s");
	t = tcp_thread_start(listen_anew, &l);
	tcp_thread_yield();
	tcp_thread_terminate(t);
	ok(tcp_thread_join(t, NULL, -1) == 0 && !tcp_listener_p(l) &&
		access("s", F_OK) == 0,
	    "and a terminated thread waits no longer");
	(void)tcp_set_deadline(20, &outer); /* it is positive */
	ok(failed(!tcp_listener_p(listen_on("unix:s", 0)),
	       TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "nor does one whose deadline is over");
	tcp_restore_deadline(outer);
	close(folder);
	unlink("s");
}

static void *
accept_later(void *arg)
{
	tcp_port in, out;

	tcp_thread_sleep(100);
	for (int i = 0; i < 2; i++)
		if (tcp_accept(*(tcp_listener *)arg, &in, &out) == 0)
			tcp_close_ports(in, out);
	return NULL;
}

static void
backlog(void)
{
	struct tcp_listen_options o = {
	    TCPUNIT_LISTEN_DEFAULTS, .host = "unix:s"};
	struct tcp_connect_options c = {TCPUNIT_CONNECT_DEFAULTS};
	tcp_port in, out, in2, out2;
	struct ticker ticker;
	tcp_listener l;
	tcp_thread t;
	int fds;

	o.backlog = 0;
	l = tcp_listen(0, &o);
	c.timeout = 0;
	ok(tcp_connect("unix:s", 0, &c, &in, &out) == 0,
	    "a limit of 0 is enough if there is room");
	fds = open_fds();
	ok(failed(tcp_connect("unix:s", 0, &c, &in2, &out2) == -1,
	       TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT) &&
		told("connect unix:s"),
	    "and runs out if the queue is full");
	c.timeout = 100;
	ticker_start(&ticker);
	ok(failed(tcp_connect("unix:s", 0, &c, &in2, &out2) == -1,
	       TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "a full queue is waited for within the limit");
	ok(ticker_stop(&ticker), "and others run meanwhile");
	is_int(open_fds(), fds, "and no descriptor is left");
	t = tcp_thread_start(accept_later, &l);
	ok(tcp_connect("unix:s", 0, NULL, &in2, &out2) == 0,
	    "as soon as there is room, the connection is made");
	tcp_close_ports(in2, out2);
	tcp_close_ports(in, out);
	tcp_thread_join(t, NULL, -1);
	tcp_close(l);
}

static void
refusals(void)
{
	tcp_port in, out;

	leave_dead("s");
	ok(failed(tcp_connect("unix:s", 0, NULL, &in, &out) == -1,
	       TCPUNIT_ERROR_NET, ECONNREFUSED) &&
		told("connect unix:s: Connection refused"),
	    "a dead file refuses");
	unlink("s");
	ok(failed(tcp_connect("unix:s", 0, NULL, &in, &out) == -1,
	       TCPUNIT_ERROR_NET, ENOENT) &&
		told("connect unix:s: No such file"),
	    "and one that is not there is told");
}

static void
local_names(void)
{
	struct tcp_connect_options o = {
	    TCPUNIT_CONNECT_DEFAULTS, .local_host = "unix:mine"};
	tcp_listener l = listen_on("unix:s", 0);
	tcp_port in, out, sin = {0}, sout = {0};

	leave_dead("mine");
	ok(tcp_connect("unix:s", 0, &o, &in, &out) == 0 &&
		tcp_accept(l, &sin, &sout) == 0 && has(sin, "s", "mine") &&
		has(in, "mine", "s"),
	    "a client can have a name of its own");
	tcp_close_ports(in, out);
	ok(access("mine", F_OK) == -1, "whose file is removed at the end");
	tcp_close_ports(sin, sout);
	tcp_close(l);
	ok(failed(tcp_connect("unix:s", 0, &o, &in, &out) == -1,
	       TCPUNIT_ERROR_NET, ENOENT) &&
		access("mine", F_OK) == -1,
	    "also if there is no connection");
	close(open("mine", O_CREAT | O_WRONLY, 0600));
	ok(failed(tcp_connect("unix:s", 0, &o, &in, &out) == -1,
	       TCPUNIT_ERROR_NET, EEXIST) &&
		strcmp(tcp_last_error()->where, "bind") == 0 &&
		told("connect unix:s from unix:mine") &&
		access("mine", F_OK) == 0,
	    "a name that is taken is an error of bind");
	unlink("mine");
}

static void
ends(void)
{
	tcp_listener l = listen_on("unix:s", 0);
	struct both c = both_connect(l, "unix:s");
	char byte;

	tcp_write(c.client_out, "unread", 6);
	tcp_close_ports(c.server_in, c.server_out);
	ok(failed(tcp_await_acknowledgement(c.client_out) == -1,
	       TCPUNIT_ERROR_NET, ECONNRESET) &&
		tcp_last_error()->transferred == 6,
	    "input that is unread at the close is a reset");
	ok(failed(tcp_read(c.client_in, &byte, 1) == -1, TCPUNIT_ERROR_NET,
	       ECONNRESET) &&
		told("read unix:s"),
	    "for the reader, too");
	ok(has(c.client_in, "", "s"), "and the addresses are still known");
	tcp_close_ports(c.client_in, c.client_out);
	ok(failed(tcp_read(c.client_in, &byte, 1) == -1, TCPUNIT_ERROR_CLOSED,
	       EBADF) &&
		told("a Unix socket"),
	    "a closed port says what it was");

	c = both_connect(l, "unix:s");
	ok(tcp_reset(c.client_in) == 0 && tcp_read(c.server_in, &byte, 1) == 0,
	    "without unread input the peer of a reset sees an end of file");
	tcp_close_ports(c.server_in, c.server_out);
	tcp_close(l);
}

static void
adopted(void)
{
	int fd = bind_plain(SOCK_STREAM, "s", 1);
	tcp_listener l;

	listen(fd, 1);
	l = tcp_listener_from_fds(&fd, 1);
	ok(tcp_listener_p(l) && has_text(l, "s") && reaches(l, "unix:s"),
	    "a socket that listens already is taken over");
	tcp_close(l);
	ok(access("s", F_OK) == 0, "and its file is left to its maker");
	unlink("s");
	fd = bind_plain(SOCK_SEQPACKET, "s", 1);
	listen(fd, 1);
	ok(failed(!tcp_listener_p(tcp_listener_from_fds(&fd, 1)),
	       TCPUNIT_ERROR_ARGUMENT, EINVAL) &&
		told("not a stream"),
	    "but not one of packets");
	close(fd);
	unlink("s");
}

static void
host_texts(void)
{
	char text[64];

	ok(tcp_host_port("unix:/run/a:b", 0, text, sizeof(text)) == 13 &&
		strcmp(text, "unix:/run/a:b") == 0,
	    "a path with a colon gets no brackets");
}

int
main(void)
{
	char folder[] = "/tmp/tcpunit.XXXXXX";
	int fds;

	sandbox_leave_out();
	/* Abstract names belong to a network namespace. */
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == -1 ||
	    mkdtemp(folder) == NULL || chdir(folder) == -1) {
		printf("Bail out! %s\n", strerror(errno));
		return 1;
	}
	metronome_start();
	fds = open_fds();
	run(both_directions);
	run(names);
	run(names_of_others);
	run(wrong_arguments);
	run(wrong_options);
	run(files);
	run(other_files);
	run(working_directory);
	run(children);
	run(modes);
	run(races);
	run(locks);
	run(backlog);
	run(refusals);
	run(local_names);
	run(ends);
	run(adopted);
	run(host_texts);
	tcp_shutdown();
	is_int(open_fds(), fds, "no descriptor is left open");
	if (chdir("/") == -1 || rmdir(folder) == -1)
		ok(false, "no file is left: %s", strerror(errno));
	return done_testing();
}
