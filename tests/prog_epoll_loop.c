/* SPDX-License-Identifier: ISC */
/*
 * prog_epoll_loop.c - green threads inside a plain epoll loop; the example of
 * tcp_event(3).
 */
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <tcpunit-event.h>
#include <unistd.h>

static tcp_listener listener;
static int over;

static void *
serve(void *unused)
{
	tcp_port in, out;
	char *line;
	size_t len;

	tcp_accept(listener, &in, &out);
	while (tcp_read_line(in, 1000, &line, &len) == 1)
		tcp_printf(out, "%zu bytes\n", len);
	tcp_close_ports(in, out);
	return unused;
}

static void *
ask(void *unused)
{
	int port = tcp_listener_port(listener);
	tcp_port in, out;
	char *line;
	size_t len;

	tcp_connect("127.0.0.1", port, NULL, &in, &out);
	tcp_thread_sleep(10);
	tcp_write_line(out, "a question");
	if (tcp_read_line(in, 1000, &line, &len) == 1)
		puts(line);
	tcp_close_ports(in, out);
	over = 1;
	return unused;
}

int
main(void)
{
	struct tcp_listen_options local = {
	    TCPUNIT_LISTEN_DEFAULTS, .host = "127.0.0.1"};
	struct itimerspec soon = {.it_value.tv_nsec = 1000000};
	int set = epoll_create1(0), green = tcp_event_fileno();
	int timer = timerfd_create(CLOCK_MONOTONIC, 0);
	struct epoll_event e = {.events = EPOLLIN, .data.fd = green};

	epoll_ctl(set, EPOLL_CTL_ADD, green, &e);
	e.data.fd = timer;
	epoll_ctl(set, EPOLL_CTL_ADD, timer, &e);
	timerfd_settime(timer, 0, &soon, NULL);

	listener = tcp_listen(0, &local);
	tcp_thread_detach(tcp_thread_start(serve, NULL));
	tcp_thread_detach(tcp_thread_start(ask, NULL));
	while (tcp_event_run() == 0 && !over) {
		if (epoll_wait(set, &e, 1, -1) != 1 || e.data.fd != timer)
			continue;
		puts("the loop's own timer");
		epoll_ctl(set, EPOLL_CTL_DEL, timer, NULL);
	}
	close(timer);
	close(set);
	return 0;
}
