/* SPDX-License-Identifier: ISC */
/*
 * probe.c - measures the process that runs the test.
 */
#include "probe.h"

#include <dirent.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "patience.h"

static void count_alarm(int number);
static int entries(const char *path);
static int queue_info(int fd, struct tcp_info *info);
static bool exists_socket(int port, int state);

static struct rlimit permitted;
static volatile sig_atomic_t alarms;

/* An emulator runs threads of its own, so count those at the start. */
static int threads = 1;

__attribute__((constructor)) static void
count_threads(void)
{
	int n = entries("/proc/self/task");

	threads = n > 0 ? n : threads;
}

int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#ifdef __SANITIZE_ADDRESS__
size_t __sanitizer_get_current_allocated_bytes(void);

size_t
heap_in_use(void)
{
	return __sanitizer_get_current_allocated_bytes();
}
#else
size_t
heap_in_use(void)
{
#if !defined(__GLIBC__)
	return 0; /* musl has no mallinfo */
#elif !__GLIBC_PREREQ(2, 33)
	struct mallinfo m = mallinfo(); /* wraps at 2 GiB */

	return (size_t)m.uordblks + (size_t)m.hblkhd;
#else
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
#endif
}
#endif

int
settled_fds(void)
{
	int64_t end = now_ms() + PATIENCE_MS;

	while (entries("/proc/self/task") > threads && now_ms() < end)
		poll(NULL, 0, 1);
	return entries("/proc/self/fd") - 1; /* entries() opens one */
}

int
other_threads(void)
{
	return entries("/proc/self/task") - threads;
}

/* The limit is the lowest free number: open descriptors keep working. */
void
forbid_fds(void)
{
	struct rlimit none;
	int lowest;

	getrlimit(RLIMIT_NOFILE, &permitted);
	lowest = dup(0);
	close(lowest);
	none = permitted;
	none.rlim_cur = (rlim_t)lowest;
	setrlimit(RLIMIT_NOFILE, &none);
}

void
permit_fds(void)
{
	setrlimit(RLIMIT_NOFILE, &permitted);
}

int
queued(int fd)
{
	struct tcp_info info;

	return queue_info(fd, &info) == -1 ? -1 : (int)info.tcpi_unacked;
}

int
queue_limit(int fd)
{
	struct tcp_info info;

	return queue_info(fd, &info) == -1 ? -1 : (int)info.tcpi_sacked;
}

bool
await_queued(int fd, int n)
{
	int64_t end = now_ms() + PATIENCE_MS;
	int is;

	while ((is = queued(fd)) != n) {
		if (is == -1 || now_ms() > end)
			return false;
		sched_yield();
	}
	return true;
}

bool
await_socket(int port, int state)
{
	int64_t end = now_ms() + PATIENCE_MS;

	while (!exists_socket(port, state)) {
		if (now_ms() > end)
			return false;
		sched_yield();
	}
	return true;
}

void
alarms_start(void)
{
	const struct sigaction count = {.sa_handler = count_alarm};
	const struct itimerval often = {{0, 50000}, {0, 50000}};

	alarms = 0;
	sigaction(SIGALRM, &count, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

int
alarms_stop(void)
{
	const struct itimerval never = {0};

	setitimer(ITIMER_REAL, &never, NULL);
	return alarms;
}

int
status_of(pid_t child)
{
	int status;

	return child != -1 && waitpid(child, &status, 0) == child ? status : -1;
}

bool
in_child(bool (*f)(void))
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		signal(SIGALRM, SIG_DFL);
		alarm(120);
		_exit(f() ? 0 : 1);
	}
	return status_of(pid) == 0;
}

static void
count_alarm(int number)
{
	(void)number;
	alarms++;
}

static int
entries(const char *path)
{
	int n = 0;
	DIR *d;

	d = opendir(path);
	if (d == NULL)
		return -1;
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

/* An emulator may tell less than the kernel knows. */
static int
queue_info(int fd, struct tcp_info *info)
{
	socklen_t len = sizeof *info;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len) == -1)
		return -1;
	return len > offsetof(struct tcp_info, tcpi_sacked) ? 0 : -1;
}

static bool
exists_socket(int port, int state)
{
	char line[256];
	unsigned local, is;
	bool yes = false;
	FILE *f;

	f = fopen("/proc/net/tcp", "re");
	if (f == NULL)
		return false;
	while (!yes && fgets(line, sizeof line, f) != NULL)
		yes = sscanf(line, "%*s %*8s:%4x %*s %2x", &local, &is) == 2 &&
		    (int)local == port && (int)is == state;
	fclose(f);
	return yes;
}
