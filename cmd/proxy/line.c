/* SPDX-License-Identifier: ISC */
#include "header.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../text.h"

/* The longest line, with its CRLF. */
#define LINE_SIZE 107

/* The family, both addresses, both ports. */
#define FIELDS 5

static const char word[] = "PROXY ";

static bool
read_port(const char *text, int *port)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 5 || text[digits] != '\0' ||
	    (text[0] == '0' && digits > 1))
		return false;
	*port = (int)strtol(text, NULL, 10);
	return *port <= 65535;
}

static bool
read_end(
    int family, const char *address, const char *port, struct proxy_end *end)
{
	return inet_pton(family, address, end->address) == 1 &&
	    read_port(port, &end->port);
}

static enum proxy_verdict
read_fields(char *line, struct proxy_header *h)
{
	char *fields[FIELDS];

	for (int i = 0; i < FIELDS; i++) {
		fields[i] = strsep(&line, " ");
		if (!fields[i])
			return PROXY_INVALID;
	}
	if (strcmp(fields[0], "TCP4") == 0)
		h->family = AF_INET;
	else if (strcmp(fields[0], "TCP6") == 0)
		h->family = AF_INET6;
	else
		return PROXY_INVALID;
	return !line && read_end(h->family, fields[1], fields[3], &h->remote) &&
		read_end(h->family, fields[2], fields[4], &h->local)
	    ? PROXY_COMPLETE
	    : PROXY_INVALID;
}

/* "UNKNOWN", alone or with anything after a space. */
static bool
is_unknown(const char *line, size_t len)
{
	static const char unknown[] = "UNKNOWN";
	const size_t n = sizeof(unknown) - 1;

	return len >= n && memcmp(line, unknown, n) == 0 &&
	    (len == n || line[n] == ' ');
}

enum proxy_verdict
read_proxy_line(const uint8_t *bytes, size_t n, struct proxy_header *h)
{
	const size_t first = sizeof(word) - 1;
	const size_t most = n < LINE_SIZE ? n : LINE_SIZE;
	const char *end = memmem(bytes, most, "\r\n", 2);
	const char *from = (const char *)bytes + first;
	char line[LINE_SIZE];
	size_t len;

	if (memcmp(bytes, word, n < first ? n : first) != 0)
		return PROXY_INVALID;
	if (!end)
		return n < LINE_SIZE ? PROXY_INCOMPLETE : PROXY_INVALID;
	len = (size_t)(end - from);
	*h =
	    (struct proxy_header){.size = first + len + 2, .family = AF_UNSPEC};
	if (is_unknown(from, len))
		return PROXY_COMPLETE;
	memcpy(line, from, len);
	line[len] = '\0';
	return strlen(line) == len ? read_fields(line, h) : PROXY_INVALID;
}

size_t
write_proxy_line(const struct proxy_header *h, uint8_t bytes[PROXY_HEADER_SIZE])
{
	char remote[INET6_ADDRSTRLEN], local[INET6_ADDRSTRLEN];
	char *line = (char *)bytes;

	if (h->family != AF_INET && h->family != AF_INET6) {
		format_text(line, LINE_SIZE + 1, "%sUNKNOWN\r\n", word);
		return strlen(line);
	}
	/* Neither can fail. */
	(void)inet_ntop(h->family, h->remote.address, remote, sizeof(remote));
	(void)inet_ntop(h->family, h->local.address, local, sizeof(local));
	format_text(line, LINE_SIZE + 1, "%s%s %s %s %d %d\r\n", word,
	    h->family == AF_INET ? "TCP4" : "TCP6", remote, local,
	    h->remote.port, h->local.port);
	return strlen(line);
}
