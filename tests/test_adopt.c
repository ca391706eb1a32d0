/* SPDX-License-Identifier: ISC */
/*
 * test_adopt.c - adopts connections that were made elsewhere, and abandons
 * connections.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <tcpunit.h>

#include "peer.h"
#include "sandbox.h"
#include "tap.h"
#include "unit.h"

struct link {
	tcp_port in, out;
	int peer;
};

static struct link
adopt_pair(void)
{
	struct link l;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1 ||
	    tcp_ports_from_fd(fds[0], &l.in, &l.out) == -1) {
		printf("Bail out! %s\n", tcp_last_error()->text);
		exit(1);
	}
	l.peer = fds[1];
	return l;
}

static void
end(struct link *l)
{
	tcp_close_ports(l->in, l->out);
	close(l->peer);
}

static bool
reads_line(tcp_port in, const char *want)
{
	char *line;
	size_t len;

	return tcp_read_line(in, 100, &line, &len) == 1 &&
	    strcmp(line, want) == 0;
}

static void
from_tcp(void)
{
	int listening = peer_listen("127.0.0.1", 0, 1), nodelay = 0;
	char local[TCPUNIT_ADDRLEN], remote[TCPUNIT_ADDRLEN];
	socklen_t length = sizeof(nodelay);
	int fd, ours = 0, theirs = 0;
	struct link l;

	fd = peer_connect("127.0.0.1", peer_port(listening), PATIENCE_MS);
	l.peer = peer_accept(listening);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	is_int(tcp_ports_from_fd(fd, &l.in, &l.out), 0,
	    "a connected TCP socket has ports");
	ok(tcp_addresses(l.in, local, remote) == 0 &&
		strcmp(local, "127.0.0.1") == 0 &&
		strcmp(remote, "127.0.0.1") == 0 &&
		tcp_port_numbers(l.out, &ours, &theirs) == 0 &&
		theirs == peer_port(listening),
	    "with its addresses");
	ok((fcntl(fd, F_GETFL) & O_NONBLOCK) == 0 &&
		fcntl(fd, F_GETFD) == FD_CLOEXEC &&
		getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, &length) ==
		    0 &&
		nodelay != 0,
	    "it is close-on-exec and without delay, and otherwise unchanged");
	ok(tcp_write_line(l.out, "hello") == 6 && peer_says(l.peer, "hello\n"),
	    "and can be written");
	ok(tcp_close_output_port(l.out) == 0 && peer_eof(l.peer) &&
		peer_send(l.peer, "bye\n") && reads_line(l.in, "bye"),
	    "a half that is closed is an end of file");
	end(&l);
	ok(fcntl(fd, F_GETFD) == -1, "the descriptor is closed with its ports");
	close(listening);
}

static void
from_unix(void)
{
	struct link l = adopt_pair();
	char byte;

	ok(tcp_write_line(l.out, "hello") == 6 &&
		peer_says(l.peer, "hello\n") && peer_send(l.peer, "x\n") &&
		reads_line(l.in, "x"),
	    "a Unix socket has ports as well");
	ok(tcp_abandon_port(l.out) == 0 && tcp_close_output_port(l.out) == 0 &&
		recv(l.peer, &byte, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN,
	    "they can be abandoned");
	ok(tcp_reset(l.in) == 0 && recv(l.peer, &byte, 1, 0) == 0, "and reset");
	end(&l);
}

static bool
refuses(int fd, int code)
{
	tcp_port in, out;

	return failed(tcp_ports_from_fd(fd, &in, &out) == -1,
		   TCPUNIT_ERROR_ARGUMENT, code) &&
	    told("ports-from-fd: ") &&
	    (code == EBADF || fcntl(fd, F_GETFD) != -1);
}

static void
bad_descriptors(void)
{
	int fds = open_fds(), pair[2];
	int file = open("/dev/null", O_RDWR | O_CLOEXEC);
	int idle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int listening = peer_listen("127.0.0.1", 0, 1);
	struct link l = adopt_pair();
	tcp_port in;

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == -1)
		exit(1);
	ok(refuses(-1, EBADF), "no descriptor is refused");
	ok(refuses(file, ENOTSOCK), "and so is one that is no socket");
	ok(refuses(idle, ENOTCONN) && refuses(listening, ENOTCONN),
	    "or is not connected");
	ok(refuses(pair[0], EPROTOTYPE), "or is a datagram socket");
	ok(refuses(tcp_port_fileno(l.in), EEXIST), "or has ports already");
	in = tcp_open_input_fd(pair[1]);
	ok(refuses(pair[1], EPROTOTYPE), "of any kind");
	ok(failed(tcp_ports_from_fd(l.peer, NULL, &in) == -1,
	       TCPUNIT_ERROR_ARGUMENT, EINVAL),
	    "and so is no place for a port");
	tcp_close_input_port(in);
	end(&l);
	close(pair[0]);
	close(file);
	close(idle);
	close(listening);
	is_int(open_fds(), fds, "nothing leaks");
}

static void
release(void)
{
	struct link l = adopt_pair();
	int fd = tcp_port_fileno(l.in);

	is_int(tcp_release_fd(l.out), fd, "a connection is given up");
	ok(failed(
	       tcp_write_line(l.out, "x") == -1, TCPUNIT_ERROR_CLOSED, EBADF) &&
		failed(tcp_release_fd(l.in) == -1, TCPUNIT_ERROR_CLOSED, EBADF),
	    "its ports are closed");
	ok((fcntl(fd, F_GETFL) & O_NONBLOCK) == 0 &&
		fcntl(fd, F_GETFD) == FD_CLOEXEC,
	    "its descriptor is blocking and close-on-exec");
	ok(peer_send(fd, "hello") && peer_says(l.peer, "hello") &&
		peer_send(l.peer, "hi") && peer_says(fd, "hi"),
	    "and the connection goes on");
	is_int(tcp_ports_from_fd(fd, &l.in, &l.out), 0, "it is taken again");
	tcp_close_output_port(l.out);
	is_int(tcp_release_fd(l.in), fd, "and given up when half is closed");
	ok(peer_eof(l.peer), "whose end of file the peer has");
	close(fd);
	end(&l);
}

static bool
holds(tcp_port p, size_t n)
{
	return failed(tcp_release_fd(p) == -1, TCPUNIT_ERROR_ARGUMENT,
		   ENOTEMPTY) &&
	    tcp_last_error()->transferred == n;
}

static void
release_with_bytes(void)
{
	struct link l = adopt_pair();
	char text[2];
	size_t ahead;
	int fd;

	peer_send(l.peer, "ab");
	ok(tcp_peek_byte(l.in) == 'a' && !holds(l.out, 0) &&
		tcp_last_error()->code == ENOTEMPTY,
	    "bytes that were read ahead keep a connection");
	ahead = tcp_last_error()->transferred;
	tcp_set_buffer_size(l.out, 100);
	tcp_write_string(l.out, "1234");
	ok(holds(l.in, ahead + 4), "and so do bytes that are not sent");
	ok(tcp_read_string(l.in, text, 2) == 2 && holds(l.in, 4) &&
		tcp_flush_output(l.out) == 0,
	    "until they are");
	fd = tcp_release_fd(l.in);
	ok(fd != -1 && peer_says(l.peer, "1234"), "and then no longer");
	close(fd);
	end(&l);
}

static void *
read_byte(void *in)
{
	return tcp_read_byte(*(tcp_port *)in) == 'x' ? in : NULL;
}

static void
release_misused(void)
{
	tcp_port file = tcp_open_output_fd(open("/dev/null", O_WRONLY));
	struct link l = adopt_pair();
	tcp_thread t = tcp_thread_start(read_byte, &l.in);

	tcp_thread_yield();
	ok(failed(tcp_release_fd(l.out) == -1, TCPUNIT_ERROR_BUSY, EBUSY),
	    "a connection that a thread reads cannot be given up");
	peer_send(l.peer, "x");
	tcp_thread_join(t, NULL, -1);
	ok(failed(tcp_release_fd(file) == -1, TCPUNIT_ERROR_ARGUMENT, EINVAL) &&
		failed(tcp_release_fd((tcp_port){0}) == -1,
		    TCPUNIT_ERROR_ARGUMENT, EINVAL),
	    "nor can what is no connection");
	tcp_close_output_port(file);
	end(&l);
}

static void *
answer(void *arg)
{
	tcp_port in, out;

	if (tcp_ports_from_fd(*(int *)arg, &in, &out) == -1)
		return NULL;
	if (!reads_line(in, "who?") || tcp_write_line(out, "me") == -1)
		arg = NULL;
	return tcp_close_ports(in, out) == 0 ? arg : NULL;
}

static void
another_os_thread(void)
{
	tcp_listener listener = listen_on("127.0.0.1", 0);
	struct both b = both_connect(listener, "127.0.0.1");
	void *answered = NULL;
	pthread_t t;
	int fd;

	tcp_write_line(b.client_out, "who?");
	fd = tcp_release_fd(b.server_in);
	pthread_create(&t, NULL, answer, &fd);
	ok(reads_line(b.client_in, "me"),
	    "another OS thread takes a connection and answers");
	pthread_join(t, &answered);
	ok(answered != NULL && tcp_read_byte(b.client_in) == TCPUNIT_EOF,
	    "and closes it");
	both_close(&b);
	tcp_close(listener);
}

int
main(void)
{
	sandbox();
	run(from_tcp);
	run(from_unix);
	run(bad_descriptors);
	run(release);
	run(release_with_bytes);
	run(release_misused);
	run(another_os_thread);
	return done_testing();
}
