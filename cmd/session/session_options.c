/* SPDX-License-Identifier: ISC */
#include "session_options.h"

#include <stddef.h>
#include <string.h>

static option_reader read_end, read_keepalive, read_user_timeout;

static const struct choice crlf_choices[] = {
    {"send", CRLF_SEND}, {"receive", CRLF_RECEIVE}, {"both", CRLF_BOTH}, {0}};

static const struct choice nodelay_choices[] = {
    {"yes", NODELAY_YES}, {"no", NODELAY_NO}, {0}};

const struct option session_option_table[] = {
    {"end", 0, "both|peer|input|quiet[:TIME]", read_end,
	offsetof(struct session_options, end),
	"when to end: at the end of both directions; of the peer, "
	"of the input, or after 1s of silence"},
    {"abandon", 0, NULL, set_true, offsetof(struct session_options, abandon),
	"send no end of file before the session ends"},
    {"reset", 0, NULL, set_true, offsetof(struct session_options, reset),
	"end the connection with a reset; as soon as the input "
	"is sent unless --end says otherwise"},
    {"crlf", 0, "[=CHOICE]", NULL, offsetof(struct session_options, crlf),
	"convert line ends; send them as CRLF, receive them as LF, or both",
	crlf_choices},
    {"idle-timeout", 0, "TIME", read_time,
	offsetof(struct session_options, idle_timeout),
	"end a session in which no data move for TIME"},
    {"drain", 0, "TIME", read_time, offsetof(struct session_options, drain),
	"let sessions finish within TIME after a signal"},
    {"keepalive", 0, "[=TIME|no]", read_keepalive,
	offsetof(struct session_options, wire.keepalive),
	"give up a vanished peer after TIME (2m)"},
    {"user-timeout", 0, "TIME|no", read_user_timeout,
	offsetof(struct session_options, wire.user_timeout),
	"give up a peer that takes no data for TIME; it does not acknowledge "
	"or read them"},
    {"nodelay", 0, "[=CHOICE]", NULL,
	offsetof(struct session_options, wire.nodelay),
	"with no, collect small writes (Nagle's algorithm)", nodelay_choices},
    {"output", 0, "FILE", read_text, offsetof(struct session_options, output),
	"write received data to FILE, not to stdout"},
    {"progress", 0, NULL, set_true, offsetof(struct session_options, progress),
	"report on stderr how much has been transferred"},
    {0},
};

static const char *
read_end(const char *text, void *value)
{
	static const char *const names[] = {
	    [END_BOTH] = "both", [END_PEER] = "peer", [END_INPUT] = "input"};
	struct end_option *end = value;

	for (int i = END_BOTH; i <= END_INPUT; i++) {
		if (strcmp(text, names[i]) == 0) {
			end->when = (enum session_end)i;
			return NULL;
		}
	}
	if (strncmp(text, "quiet", 5) != 0 || (text[5] && text[5] != ':'))
		return "not one of both, peer, input, quiet, quiet:TIME";
	end->when = END_QUIET;
	return text[5] ? read_time(text + 6, &end->quiet) : NULL;
}

/* Reads "no", which is stored as 0, or a time. */
static const char *
read_time_or_no(const char *text, int *ms)
{
	const char *wrong = NULL;

	if (strcmp(text, "no") == 0)
		*ms = 0;
	else
		wrong = read_time(text, ms);
	return wrong ? "neither a time nor 'no'" : NULL;
}

static const char *
read_keepalive(const char *text, void *value)
{
	struct keepalive *keepalive = value;

	keepalive->given = true;
	return text ? read_time_or_no(text, &keepalive->limit) : NULL;
}

static const char *
read_user_timeout(const char *text, void *value)
{
	return read_time_or_no(text, value);
}

int
check_session_options(
    const struct run *run, const struct session_options *options, bool session)
{
	if (options->output && !session)
		return usage_error(
		    run, "--output needs a session, and there is none here");
	if (options->abandon && options->reset)
		return usage_error(
		    run, "--abandon and --reset exclude each other");
	return STATUS_GO_ON;
}

bool
resets_always(const struct session_options *o)
{
	return o->reset && !o->lanes.in.cuts && !o->lanes.out.cuts;
}

bool
has_wire(const struct session_options *o)
{
	static const struct session_options unsaid = SESSION_DEFAULTS;

	return o->wire.keepalive.given ||
	    o->wire.user_timeout != unsaid.wire.user_timeout ||
	    o->wire.nodelay != unsaid.wire.nodelay;
}

int
check_unix_session(const struct run *run, const struct session_options *o)
{
	if (o->reset)
		return usage_error(run, "--reset: a Unix socket has no reset");
	if (has_wire(o))
		return usage_error(run,
		    "--keepalive, --user-timeout and --nodelay are for TCP");
	return STATUS_GO_ON;
}

bool
has_manner(const struct session_options *o)
{
	return o->end.when != END_DEFAULT || o->abandon || o->reset ||
	    o->crlf || o->progress || o->idle_timeout != -1 ||
	    o->lanes.in.given || o->lanes.out.given;
}
