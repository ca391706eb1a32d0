/* SPDX-License-Identifier: ISC */
/*
 * listen.c - tcpu listen: its entry, and the course of a run.
 */
#include <errno.h>

#include "../command.h"
#include "../text.h"
#include "../tls/tls.h"
#include "listener.h"
#include "serve.h"

static int prepare_listen(
    const struct run *run, void *options, const struct operands *operands);
static int run_listen(const struct run *run, const void *options,
    const struct operands *operands);
static void release_listen(const void *options);
static int watch_until_exit(const struct listening *l);

static const char *const commonest[] = {"keep-open", "local", "until-exit",
    "print-port", "background", "pipes", "timeout", NULL};

const struct command listen_command = {
    .name = "listen",
    .operands = "[HOST] PORT | unix:PATH [-- COMMAND...]",
    .summary = "wait for a connection and exchange data over it",
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
    .release = release_listen,
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
	if (status == STATUS_GO_ON)
		status =
		    check_socket_options(run, o, listens_on_unix(o, operands));
	if (status == STATUS_GO_ON)
		status = check_tls_options(run, &o->tls,
		    listens_on_unix(o, operands), o->handler.ucspi);
	if (status != STATUS_GO_ON)
		return status;
	o->session.tls = o->tls.on;
	o->handler.pipes |= o->tls.on && command;
	status = handler_prepare(run, &o->handler, &o->session, command);
	if (status == STATUS_GO_ON)
		status = open_tls(run, &o->tls, true);
	if (status != STATUS_GO_ON)
		return status;
	o->ready.ca_file = o->tls.save_ca;
	o->ready.ca = tls_authority(&o->tls);
	return ready_prepare(
	    run, &o->ready, serves(o, command), spares_stdout(o, command));
}

static void
release_listen(const void *options)
{
	const struct listen_options *o = options;

	close_tls(&o->tls);
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
	say_more(run, "%s: %s", l.what,
	    l.options->refuse ? "refusing" : "listening");
	status = ready_announce(run, &l.options->ready, &l.at,
	    spares_stdout(l.options, l.command), &files);
	if (status == STATUS_GO_ON)
		status = serve(&l);
	(void)tcp_close(l.listener); /* or it is closed already */
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
	format_text(what, sizeof(what), "--until-exit %d", pid);
	return pidfd_failure(l->run, what, errno);
}
