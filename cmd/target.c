/* SPDX-License-Identifier: ISC */
/*
 * target.c - reads HOST PORT, HOST:PORT and PORT, and URLs of TCP.  Doubtful
 * words are refused here, before any socket is opened: an empty "$PORT" of a
 * script must not mean port 0, nor 65616 mean port 80.
 */
#include "target.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tcpunit.h>

static int refuse(
    enum status status, char *error, const char *why, const char *text);
static int split_word(
    char *word, bool need_host, struct target *target, char *error);
static char *find_colon(char *word);
static int skip_scheme(char **word, char *error);
static int read_host(
    struct target *target, char *host, bool need_host, char *error);
static int read_port(struct target *target, bool numeric, char *error);

int
read_target(const struct operands *operands, bool need_host, bool numeric,
    struct target *target, char error[OPTION_ERROR_SIZE])
{
	char **words = operands->words;
	char *first;
	int status;

	*target = (struct target){0};
	if (operands->count == 0)
		return refuse(STATUS_USAGE, error, "missing operand",
		    need_host ? "HOST" : "PORT");
	if (operands->count > 2)
		return refuse(STATUS_USAGE, error, "extra operand", words[2]);
	first = words[0];
	status = skip_scheme(&first, error);
	if (status != STATUS_GO_ON)
		return status;
	if (operands->count == 1) {
		(void)snprintf(target->text, sizeof(target->text), "%s", first);
		status = split_word(first, need_host, target, error);
	} else {
		join_target(
		    target->text, sizeof(target->text), first, words[1]);
		target->service = words[1];
		status = read_host(target, first, need_host, error);
	}
	return status ? status : read_port(target, numeric, error);
}

void
join_target(char *text, size_t size, const char *host, const char *service)
{
	const int len = tcp_host_port(host, 0, text, size);

	if ((size_t)len < size)
		(void)snprintf(text + len, size - (size_t)len, ":%s", service);
}

int
read_source(
    const char *text, struct target *source, char error[OPTION_ERROR_SIZE])
{
	char *colon;
	int status = 0;

	*source = (struct target){0};
	(void)snprintf(source->text, sizeof(source->text), "%s", text);
	if (text[strspn(text, "0123456789")] == '\0')
		return refuse(STATUS_USAGE, error,
		    "not a host; a port alone is written ':PORT'", text);
	colon = find_colon(source->text);
	if (colon)
		*colon = '\0';
	if (colon != source->text)
		status = read_host(source, source->text, true, error);
	if (status != STATUS_GO_ON || !colon)
		return status;
	source->service = colon + 1;
	if (read_port(source, true, error) == 0)
		return STATUS_GO_ON;
	return refuse(STATUS_USAGE, error, "not a port", source->service);
}

static int
refuse(enum status status, char *error, const char *why, const char *text)
{
	(void)snprintf(error, OPTION_ERROR_SIZE, "%s: '%s'", why, text);
	return status;
}

/* A word that begins like a number has to be a valid number. */
static int
read_port(struct target *target, bool numeric, char *error)
{
	const char *text = target->service;
	size_t digits = strspn(text, "0123456789");
	const struct servent *service;
	long n = strtol(text, NULL, 10);

	if (digits > 0 && text[digits] == '\0' && n <= 65535) {
		target->port = (int)n;
		return STATUS_GO_ON;
	}
	if (text[0] == '\0' || digits > 0 || strchr("+-", text[0]) ||
	    isspace((unsigned char)text[0]))
		return refuse(STATUS_USAGE, error, "not a port", text);
	service = numeric ? NULL : getservbyname(text, "tcp");
	if (!service)
		return refuse(STATUS_RESOLVE, error, "unknown service", text);
	target->port = ntohs((uint16_t)service->s_port);
	return STATUS_GO_ON;
}

/* Skips "tcp://"; refuses any other URL, a path and HOST/PORT. */
static int
skip_scheme(char **word, char *error)
{
	static const char tcp[] = "tcp://", local[] = "unix:";

	if (strncmp(*word, tcp, strlen(tcp)) == 0)
		*word += strlen(tcp);
	if (strncmp(*word, local, strlen(local)) == 0)
		return refuse(STATUS_USAGE, error,
		    "Unix sockets are not supported", *word);
	if (strstr(*word, "://"))
		return refuse(STATUS_USAGE, error,
		    "only URLs of the form tcp://HOST:PORT are understood",
		    *word);
	if (strchr(*word, '/'))
		return refuse(STATUS_USAGE, error,
		    "a host has no '/'; write HOST:PORT", *word);
	return STATUS_GO_ON;
}

/*
 * Removes the brackets of "[::1]", which are not part of the host.  Without
 * NEED_HOST, "*" stands for every address.  Digits alone are refused: the
 * resolver would read the 1234 of "listen 1234 4321" as an IPv4 address.
 */
static int
read_host(struct target *target, char *host, bool need_host, char *error)
{
	size_t len = strlen(host);

	if (!need_host && strcmp(host, "*") == 0)
		return STATUS_GO_ON;
	if (len == 0)
		return refuse(STATUS_USAGE, error, "empty host", host);
	if (strspn(host, "0123456789") == len)
		return refuse(
		    STATUS_USAGE, error, "a host is not a number alone", host);
	target->host = host;
	if (host[0] != '[')
		return STATUS_GO_ON;
	if (len < 3 || host[len - 1] != ']')
		return refuse(STATUS_USAGE, error, "not a host", host);
	host[len - 1] = '\0';
	target->host = host + 1;
	return STATUS_GO_ON;
}

/*
 * The colon that ends the host of HOST:PORT, or NULL.  Two colons without
 * brackets are an IPv6 address, which has no port.
 */
static char *
find_colon(char *word)
{
	char *colon = strrchr(word, ':');

	if (!colon || (word[0] == '[' && colon[-1] != ']') ||
	    (word[0] != '[' && strchr(word, ':') != colon))
		return NULL;
	return colon;
}

/* Reads one word: HOST:PORT, or PORT alone if no host is needed. */
static int
split_word(char *word, bool need_host, struct target *target, char *error)
{
	char *colon = find_colon(word);

	if (colon) {
		*colon = '\0';
		target->service = colon + 1;
		if (colon == word && !need_host)
			return STATUS_GO_ON;
		return read_host(target, word, need_host, error);
	}
	if (need_host || strchr(word, ':') || word[0] == '[')
		return refuse(STATUS_USAGE, error, "no port", word);
	target->service = word;
	return STATUS_GO_ON;
}

int
find_target(const struct run *run, const struct operands *operands,
    bool need_host, int least, struct target *target)
{
	char error[OPTION_ERROR_SIZE];
	int status;

	status = read_target(
	    operands, need_host, run->options->numeric, target, error);
	if (status == STATUS_USAGE)
		return usage_error(run, "%s", error);
	if (status != STATUS_GO_ON)
		return fail(run, status, "%s: %s", run->command, error);
	if (target->port < least)
		return usage_error(run, "not a port: '%s'", target->service);
	return STATUS_GO_ON;
}
