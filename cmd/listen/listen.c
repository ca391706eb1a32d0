/* SPDX-License-Identifier: ISC */
/*
 * listen.c - tcpu listen: its listener, and telling others of it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../command.h"
#include "../descriptors.h"
#include "../kernel/port_user.h"
#include "../kernel/socket_address.h"
#include "../session/wire.h"
#include "../target.h"
#include "serve.h"

/* ms for a connection of tcpu to its own listener */
#define FILL_TIME 1000

static int prepare_listen(
    const struct run *run, void *options, const struct operands *operands);
static int run_listen(const struct run *run, const void *options,
    const struct operands *operands);
static int watch_until_exit(const struct listening *l);
static int adopt_listener(struct listening *l);
static int make_listener(struct listening *l, const struct operands *operands);
static int open_listener(struct listening *l, const struct target *target);
static int fill_queues(const struct listening *l);
static int listen_failure(
    const struct listening *l, const struct target *target);
static void find_port_user(const struct listening *l,
    const struct target *target, char user[PORT_USER_SIZE]);
static void arm(tcp_listener listener);

static const char *const commonest[] = {"keep-open", "count", "accept-timeout",
    "local", "until-exit", "print-port", "print", "background", "pipes",
    "abandon", "timeout", NULL};

const struct command listen_command = {
    .name = "listen",
    .operands = "[HOST] PORT [-- COMMAND...]",
    .summary = "wait for a connection and be its other end",
    .options = listen_option_sets,
    .commonest = commonest,
    .examples =
	"  tcpu listen --end=peer 9000 >copy && echo complete\n"
	"  port=$(tcpu listen -k -1 --until-exit $$ --local 0 -- cat &)\n"
	"  eval \"$(tcpu listen --background --until-exit $$ --print=sh -k "
	"-L 0 -- cat)\"\n",
    .runs_command = true,
    .port_alone = true,
    .defaults = &listen_defaults,
    .size = sizeof(listen_defaults),
    .run = run_listen,
    .prepare = prepare_listen,
};

static int
prepare_listen(
    const struct run *run, void *options, const struct operands *operands)
{
	struct listen_options *o = options;
	char *const *command = operands->command;
	int status = check_listen_options(run, o, operands);

	if (status == STATUS_GO_ON && takes_over(o, operands))
		status = find_inherited(run, o->fd, &o->inherited);
	if (status != STATUS_GO_ON)
		return status;
	status = handler_prepare(run, &o->handler, &o->session, command);
	if (status != STATUS_GO_ON)
		return status;
	return ready_prepare(
	    run, &o->ready, serves(o, command), spares_stdout(o, command));
}

static int
run_listen(
    const struct run *run, const void *options, const struct operands *operands)
{
	struct listening l = {.run = run,
	    .options = options,
	    .command = operands->command,
	    .output = -1};
	struct ready_files files = {0};
	int status;

	status = watch_until_exit(&l);
	if (status == STATUS_GO_ON)
		status = l.options->inherited.count
		    ? adopt_listener(&l)
		    : make_listener(&l, operands);
	if (status != STATUS_GO_ON)
		return status;
	say_more(run, "%s: listening", l.what);
	status = ready_announce(run, &l.options->ready, l.listener,
	    spares_stdout(l.options, l.command), &files);
	if (status == STATUS_GO_ON)
		status = serve(&l);
	ready_withdraw(&files);
	return status;
}

static int
watch_until_exit(const struct listening *l)
{
	int pid = l->options->until_exit;
	char what[32];

	if (pid == 0 || watch_process(l->run->ending, pid, STATUS_ENDED) == 0)
		return STATUS_GO_ON;
	(void)snprintf(what, sizeof(what), "--until-exit %d", pid);
	return pidfd_failure(l->run, what, errno);
}

static int
adopt_listener(struct listening *l)
{
	const struct inherited *i = &l->options->inherited;
	int status =
	    open_output(l->run, l->options->session.output, &l->output);

	if (status != STATUS_GO_ON)
		return status;
	(void)snprintf(l->what, sizeof(l->what), "%s", i->what);
	l->listener = tcp_listener_from_fds(i->fds, i->count);
	if (!tcp_listener_p(l->listener))
		return library_failure(l->run, l->what, STATUS_LISTEN);
	return STATUS_GO_ON;
}

static int
make_listener(struct listening *l, const struct operands *operands)
{
	struct target target;
	int status = find_target(l->run, operands, false, 0, &target);

	if (status != STATUS_GO_ON)
		return status;
	if (l->options->local && target.host)
		return usage_error(
		    l->run, "--local and HOST exclude each other");
	status = open_output(l->run, l->options->session.output, &l->output);
	return status ? status : open_listener(l, &target);
}

/* Sets the name for messages: the target as typed, with the actual port. */
static void
set_name(struct listening *l, const struct target *target, int port)
{
	const struct listen_options *o = l->options;
	const char *host = "0.0.0.0";
	char number[16], name[sizeof(target->text)];

	if (o->local)
		host = "localhost";
	else if (target->host)
		host = target->host;
	else if (o->common.family == 6 || o->v6only)
		host = "::";
	(void)snprintf(number, sizeof(number), "%d", port);
	join_target(name, sizeof(name), host, port ? number : target->service);
	(void)snprintf(l->what, sizeof(l->what), "listen %s", name);
}

static int
open_listener(struct listening *l, const struct target *target)
{
	const struct listen_options *o = l->options;
	struct tcp_listen_options options = {TCPUNIT_LISTEN_DEFAULTS};

	options.host = target->host;
	options.backlog = o->black_hole ? 0 : o->backlog;
	options.family = o->common.family;
	options.loopback = o->local;
	options.numeric = o->common.numeric;
	options.v6only = o->v6only;
	options.reuse_port = o->reuse_port;
	set_name(l, target, 0);
	l->listener = tcp_listen(target->port, &options);
	if (!tcp_listener_p(l->listener) ||
	    (o->black_hole && fill_queues(l) == -1))
		return listen_failure(l, target);
	if (target->port == 0)
		set_name(l, target, tcp_listener_port(l->listener));
	if (!l->command || o->handler.pipes)
		arm(l->listener);
	return 0;
}

/* Fills the queue of each socket.  With a backlog of 0 one connection fills it,
 * and the kernel drops all further attempts; it also drops this one if another
 * client was faster. */
static int
fill_queues(const struct listening *l)
{
	struct tcp_connect_options options = {TCPUNIT_CONNECT_DEFAULTS};
	char local[TCPUNIT_ADDRLEN];
	int port = tcp_listener_port(l->listener);
	tcp_port in, out;

	options.numeric = true;
	options.timeout = FILL_TIME;
	for (int i = 0; tcp_listener_fileno(l->listener, i) != -1; i++) {
		(void)tcp_listener_addresses(l->listener, i, local);
		if (tcp_connect(local, port, &options, &in, &out) == -1 &&
		    tcp_last_error()->kind != TCPUNIT_ERROR_TIMEOUT)
			return -1;
		if (tcp_wait_fd(tcp_listener_fileno(l->listener, i),
			TCPUNIT_READABLE, FILL_TIME) == -1)
			return -1;
	}
	return 0;
}

static int
listen_failure(const struct listening *l, const struct target *target)
{
	int status = library_failure(l->run, l->what, STATUS_LISTEN);
	char user[PORT_USER_SIZE];

	if (status != STATUS_IN_USE || !l->run->options->verbose)
		return status;
	find_port_user(l, target, user);
	say_more(l->run, "%s: %s%sport 0 is a free one, which --print prints",
	    l->what, user, user[0] ? "; " : "");
	return status;
}

/* Reads numeric addresses only: looking up a name would take time. */
static size_t
read_address(const char *host, union tcp_address *address)
{
	const struct tcp_resolve_options options = {
	    TCPUNIT_RESOLVE_DEFAULTS, .numeric = true};

	if (tcp_resolve(host, NULL, &options, address, 1) == -1)
		return 0;
	unmap_address(address);
	return 1;
}

static void
find_port_user(const struct listening *l, const struct target *target,
    char user[PORT_USER_SIZE])
{
	union tcp_address addresses[2];
	size_t n = 0;

	if (l->options->local) {
		n += read_address("127.0.0.1", &addresses[n]);
		n += read_address("::1", &addresses[n]);
	} else if (target->host) {
		n += read_address(target->host, &addresses[n]);
	}
	describe_port_user(addresses, n, target->port, user);
}

/* Connections inherit this: they are armed before they are accepted. */
static void
arm(tcp_listener listener)
{
	for (int i = 0, fd; (fd = tcp_listener_fileno(listener, i)) != -1; i++)
		wire_arm(fd);
}
