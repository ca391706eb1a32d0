/* SPDX-License-Identifier: ISC */
/*
 * sandbox.c - makes namespaces, the files in /etc that define names, and a name
 * server that can answer late.
 */
#include "sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "deny.h"

#define HEADER 12 /* length of a DNS message's header */
#define MESSAGE 512

static bool own_user(void);
static bool own_etc(void);
static bool put_hosts(void);
static bool put(const char *path, const char *text);
static bool loopback_up(void);
static bool add_address(const char *name, const char *ip);
static bool name_server(void);
static void serve(int fd);
static size_t answer(unsigned char *m, size_t n);

void
sandbox(void)
{
	sandbox_leave_out();
	if (own_user() && unshare(CLONE_NEWNET | CLONE_NEWNS) == 0 &&
	    own_etc() && loopback_up() && add_address("lo:1", "192.0.2.2") &&
	    name_server())
		return;
	printf("Bail out! no namespaces: %s\n", strerror(errno));
	exit(1);
}

bool
sandbox_without_ipv6(void)
{
	return unshare(CLONE_NEWNET) == 0 &&
	    put("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1") &&
	    loopback_up();
}

bool
sandbox_few_ports(void)
{
	char range[32];

	snprintf(range, sizeof range, "32768 %d", 32768 + FEW_PORTS - 1);
	return unshare(CLONE_NEWNET) == 0 &&
	    put("/proc/sys/net/ipv4/ip_local_port_range", range) &&
	    loopback_up();
}

bool
sandbox_forbid_ipv6(void)
{
	return deny_argument(SYS_socket, 0, AF_INET6, EAFNOSUPPORT);
}

void
sandbox_leave_out(void)
{
	const char *list = getenv("TESTS_LEFT_OUT");
	FILE *f;

	if (!list)
		return;
	f = fopen(list, "ae");
	if (!f || fprintf(f, "program\n") < 0 || fclose(f) != 0) {
		printf("Bail out! %s: %s\n", list, strerror(errno));
		exit(1);
	}
	printf("1..0 # SKIP it makes namespaces\n");
	exit(0);
}

/* A user other than root becomes root of a new user namespace. */
static bool
own_user(void)
{
	char uids[32], gids[32];

	if (geteuid() == 0)
		return true;
	snprintf(uids, sizeof uids, "0 %u 1", geteuid());
	snprintf(gids, sizeof gids, "0 %u 1", getegid());
	return unshare(CLONE_NEWUSER) == 0 &&
	    put("/proc/self/setgroups", "deny") &&
	    put("/proc/self/uid_map", uids) && put("/proc/self/gid_map", gids);
}

static bool
own_etc(void)
{
	return mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("none", "/etc", "tmpfs", 0, NULL) == 0 && put_hosts() &&
	    put("/etc/host.conf", "multi on\n") &&
	    put("/etc/nsswitch.conf", "hosts: files dns\nservices: files\n") &&
	    put("/etc/resolv.conf",
		"nameserver 127.0.0.1\noptions timeout:5 attempts:1\n") &&
	    put("/etc/services", "postgresql 5432/tcp\n");
}

static bool
put_hosts(void)
{
	char text[2048] =
	    "127.0.0.1 localhost dual.test three.test mixed.test\n"
	    "::1 localhost dual.test\n"
	    "2001:db8::77 mixed.test\n"
	    "127.0.0.1 b\303\274cher.test host.7\n"
	    "127.0.0.2 three.test\n"
	    "127.0.0.3 three.test\n127.0.0.3 three.test\n";
	size_t n = strlen(text);

	for (int i = 1; i <= 20; i++)
		n += (size_t)snprintf(
		    text + n, sizeof text - n, "127.0.0.%d many.test\n", i);
	return put("/etc/hosts", text);
}

static bool
put(const char *path, const char *text)
{
	bool done;
	FILE *f;

	f = fopen(path, "we");
	if (f == NULL)
		return false;
	done = fputs(text, f) != EOF;
	return fclose(f) == 0 && done;
}

static bool
loopback_up(void)
{
	struct ifreq r = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	bool done;
	int fd;

	fd = socket(AF_INET, SOCK_DGRAM, 0);
	done = ioctl(fd, SIOCSIFFLAGS, &r) == 0;
	close(fd);
	return done;
}

static bool
add_address(const char *name, const char *ip)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct ifreq r = {0};
	bool done;
	int fd;

	inet_pton(AF_INET, ip, &in.sin_addr);
	memcpy(&r.ifr_addr, &in, sizeof in);
	strcpy(r.ifr_name, name);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	done = ioctl(fd, SIOCSIFADDR, &r) == 0;
	close(fd);
	return done;
}

/* Starts the name server, which ends with the program. */
static bool
name_server(void)
{
	struct sockaddr_in in = {
	    .sin_family = AF_INET,
	    .sin_port = htons(53),
	    .sin_addr = {htonl(INADDR_LOOPBACK)},
	};
	pid_t program = getpid();
	int fd;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || bind(fd, (struct sockaddr *)&in, sizeof in) == -1)
		return false;
	switch (fork()) {
	case -1:
		return false;
	case 0:
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != program)
			_exit(0); /* the program has ended already */
		signal(SIGCHLD, SIG_IGN);
		serve(fd);
	}
	return close(fd) == 0;
}

/* A child process sends each late answer. */
static void
serve(int fd)
{
	const struct timespec late = {SLOW_MS / 1000, 0};
	unsigned char m[MESSAGE];
	struct sockaddr_in from;
	socklen_t len;
	ssize_t n;

	for (;;) {
		len = sizeof from;
		n = recvfrom(
		    fd, m, MESSAGE - 16, 0, (struct sockaddr *)&from, &len);
		if (n < HEADER + 5 || !memcmp(m + HEADER, "\6silent", 7))
			continue;
		if (!memcmp(m + HEADER, "\4slow", 5)) {
			if (fork() != 0)
				continue;
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			nanosleep(&late, NULL);
		}
		sendto(fd, m, answer(m, (size_t)n), 0, (struct sockaddr *)&from,
		    len);
		if (!memcmp(m + HEADER, "\4slow", 5))
			_exit(0);
	}
}

/* Turns the question in M into its answer: the address 127.0.0.1, no record,
 * or "no such name". */
static size_t
answer(unsigned char *m, size_t n)
{
	static const unsigned char record[16] = {
	    0xc0, HEADER, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1};
	bool slow = !memcmp(m + HEADER, "\4slow\4test", 11);
	size_t end;

	end = HEADER + strnlen((char *)m + HEADER, n - HEADER - 5) + 5;
	m[2] |= 0x80;
	m[3] = slow ? 0x80 : 0x83;
	memset(m + 6, 0, 6);
	if (!slow || m[end - 3] != 1)
		return end;
	m[7] = 1;
	memcpy(m + end, record, sizeof record);
	return end + sizeof record;
}
