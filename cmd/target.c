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
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <tcpunit.h>
#include <unistd.h>

#include "text.h"

static int refuse(
    enum status status, char *error, const char *why, const char *text);
static int read_unix(const char *word, struct target *target, char *error);
static int skip_scheme(const char **word, char *error);
static int split_word(
    const char *word, bool need_host, struct target *target, char *error);
static int read_host(
    const char *word, bool need_host, struct target *target, char *error);
static bool split(const char *word, struct target *target, const char **port);
static int check_host(struct target *target, char *error);
static int read_port(struct target *target, bool numeric, char *error);

static const char unix_scheme[] = "unix:";

bool
is_unix_word(const char *word)
{
	return strncmp(word, unix_scheme, sizeof(unix_scheme) - 1) == 0;
}

bool
is_number(const char *word)
{
	return *word && !word[strspn(word, "0123456789")];
}

int
read_target(const struct operands *operands, bool need_host, bool numeric,
    struct target *target, char error[OPTION_ERROR_SIZE])
{
	char **words = operands->words;
	const char *first;
	int status;

	*target = (struct target){0};
	if (operands->count == 0)
		return refuse(STATUS_USAGE, error, "missing operand",
		    need_host ? "HOST" : "PORT");
	if (operands->count > 2)
		return refuse(STATUS_USAGE, error, "extra operand", words[2]);
	first = words[0];
	if (is_unix_word(first) && operands->count == 2)
		return refuse(STATUS_USAGE, error, "extra operand", words[1]);
	if (is_unix_word(first))
		return read_unix(first, target, error);
	status = skip_scheme(&first, error);
	if (status != STATUS_GO_ON)
		return status;
	if (operands->count == 1) {
		format_text(target->text, sizeof(target->text), "%s", first);
		status = split_word(first, need_host, target, error);
	} else {
		join_target(
		    target->text, sizeof(target->text), first, words[1]);
		target->service = words[1];
		status = read_host(first, need_host, target, error);
	}
	return status ? status : read_port(target, numeric, error);
}

void
join_target(char *text, size_t size, const char *host, const char *service)
{
	const int len = tcp_host_port(host, 0, text, size);

	if ((size_t)len < size)
		format_text(text + len, size - (size_t)len, ":%s", service);
}

int
read_source(
    const char *text, struct target *source, char error[OPTION_ERROR_SIZE])
{
	int status = STATUS_GO_ON;

	*source = (struct target){0};
	if (is_unix_word(text))
		return read_unix(text, source, error);
	if (!*text || is_number(text))
		return refuse(STATUS_USAGE, error,
		    "not a host; a port alone is written ':PORT'", text);
	if (!split(text, source, &source->service))
		return refuse(STATUS_USAGE, error, "not a host", text);
	if (text[0] != ':')
		status = check_host(source, error);
	if (status != STATUS_GO_ON || !source->service)
		return status;
	if (read_port(source, true, error) == STATUS_GO_ON)
		return STATUS_GO_ON;
	return refuse(STATUS_USAGE, error, "not a port", source->service);
}

static int
refuse(enum status status, char *error, const char *why, const char *text)
{
	format_text(error, OPTION_ERROR_SIZE, "%s: '%s'", why, text);
	return status;
}

/* The library would refuse these paths too, but not as a usage error. */
static int
read_unix(const char *word, struct target *target, char *error)
{
	const size_t most = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
	const char *path = word + sizeof(unix_scheme) - 1;

	if (!*path || strcmp(path, "@") == 0)
		return refuse(STATUS_USAGE, error, "no path", word);
	if (strlen(path) > most)
		return refuse(STATUS_USAGE, error,
		    "the path of a socket has at most 107 bytes", word);
	target->is_unix = true;
	target->host = word;
	target->service = "";
	format_text(target->text, sizeof(target->text), "%s", word);
	return STATUS_GO_ON;
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
		return refuse(STATUS_RESOLVE, error,
		    numeric || access("/etc/services", F_OK) == 0
			? "unknown service"
			: "there is no /etc/services to look it up in",
		    text);
	target->port = ntohs((uint16_t)service->s_port);
	return STATUS_GO_ON;
}

/* Skips "tcp://"; refuses any other URL, a path and HOST/PORT. */
static int
skip_scheme(const char **word, char *error)
{
	static const char tcp[] = "tcp://";

	if (strncmp(*word, tcp, strlen(tcp)) == 0)
		*word += strlen(tcp);
	if (strstr(*word, "://"))
		return refuse(STATUS_USAGE, error,
		    "only URLs of the form tcp://HOST:PORT are understood",
		    *word);
	if (strchr(*word, '/'))
		return refuse(STATUS_USAGE, error,
		    "a host has no '/'; write HOST:PORT", *word);
	return STATUS_GO_ON;
}

/* Returns false if it is no host, or longer than any name. */
static bool
split(const char *word, struct target *target, const char **port)
{
	const int len =
	    tcp_split_host_port(word, target->name, sizeof(target->name), port);

	return len >= 0 && len < (int)sizeof(target->name);
}

/* Digits alone are refused: the resolver would read the 1234 of "listen 1234
 * 4321" as an IPv4 address. */
static int
check_host(struct target *target, char *error)
{
	const char *name = target->name;

	if (name[0] == '\0')
		return refuse(STATUS_USAGE, error, "empty host", name);
	if (is_number(name))
		return refuse(
		    STATUS_USAGE, error, "a number alone is not a host", name);
	target->host = name;
	return STATUS_GO_ON;
}

/* Reads one word: HOST:PORT, or PORT alone if no host is needed. */
static int
split_word(const char *word, bool need_host, struct target *target, char *error)
{
	if (!need_host && !strpbrk(word, ":[")) {
		target->service = word;
		return STATUS_GO_ON;
	}
	if (!split(word, target, &target->service))
		return refuse(STATUS_USAGE, error, "not a host", word);
	if (!target->service)
		return refuse(STATUS_USAGE, error, "no port", word);
	if (!need_host && (word[0] == ':' || strncmp(word, "*:", 2) == 0))
		return STATUS_GO_ON;
	return check_host(target, error);
}

/* Reads the first of two words, HOST and PORT. */
static int
read_host(const char *word, bool need_host, struct target *target, char *error)
{
	const char *port;

	if (!need_host && strcmp(word, "*") == 0)
		return STATUS_GO_ON;
	if (!split(word, target, &port))
		return refuse(STATUS_USAGE, error, "not a host", word);
	if (!port)
		return check_host(target, error);
	target->host = word; /* which is not a host: looking it up will fail */
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
	if (target->is_unix && run->options->family)
		return usage_error(run, "--ipv4 and --ipv6 are for TCP");
	if (!target->is_unix && target->port < least)
		return usage_error(run, "not a port: '%s'", target->service);
	return STATUS_GO_ON;
}
