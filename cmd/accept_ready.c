/* SPDX-License-Identifier: ISC */
/*
 * accept_ready.c - tcpu accept-ready: says whether a program listens on a port,
 * and how many connections wait to be accepted.  It asks the kernel and not the
 * listener, so that asking changes nothing.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bindable.h"
#include "command.h"
#include "run.h"
#include "sight.h"
#include "target.h"
#include "text.h"
#include "waiting.h"

enum format { FORMAT_NONE, FORMAT_PLAIN, FORMAT_SH };

struct accept_ready_options {
	struct common_options common;
	int fd;  /* -1: not given, use the operands */
	int min; /* -1: not given */
	bool listening;
	bool not_listening;
	bool bindable;
	bool count;
	enum format format;
	struct wait_option wait;
	int until_exit; /* 0 none */
};

struct question {
	const struct run *run;
	const struct accept_ready_options *options;
	struct waiting waiting;
	char what[384]; /* for messages: "accept-ready 4242" */
	struct sight_target target;
};

static int run_accept_ready(const struct run *run, const void *options,
    const struct operands *operands);
static int check_options(const struct run *run,
    const struct accept_ready_options *o, const struct operands *operands);
static int begin_question(struct question *q, const struct operands *operands);
static int begin_unix_question(struct question *q, const struct target *target);
static int find_answer(struct question *q);
static int unset_counts(const struct question *q);
static int print_counts(const struct question *q, const struct sight *sight);

static const struct choice format_choices[] = {
    {"plain", FORMAT_PLAIN}, {"sh", FORMAT_SH}, {0}};

static const struct option question_table[] = {
    {"min", 0, "N", read_natural, offsetof(struct accept_ready_options, min),
	"ask whether at least N connections wait (1)"},
    {"listening", 0, NULL, set_true,
	offsetof(struct accept_ready_options, listening),
	"ask only whether somebody listens"},
    {"not-listening", 0, NULL, set_true,
	offsetof(struct accept_ready_options, not_listening),
	"ask whether nobody listens"},
    {"bindable", 0, NULL, set_true,
	offsetof(struct accept_ready_options, bindable),
	"ask whether a listener could be made there now"},
    {"count", 'c', NULL, set_true, offsetof(struct accept_ready_options, count),
	"print how many connections wait, and how many may"},
    {"format", 0, "CHOICE", NULL, offsetof(struct accept_ready_options, format),
	"print plain numbers, or assignments for sh", format_choices},
    {0},
};

static const struct option shared_table[] = {
    {"fd", 0, "N", read_natural, offsetof(struct accept_ready_options, fd),
	"ask about descriptor N, which listens"},
    {"wait", 0, "[=TIME]", read_wait,
	offsetof(struct accept_ready_options, wait),
	"wait until the answer is yes, at most TIME"},
    {"until-exit", 0, "PID", read_count,
	offsetof(struct accept_ready_options, until_exit),
	"with --wait: wait only while process PID runs"},
    {0},
};

static const struct option_set accept_ready_options[] = {
    {"What to ask", question_table, 0},
    {"Options of several commands", shared_table, 0},
    {"Options of every command", common_option_table, 0},
    {0},
};

static const char *const commonest[] = {"fd", "min", "listening",
    "not-listening", "bindable", "wait", "until-exit", "count", "format", NULL};

static const struct accept_ready_options accept_ready_defaults = {
    .common = COMMON_DEFAULTS,
    .fd = -1,
    .min = -1,
    .wait.limit = -1,
};

const struct command accept_ready_command = {
    .name = "accept-ready",
    .operands = "[HOST] PORT | unix:PATH | --fd N",
    .summary = "ask whether a connection waits to be accepted",
    .options = accept_ready_options,
    .commonest = commonest,
    .examples =
	"  tcpu accept-ready --listening --wait=30 5432 && echo it listens\n"
	"  tcpu accept-ready --wait=5 4242 && echo somebody waits\n"
	"  eval \"$(tcpu accept-ready --format=sh 4242)\"\n",
    .port_alone = true,
    .defaults = &accept_ready_defaults,
    .size = sizeof(accept_ready_defaults),
    .run = run_accept_ready,
};

static int
run_accept_ready(
    const struct run *run, const void *options, const struct operands *operands)
{
	struct question q = {.run = run, .options = options};
	int status;

	status = check_options(run, q.options, operands);
	if (status == STATUS_GO_ON)
		status = begin_question(&q, operands);
	if (status == STATUS_GO_ON)
		status = q.options->bindable
		    ? answer_bindable(&q.waiting, q.options->wait.asked,
			  &q.target.hosts, q.target.port)
		    : find_answer(&q);
	free(q.target.hosts.list);
	return status;
}

/* Whether an option is given that --bindable excludes. */
static bool
asks_more(const struct accept_ready_options *o)
{
	return o->listening || o->not_listening || o->min != -1 || o->count ||
	    o->format || o->fd != -1;
}

static int
check_descriptor(const struct run *run, const struct operands *operands)
{
	if (operands->count > 0)
		return usage_error(run, "--fd and PORT exclude each other");
	if (run->options->family)
		return usage_error(
		    run, "a descriptor has no use for --ipv4 and --ipv6");
	return STATUS_GO_ON;
}

static int
check_options(const struct run *run, const struct accept_ready_options *o,
    const struct operands *operands)
{
	if (o->listening + o->not_listening + (o->min != -1) > 1)
		return usage_error(run,
		    "--listening, --not-listening and --min exclude each "
		    "other");
	if (o->bindable && asks_more(o))
		return usage_error(run,
		    "--bindable goes with --wait, --until-exit and a port "
		    "only");
	if (o->until_exit && !o->wait.asked)
		return usage_error(run, "--until-exit needs --wait");
	if (o->not_listening && (o->count || o->format))
		return usage_error(
		    run, "with --not-listening there is nothing to print");
	return o->fd == -1 ? STATUS_GO_ON : check_descriptor(run, operands);
}

static int
begin_unix_question(struct question *q, const struct target *target)
{
	q->target.path = strchr(target->host, ':') + 1;
	if (q->options->bindable)
		return usage_error(q->run, "--bindable is for ports");
	return STATUS_GO_ON;
}

/* Finds out which sockets the question is about: a descriptor; or a port and,
 * if a host is given, its addresses.  Looking the host up counts as waiting. */
static int
begin_question(struct question *q, const struct operands *operands)
{
	const struct accept_ready_options *o = q->options;
	struct target target;
	int status;

	begin_waiting(&q->waiting, q->run, q->what, o->wait.limit);
	status = wait_for_process(&q->waiting, o->until_exit);
	if (status != STATUS_GO_ON)
		return status;
	q->target.fd = o->fd;
	q->target.asks = !o->listening && !o->not_listening;
	q->target.counts = o->count || o->format || o->min > 1;
	if (o->fd != -1) {
		format_text(q->what, sizeof(q->what),
		    "accept-ready descriptor %d", o->fd);
		return STATUS_GO_ON;
	}
	status = find_target(q->run, operands, false, 1, &target);
	if (status != STATUS_GO_ON)
		return status;
	format_text(q->what, sizeof(q->what), "accept-ready %s", target.text);
	q->target.port = target.port;
	if (target.is_unix)
		return begin_unix_question(q, &target);
	return target.host
	    ? look_up_own(&q->waiting, &target, o->bindable, &q->target.hosts)
	    : 0;
}

/* ---- The answer ---- */

static int
judge(const struct accept_ready_options *o, const struct sight *sight)
{
	uint64_t min = o->min == -1 ? 1 : (uint64_t)o->min;

	if (o->not_listening)
		return sight->listening ? STATUS_NO : STATUS_DONE;
	if (!sight->listening)
		return STATUS_REFUSED;
	return o->listening || sight->pending >= min ? STATUS_DONE : STATUS_NO;
}

/* Looks once or, with --wait, until the answer is yes; and prints it. */
static int
find_answer(struct question *q)
{
	struct sight sight = {0};
	int status, verdict;

	for (;;) {
		status = look(q->run, q->what, &q->target, &sight);
		if (status != STATUS_GO_ON)
			return status;
		verdict = judge(q->options, &sight);
		if (verdict == STATUS_DONE || !q->options->wait.asked)
			break;
		status = wait_a_little(&q->waiting);
		if (status != STATUS_GO_ON)
			return status;
	}
	/* The process of --until-exit is gone: another process listens. */
	if (verdict == STATUS_DONE && !q->options->not_listening &&
	    process_has_ended(&q->waiting))
		return say_ended(&q->waiting);
	if (verdict == STATUS_REFUSED) {
		say(q->run, "%s: nobody listens", q->what);
		say_more(
		    q->run, "%s: --wait waits until somebody does", q->what);
		return unset_counts(q);
	}
	status = print_counts(q, &sight);
	return status ? status : verdict;
}

/* A script that evals the answer must not see the counts of an earlier one. */
static int
unset_counts(const struct question *q)
{
	static const char text[] = "unset TCPU_PENDING TCPU_BACKLOG\n";
	int status = 0;

	if (q->options->format == FORMAT_SH)
		status = answer(q->run, text, strlen(text));
	return status ? status : STATUS_REFUSED;
}

/* --format implies --count. */
static int
print_counts(const struct question *q, const struct sight *sight)
{
	char backlog[24] = "", text[80];
	int n;

	if (!q->options->count && q->options->format == FORMAT_NONE)
		return 0;
	if (sight->backlog != -1)
		format_text(
		    backlog, sizeof(backlog), "%" PRId64, sight->backlog);
	if (q->options->format == FORMAT_SH)
		n = snprintf(text, sizeof(text),
		    "TCPU_PENDING=%" PRIu64 " TCPU_BACKLOG=%s\n",
		    sight->pending, backlog);
	else
		n = snprintf(text, sizeof(text), "%" PRIu64 " %s\n",
		    sight->pending, backlog[0] ? backlog : "-");
	return answer(q->run, text, (size_t)n);
}
