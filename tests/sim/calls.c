/* SPDX-License-Identifier: ISC */
/*
 * The system calls of the library and of libevent.  Their names are defined
 * here, so that the dynamic linker binds them to the simulated machine.
 * Descriptors below its first one are real.
 */
#pragma GCC visibility push(default) /* libevent calls these, too */
#undef _FILE_OFFSET_BITS

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "network.h"
#include "pipe.h"
#include "poller.h"
#include "random.h"
#include "signals.h"
#include "socket.h"
#include "verdict.h"
#include "weather.h"

static struct sim_file *enter(const char *, int);
static ssize_t leave(const char *, int, ssize_t);
static bool interrupted(const struct sim_file *);
static ssize_t moved(const char *, int, struct sim_file *, ssize_t, bool, bool);
static int give(const char *, struct sim_file *, int);
static int again(const char *, struct sim_file *, int);
static int copy_address(
    const union sim_address *, struct sockaddr *, socklen_t *);
static struct sim_socket *socket_of(const char *, int);
static void tell_state(struct sim_socket *, struct tcp_info *);

/* ---- Time ---- */

int
clock_gettime(clockid_t id, struct timespec *t)
{
	int64_t now;

	sim_spend(50);
	now = sim_now();
	if (id == CLOCK_MONOTONIC && sim_clock_asked != NULL)
		sim_clock_asked();
	if (id == CLOCK_MONOTONIC_COARSE || id == CLOCK_REALTIME_COARSE)
		now -= now % (4 * SIM_MS);
	t->tv_sec = now / SIM_S;
	t->tv_nsec = now % SIM_S;
	return 0;
}

int
gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	t->tv_sec = now.tv_sec;
	t->tv_usec = now.tv_nsec / 1000;
	return 0;
}

/* ---- Descriptors ---- */

int
close(int fd)
{
	if (!sim_table_simulates(fd))
		return (int)syscall(SYS_close, fd);
	(void)enter("close", fd);
	return (int)leave("close", fd, sim_table_close(fd));
}

int
fcntl(int fd, int command, ...)
{
	struct sim_file *f;
	va_list ap;
	long arg;

	va_start(ap, command);
	arg = va_arg(ap, long);
	va_end(ap);
	if (!sim_table_simulates(fd))
		return (int)syscall(SYS_fcntl, fd, command, arg);
	f = enter("fcntl", fd);
	switch (command) {
	case F_GETFL:
		return f->flags;
	case F_SETFL:
		f->flags = (int)arg;
		return 0;
	case F_GETFD:
	case F_SETFD:
		return 0;
	case F_GETPIPE_SZ:
		return 65536;
	case F_SETPIPE_SZ:
		return (int)arg;
	case F_DUPFD_CLOEXEC:
		return again("dup", f, f->flags);
	default:
		errno = EINVAL;
		return -1;
	}
}

int
fcntl64(int fd, int command, ...)
{
	va_list ap;
	long arg;

	va_start(ap, command);
	arg = va_arg(ap, long);
	va_end(ap);
	return fcntl(fd, command, arg);
}

int
fstat(int fd, struct stat *st)
{
	struct sim_file *f;

	if (!sim_table_simulates(fd))
		return (int)syscall(SYS_fstat, fd, st);
	f = enter("fstat", fd);
	memset(st, 0, sizeof(*st));
	st->st_mode = f->kind->mode;
	st->st_ino = (ino_t)(uintptr_t)f->object;
	if (sim_is_regular(f))
		st->st_size = (off_t)sim_regular_size(f);
	return 0;
}

int
fstat64(int fd, struct stat64 *st)
{
	return fstat(fd, (struct stat *)st);
}

/* Before glibc 2.33, fstat is an inline function that calls this. */
int __fxstat64(int, int, struct stat64 *);

int
__fxstat64(int version, int fd, struct stat64 *st)
{
	(void)version;
	return fstat64(fd, st);
}

/* Opens a simulated descriptor once more by its name in /proc. */
int
open64(const char *path, int flags, ...)
{
	struct sim_file *f;
	int fd;

	if (sscanf(path, "/proc/self/fd/%d", &fd) != 1 ||
	    !sim_table_simulates(fd))
		return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0);
	f = enter("open", fd);
	return again("open", f, f->flags | (flags & O_NONBLOCK));
}

/* glibc's fortified headers call this instead of open. */
int __open64_2(const char *, int);

int
__open64_2(const char *path, int flags)
{
	return open64(path, flags);
}

/* Returns how many bytes can be read, or how many are not yet acknowledged. */
int
ioctl(int fd, unsigned long request, ...)
{
	struct sim_stream *pipe;
	struct sim_socket *s;
	struct sim_file *f;
	va_list ap;
	int *n;

	va_start(ap, request);
	n = va_arg(ap, int *);
	va_end(ap);
	f = enter("ioctl", fd);
	pipe = sim_pipe_stream(f);
	s = pipe == NULL ? sim_socket_of(f) : NULL;
	if (request == SIOCINQ && pipe != NULL) {
		*n = (int)sim_stream_there(pipe);
	} else if (request == SIOCINQ && s != NULL && s->in != NULL) {
		*n = (int)sim_stream_there(s->in);
	} else if (request == SIOCOUTQ && s != NULL && s->out != NULL) {
		*n = (int)sim_socket_queue(s);
	} else {
		errno = ENOTTY;
		return -1;
	}
	return 0;
}

/* Never moves: the command only asks for the position of a file. */
off64_t
lseek64(int fd, off64_t offset, int whence)
{
	struct sim_file *f;

	if (!sim_table_simulates(fd))
		return syscall(SYS_lseek, fd, offset, whence);
	f = enter("lseek", fd);
	errno = ESPIPE;
	return sim_is_regular(f) ? (off64_t)sim_regular_position(f) : -1;
}

int
signalfd(int fd, const sigset_t *signals, int flags)
{
	if (fd != -1) {
		sim_signals_choose(enter("signalfd", fd), signals);
		return fd;
	}
	return give("signalfd", sim_signals(signals),
	    flags & SFD_NONBLOCK ? O_RDWR | O_NONBLOCK : O_RDWR);
}

int
isatty(int fd)
{
	(void)fd;
	return 0;
}

int
eventfd(unsigned n, int flags)
{
	return give("eventfd", sim_counter(n),
	    flags & EFD_NONBLOCK ? O_RDWR | O_NONBLOCK : O_RDWR);
}

int
eventfd_write(int fd, eventfd_t n)
{
	struct sim_file *f = enter("eventfd_write", fd);

	return leave("eventfd_write", fd, f->kind->write(f, &n, sizeof(n))) ==
		-1
	    ? -1
	    : 0;
}

int
eventfd_read(int fd, eventfd_t *n)
{
	return read(fd, n, sizeof(*n)) == -1 ? -1 : 0;
}

/* A lane of the command's session then sleeps instead. */
int
timerfd_create(int clock, int flags)
{
	(void)clock;
	(void)flags;
	errno = EMFILE;
	return -1;
}

int
pipe2(int fds[2], int flags)
{
	struct sim_file *ends[2];

	sim_pipe(ends);
	fds[0] = give("pipe2", ends[0], flags & O_NONBLOCK);
	if (fds[0] == -1)
		return -1;
	fds[1] = give("pipe2", ends[1], O_WRONLY | (flags & O_NONBLOCK));
	if (fds[1] != -1)
		return 0;
	(void)close(fds[0]);
	errno = EMFILE;
	return -1;
}

/* ---- Waiting ---- */

int
epoll_create1(int flags)
{
	(void)flags;
	return give("epoll_create1", sim_poller_new(), O_RDWR);
}

int
epoll_ctl(int set, int what, int fd, struct epoll_event *event)
{
	struct sim_file *f;

	errno = EBADF;
	if (set == -1)
		return -1;
	f = enter("epoll_ctl", set);
	return (int)leave(
	    "epoll_ctl", fd, sim_poller_control(f, what, fd, event));
}

int
epoll_wait(int set, struct epoll_event *events, int most, int ms)
{
	struct sim_file *f = enter("epoll_wait", set);

	return (int)leave(
	    "epoll_wait", ms, sim_poller_wait(f, events, most, ms));
}

int
poll(struct pollfd *p, nfds_t n, int ms)
{
	sim_spend(sim_between(1, sim_weather.cost));
	return (int)leave("poll", (int)n, sim_poller_poll(p, n, ms));
}

/* ---- Sockets ---- */

int
socket(int family, int type, int protocol)
{
	struct sim_socket *s;

	(void)protocol;
	if (family != AF_INET && family != AF_INET6) {
		errno = EAFNOSUPPORT; /* other families are not simulated */
		return -1;
	}
	s = sim_socket_new(family);
	s->maker = sim_maker != NULL ? sim_maker() : NULL;
	return give("socket", s->file,
	    type & SOCK_NONBLOCK ? O_RDWR | O_NONBLOCK : O_RDWR);
}

int
bind(int fd, const struct sockaddr *a, socklen_t n)
{
	struct sim_socket *s = socket_of("bind", fd);

	(void)n;
	return (int)leave(
	    "bind", fd, sim_socket_bind(s, (const union sim_address *)a));
}

int
listen(int fd, int backlog)
{
	struct sim_socket *s = socket_of("listen", fd);

	return (int)leave("listen", fd, sim_socket_listen(s, backlog));
}

int
connect(int fd, const struct sockaddr *a, socklen_t n)
{
	struct sim_socket *s = socket_of("connect", fd);
	int r = sim_socket_connect(s, (const union sim_address *)a);

	(void)n;
	if (r == -1 && errno == EINPROGRESS && interrupted(s->file))
		errno = EINTR;
	return (int)leave("connect", fd, r);
}

int
accept4(int fd, struct sockaddr *a, socklen_t *n, int flags)
{
	static const int dead[] = {ECONNABORTED, EPROTO, ENETDOWN, EINTR};
	struct sim_socket *s = socket_of("accept4", fd), *t;
	int r;

	if (sim_chance(sim_weather.aborted)) {
		errno = dead[sim_below(4)];
		return (int)leave("accept4", fd, -1);
	}
	if (s->n_queue > 0 && sim_table_draw()) {
		r = sim_table_add(s->file); /* fails */
		return (int)leave("accept4", fd, r);
	}
	t = sim_socket_accept(s);
	if (t == NULL) {
		if (errno == EAGAIN && !(s->file->flags & O_NONBLOCK))
			sim_fail("accept stops every thread");
		return (int)leave("accept4", fd, -1);
	}
	r = sim_table_add(t->file);
	if (r == -1) {
		sim_fail("a connection is lost for want of a descriptor");
	}
	t->file->flags = flags & SOCK_NONBLOCK ? O_RDWR | O_NONBLOCK : O_RDWR;
	(void)copy_address(&t->remote, a, n);
	return (int)leave("accept4", fd, r);
}

int
accept(int fd, struct sockaddr *a, socklen_t *n)
{
	return accept4(fd, a, n, 0);
}

int
shutdown(int fd, int how)
{
	struct sim_socket *s = socket_of("shutdown", fd);

	return (int)leave("shutdown", fd, sim_socket_shutdown(s, how));
}

int
getsockname(int fd, struct sockaddr *a, socklen_t *n)
{
	return copy_address(&socket_of("getsockname", fd)->local, a, n);
}

int
getpeername(int fd, struct sockaddr *a, socklen_t *n)
{
	struct sim_socket *s = socket_of("getpeername", fd);

	if (s->state == SIM_CONNECTED)
		return copy_address(&s->remote, a, n);
	errno = ENOTCONN;
	return -1;
}

int
setsockopt(int fd, int level, int option, const void *value, socklen_t n)
{
	struct sim_socket *s = socket_of("setsockopt", fd);

	(void)n;
	if (level == SOL_SOCKET && option == SO_LINGER)
		s->linger = ((const struct linger *)value)->l_onoff != 0;
	if (level == SOL_SOCKET && option == SO_KEEPALIVE)
		s->keepalive = *(const int *)value != 0;
	if (level == IPPROTO_IPV6 && option == IPV6_V6ONLY)
		s->six_only = *(const int *)value != 0;
	return 0;
}

int
getsockopt(int fd, int level, int option, void *value, socklen_t *n)
{
	struct sim_file *f = enter("getsockopt", fd);
	struct sim_socket *s = sim_socket_of(f);
	int *v = value;

	if (s == NULL)
		return -1;
	memset(value, 0, *n);
	if (level == IPPROTO_TCP && option == TCP_INFO)
		tell_state(s, value);
	if (level != SOL_SOCKET)
		return 0;
	if (option == SO_ERROR) {
		*v = s->error;
		s->error = 0;
		sim_file_changed(f);
	} else if (option == SO_TYPE) {
		*v = SOCK_STREAM;
	} else if (option == SO_ACCEPTCONN) {
		*v = s->state == SIM_LISTENING;
	} else if (option == SO_PROTOCOL) {
		*v = IPPROTO_TCP;
	} else if (option == SO_DOMAIN) {
		*v = s->family;
	}
	return 0;
}

static void
tell_state(struct sim_socket *s, struct tcp_info *info)
{
	sim_socket_probe(s);
	info->tcpi_state = sim_socket_is_over(s) ? TCP_CLOSE : TCP_ESTABLISHED;
	info->tcpi_probes = s->probed;
}

/* ---- Reading and writing ---- */

ssize_t
recv(int fd, void *buf, size_t n, int flags)
{
	struct sim_file *f = enter("recv", fd);
	ssize_t r;

	if (interrupted(f))
		return leave("recv", fd, -1);
	r = f->kind->read(f, buf, n, flags & MSG_PEEK);
	return moved("recv", fd, f, r, flags & MSG_DONTWAIT, true);
}

ssize_t
read(int fd, void *buf, size_t n)
{
	struct sim_file *f;

	if (!sim_table_simulates(fd))
		return syscall(SYS_read, fd, buf, n);
	f = enter("read", fd);
	if (interrupted(f))
		return leave("read", fd, -1);
	return moved(
	    "read", fd, f, f->kind->read(f, buf, n, false), false, true);
}

ssize_t
readv(int fd, const struct iovec *v, int n)
{
	return n > 0 ? read(fd, v->iov_base, v->iov_len) : 0;
}

ssize_t
preadv64v2(int fd, const struct iovec *v, int n, off64_t at, int flags)
{
	struct sim_file *f = enter("preadv2", fd);

	(void)at;
	if (sim_chance(sim_weather.unsupported)) {
		errno = EOPNOTSUPP;
		return leave("preadv2", fd, -1);
	}
	if (interrupted(f))
		return leave("preadv2", fd, -1);
	return moved("preadv2", fd, f, sim_file_readv(f, v, n),
	    flags & RWF_NOWAIT, true);
}

ssize_t
send(int fd, const void *data, size_t n, int flags)
{
	struct sim_file *f = enter("send", fd);

	if (interrupted(f))
		return leave("send", fd, -1);
	return moved("send", fd, f, f->kind->write(f, data, n),
	    flags & MSG_DONTWAIT, false);
}

ssize_t
sendmsg(int fd, const struct msghdr *m, int flags)
{
	struct sim_file *f = enter("sendmsg", fd);

	if (interrupted(f))
		return leave("sendmsg", fd, -1);
	return moved("sendmsg", fd, f,
	    sim_file_writev(f, m->msg_iov, (int)m->msg_iovlen),
	    flags & MSG_DONTWAIT, false);
}

ssize_t
write(int fd, const void *data, size_t n)
{
	struct iovec v = {(void *)data, n};

	return writev(fd, &v, 1);
}

ssize_t
writev(int fd, const struct iovec *v, int n)
{
	struct sim_file *f;

	if (!sim_table_simulates(fd))
		return syscall(SYS_writev, fd, v, n);
	f = enter("write", fd);
	if (interrupted(f))
		return leave("write", fd, -1);
	return moved("write", fd, f, sim_file_writev(f, v, n), false, false);
}

ssize_t
pwritev64v2(int fd, const struct iovec *v, int n, off64_t at, int flags)
{
	struct sim_file *f = enter("pwritev2", fd);

	(void)at;
	if (sim_chance(sim_weather.unsupported)) {
		errno = EOPNOTSUPP;
		return leave("pwritev2", fd, -1);
	}
	if (interrupted(f))
		return leave("pwritev2", fd, -1);
	return moved("pwritev2", fd, f, sim_file_writev(f, v, n),
	    flags & RWF_NOWAIT, false);
}

/* Returns how many bytes can be written now. */
static size_t
room(struct sim_file *f)
{
	struct sim_stream *pipe = sim_pipe_stream(f);
	struct sim_socket *s = pipe == NULL ? sim_socket_of(f) : NULL;

	if (pipe != NULL)
		return sim_stream_room(pipe);
	return s != NULL && s->out != NULL ? sim_stream_room(s->out) : SIZE_MAX;
}

static ssize_t
write_all(struct sim_file *f, const char *data, size_t n)
{
	ssize_t r, done = 0;

	while ((size_t)done < n) {
		r = f->kind->write(f, data + done, n - (size_t)done);
		if (r == -1)
			sim_fail("the simulated machine lost bytes");
		done += r;
	}
	return done;
}

/* Moves bytes through memory, as many as both sides allow.  NOWAIT matters for
 * a pipe only. */
static ssize_t
move(const char *call, int from, int to, size_t n, bool nowait)
{
	static char buffer[65536];
	struct sim_file *in = enter(call, from), *out = enter(call, to);
	ssize_t r;

	if (sim_chance(sim_weather.unsupported)) {
		errno = EINVAL;
		return leave(call, from, -1);
	}
	if (interrupted(in))
		return leave(call, from, -1);
	if (out->ready & (POLLERR | POLLHUP))
		return leave(call, to, out->kind->write(out, "", 1));
	if (n > sizeof(buffer))
		n = sizeof(buffer);
	if (n > room(out))
		n = room(out);
	errno = EAGAIN;
	if (n == 0)
		return moved(call, to, out, -1, nowait, false);
	r = in->kind->read(in, buffer, n, false);
	if (r > 0)
		r = write_all(out, buffer, (size_t)r);
	if (r > 0)
		sim_move(&out->writes);
	return moved(call, from, in, r, sim_is_regular(in), true);
}

ssize_t
sendfile64(int to, int from, off64_t *at, size_t n)
{
	(void)at;
	return move("sendfile", from, to, n, false);
}

ssize_t
splice(int from, off64_t *from_at, int to, off64_t *to_at, size_t n,
    unsigned flags)
{
	(void)from_at;
	(void)to_at;
	return move("splice", from, to, n, flags & SPLICE_F_NONBLOCK);
}

/* ---- Used by all calls ---- */

/* Lets time pass, and fails the run if the descriptor is closed. */
static struct sim_file *
enter(const char *call, int fd)
{
	struct sim_file *f;

	sim_spend(sim_between(1, sim_weather.cost));
	f = sim_table_get(fd);
	if (f == NULL)
		sim_fail("%s is called for descriptor %d, which is closed",
		    call, fd);
	return f;
}

static ssize_t
leave(const char *call, int fd, ssize_t result)
{
	sim_note(call, fd, result);
	return result;
}

/* Eventfds and signalfds that do not block are never interrupted. */
static bool
interrupted(const struct sim_file *f)
{
	if (!sim_chance(sim_weather.interrupted) || f->kind->mode == 0)
		return false;
	errno = EINTR;
	return true;
}

/* Ends a call that has read or written, with its result R. */
static ssize_t
moved(const char *call, int fd, struct sim_file *f, ssize_t r, bool nowait,
    bool in)
{
	if (r == -1 && errno == EAGAIN && !nowait && !(f->flags & O_NONBLOCK))
		sim_fail("%s stops every thread", call);
	if (r != -1)
		sim_move(in ? &f->reads : &f->writes);
	return leave(call, fd, r);
}

static int
give(const char *call, struct sim_file *f, int flags)
{
	int fd;

	sim_spend(sim_between(1, sim_weather.cost));
	(void)sim_table_draw();
	fd = sim_table_add(f);
	f->flags = flags;
	return (int)leave(call, fd, fd);
}

/* Makes one more descriptor of a file. */
static int
again(const char *call, struct sim_file *f, int flags)
{
	int fd;

	f->users++;
	fd = give(call, f, flags);
	if (fd == -1)
		f->users--;
	return fd;
}

static int
copy_address(const union sim_address *from, struct sockaddr *to, socklen_t *n)
{
	socklen_t length = sim_network_length(from);

	if (to == NULL)
		return 0;
	memcpy(to, from, length < *n ? length : *n);
	*n = length;
	return 0;
}

static struct sim_socket *
socket_of(const char *call, int fd)
{
	struct sim_socket *s = sim_socket_of(enter(call, fd));

	if (s == NULL)
		sim_fail("%s is called for what is no socket", call);
	return s;
}
