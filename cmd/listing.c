/* SPDX-License-Identifier: ISC */
#include "listing.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void print_path(struct listing *l, const struct end *end);
static void print_end(
    struct listing *l, const char *name, const struct end *end);
static void sort_lines(struct text *to, char *text);

static const struct choice format_choices[] = {{"plain", PRINT_ADDRESS},
    {"sh", PRINT_SH}, {"hostport", PRINT_HOSTPORT}, {0}};

const struct option listing_option_table[] = {
    {"local", 0, NULL, set_true, offsetof(struct listing_options, local),
	"the local end only"},
    {"remote", 0, NULL, set_true, offsetof(struct listing_options, remote),
	"the peer's end only"},
    {"ip", 0, NULL, set_true, offsetof(struct listing_options, ip),
	"addresses without ports"},
    {"port", 0, NULL, set_true, offsetof(struct listing_options, port),
	"ports without addresses"},
    {"format", 0, "CHOICE", NULL, offsetof(struct listing_options, format),
	"print words, assignments for eval, or IP:PORT", format_choices},
    {0},
};

int
check_listing_options(
    const struct run *run, const struct listing_options *options)
{
	if (options->local && options->remote)
		return usage_error(
		    run, "--local and --remote exclude each other");
	if (options->ip && options->port)
		return usage_error(run, "--ip and --port exclude each other");
	return STATUS_GO_ON;
}

void
read_ends(tcp_port port, struct ends *ends)
{
	const int fd = tcp_port_fileno(port);

	*ends = (struct ends){0};
	(void)tcp_addresses(port, ends->local.ip, ends->remote.ip);
	(void)tcp_port_numbers(port, &ends->local.port, &ends->remote.port);
	if (!is_unix_stream(fd))
		return;
	ends->local.is_unix = ends->remote.is_unix = true;
	/* Both paths stay empty if this fails. */
	(void)read_unix_path(fd, getsockname, ends->local.path);
	(void)read_unix_path(fd, getpeername, ends->remote.path);
}

/* In sh the variables of a missing end are set to nothing, so that they do not
 * keep the values of an earlier socket. */
void
list_ends(struct listing *l, const struct ends *ends)
{
	const struct listing_options *o = l->options;
	bool has_remote = ends->remote.is_unix || ends->remote.port != 0;

	if ((o->remote && !has_remote) || (o->port && ends->local.is_unix))
		return;
	if (!o->remote)
		print_end(l, "LOCAL", &ends->local);
	if (!o->local && (has_remote || o->format == PRINT_SH)) {
		if (!o->remote)
			text_add(&l->text, " ");
		print_end(l, "REMOTE", &ends->remote);
	}
	text_add(&l->text, "\n");
}

int
answer_listing(struct listing *l)
{
	struct text sorted = {0};
	int status = STATUS_NO;

	if (l->text.size > 0)
		sort_lines(&sorted, l->text.bytes);
	if (l->text.failed || sorted.failed)
		status = fail(l->run, STATUS_FAILED, "%s", strerror(ENOMEM));
	else if (sorted.size > 0)
		status = answer(l->run, sorted.bytes, sorted.size);
	text_free(&sorted);
	text_free(&l->text);
	return status;
}

/* The name of an interface, which may follow a link-local address, can contain
 * characters that are special to a shell. */
static void
print_assignments(struct listing *l, const char *name, const struct end *end)
{
	const struct listing_options *o = l->options;

	if (!o->port)
		text_add(&l->text, "TCPU_%sIP=", name);
	if (!o->port && end->is_unix)
		text_add(&l->text, "%s", end->ip);
	else if (!o->port)
		text_add_quoted(&l->text, end->ip);
	if (!o->port && !o->ip)
		text_add(&l->text, " ");
	if (!o->ip)
		text_add(&l->text, "TCPU_%sPORT=", name);
	if (!o->ip && end->port != 0)
		text_add(&l->text, "%d", end->port);
}

static void
print_end(struct listing *l, const char *name, const struct end *end)
{
	const struct listing_options *o = l->options;

	if (o->format == PRINT_SH)
		print_assignments(l, name, end);
	else if (o->format != PRINT_HOSTPORT && end->is_unix)
		print_path(l, end);
	else if (o->ip)
		text_add(&l->text, "%s", end->ip);
	else if (o->port)
		text_add(&l->text, "%d", end->port);
	else if (o->format != PRINT_HOSTPORT)
		text_add(&l->text, "%s %d", end->ip, end->port);
	else
		add_end(&l->text, end);
}

/* An end without a name still is one of two words. */
static void
print_path(struct listing *l, const struct end *end)
{
	bool alone = l->options->local || l->options->remote;

	text_add(&l->text, "%s", end->ip[0] || alone ? end->ip : "''");
}

void
add_end(struct text *text, const struct end *end)
{
	char whole[sizeof(end->ip) + 8];

	(void)tcp_host_port(end->ip, end->port, whole, sizeof(whole));
	if (end->is_unix)
		text_add(text, "unix:%s", end->ip);
	else
		text_add(text, "%s", whole);
}

/* Compares numbers by value.  To strverscmp(3) of musl 1.2.3, "127.0.0.1" is
 * after "::1". */
static int
compare_texts(const char *a, const char *b)
{
	size_t at = 0, m, n;

	while (a[at] && a[at] == b[at])
		at++;
	while (at > 0 && isdigit((unsigned char)a[at - 1]))
		at--;
	m = strspn(a + at, "0123456789");
	n = strspn(b + at, "0123456789");
	if (m > 0 && n > 0 && m != n)
		return m > n ? 1 : -1;
	return strcmp(a + at, b + at);
}

static int
compare_lines(const void *a, const void *b)
{
	return compare_texts(*(char *const *)a, *(char *const *)b);
}

/* Sorts the lines, numbers by value: 80 before 4242.  Consumes TEXT. */
static void
sort_lines(struct text *to, char *text)
{
	size_t count = 0;
	char **lines;

	for (const char *p = text; (p = strchr(p, '\n')); p++)
		count++;
	lines = calloc(count + 1, sizeof(*lines));
	if (!lines) {
		to->failed = true;
		return;
	}
	for (size_t i = 0; i < count; i++)
		lines[i] = strsep(&text, "\n");
	qsort(lines, count, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || strcmp(lines[i], lines[i - 1]) != 0)
			text_add(to, "%s\n", lines[i]);
	}
	free(lines);
}
