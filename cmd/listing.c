/* SPDX-License-Identifier: ISC */
/*
 * listing.c - prints the ends of sockets, in the format and the columns that
 * were asked for.
 */
#include "listing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static option_reader read_format;
static void print_end(
    const struct listing *l, const char *name, const struct end *end);
static int sort_lines(FILE *to, char *text);

const struct option listing_option_table[] = {
    {"local", 0, NULL, set_true, offsetof(struct listing_options, local),
	"our half only"},
    {"remote", 0, NULL, set_true, offsetof(struct listing_options, remote),
	"the peer's half only"},
    {"ip", 0, NULL, set_true, offsetof(struct listing_options, ip),
	"addresses without ports"},
    {"port", 0, NULL, set_true, offsetof(struct listing_options, port),
	"ports without addresses"},
    {"format", 0, "FORMAT", read_format,
	offsetof(struct listing_options, format),
	"plain; sh, assignments for eval; hostport, IP:PORT"},
    {0},
};

static const char *
read_format(const char *text, void *value)
{
	enum listing_format *format = value;

	if (strcmp(text, "plain") == 0)
		*format = LISTING_PLAIN;
	else if (strcmp(text, "sh") == 0)
		*format = LISTING_SH;
	else if (strcmp(text, "hostport") == 0)
		*format = LISTING_HOSTPORT;
	else
		return "not plain, sh or hostport";
	return NULL;
}

int
check_listing_options(
    const struct run *run, const struct listing_options *options)
{
	if (options->local && options->remote)
		return usage_error(
		    run, "--local and --remote exclude each other");
	if (options->ip && options->port)
		return usage_error(run, "--ip and --port exclude each other");
	return 0;
}

static int
failure(const struct listing *l)
{
	return fail(l->run, STATUS_FAILED, "%s", strerror(errno));
}

int
begin_listing(struct listing *l, const struct run *run,
    const struct listing_options *options)
{
	*l = (struct listing){.run = run, .options = options};
	l->stream = open_memstream(&l->text, &l->size);
	return l->stream ? 0 : failure(l);
}

/* In sh the names of a half that is missing are set to nothing, so that they
 * do not keep the values of an earlier socket. */
void
list_ends(struct listing *l, const struct ends *ends)
{
	const struct listing_options *o = l->options;
	bool has_remote = ends->remote.port != 0;

	if (o->remote && !has_remote)
		return;
	if (!o->remote)
		print_end(l, "LOCAL", &ends->local);
	if (!o->local && (has_remote || o->format == LISTING_SH)) {
		if (!o->remote)
			(void)fputc(' ', l->stream);
		print_end(l, "REMOTE", &ends->remote);
	}
	(void)fputc('\n', l->stream);
}

int
answer_listing(struct listing *l)
{
	char *text = NULL;
	size_t size = 0;
	FILE *sorted = open_memstream(&text, &size);
	int status = STATUS_NO;
	bool ok = sorted != NULL;

	/* A stream that could not grow says so when it is closed. */
	ok = fclose(l->stream) == 0 && ok;
	ok = ok && sort_lines(sorted, l->text) == 0;
	ok = (!sorted || fclose(sorted) == 0) && ok;
	if (!ok)
		status = failure(l);
	else if (size > 0)
		status = answer(l->run, text, size);
	free(text);
	free(l->text);
	return status;
}

/* The name of an interface, which may follow a link-local address, can hold
 * what means something to a shell. */
static void
print_quoted(FILE *to, const char *text)
{
	for (; *text; text++) {
		if (strchr("|&;<>()$`\\\"'*?[]#~={}!^", *text))
			(void)fputc('\\', to);
		(void)fputc(*text, to);
	}
}

static void
print_assignments(
    const struct listing *l, const char *name, const struct end *end)
{
	const struct listing_options *o = l->options;

	if (!o->port) {
		(void)fprintf(l->stream, "TCPU_%sIP=", name);
		print_quoted(l->stream, end->ip);
	}
	if (!o->port && !o->ip)
		(void)fputc(' ', l->stream);
	if (!o->ip)
		(void)fprintf(l->stream, "TCPU_%sPORT=", name);
	if (!o->ip && end->port != 0)
		(void)fprintf(l->stream, "%d", end->port);
}

static void
print_end(const struct listing *l, const char *name, const struct end *end)
{
	const struct listing_options *o = l->options;

	if (o->format == LISTING_SH)
		print_assignments(l, name, end);
	else if (o->ip)
		(void)fputs(end->ip, l->stream);
	else if (o->port)
		(void)fprintf(l->stream, "%d", end->port);
	else if (o->format == LISTING_PLAIN)
		(void)fprintf(l->stream, "%s %d", end->ip, end->port);
	else if (strchr(end->ip, ':'))
		(void)fprintf(l->stream, "[%s]:%d", end->ip, end->port);
	else
		(void)fprintf(l->stream, "%s:%d", end->ip, end->port);
}

static int
compare_lines(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

/* As people count: 80 before 4242.  TEXT is used up. */
static int
sort_lines(FILE *to, char *text)
{
	size_t count = 0;
	char **lines;

	for (const char *p = text; (p = strchr(p, '\n')); p++)
		count++;
	lines = calloc(count + 1, sizeof(*lines));
	if (!lines)
		return -1;
	for (size_t i = 0; i < count; i++)
		lines[i] = strsep(&text, "\n");
	qsort(lines, count, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || strcmp(lines[i], lines[i - 1]) != 0)
			(void)fprintf(to, "%s\n", lines[i]);
	}
	free(lines);
	return 0;
}
