/* SPDX-License-Identifier: ISC */
#include "unix_address.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Room for a quoted name in which each byte is escaped, as in $'\001'. */
_Static_assert(
    TCPUNIT_ADDRLEN > 4 + 4 * sizeof(((struct sockaddr_un *)0)->sun_path),
    "any name fits");

static const char scheme[] = "unix:";

/* How a name has to be written so that sh takes it as one word. */
enum quoting { PLAIN, QUOTED, ESCAPED };

static size_t read_name(const struct tu_unix_address *, char *);
static enum quoting quoting_of(const char *, size_t);
static char *quote(char *, char, enum quoting);

bool
tu_unix_p(const char *host)
{
	return strncmp(host, scheme, sizeof(scheme) - 1) == 0;
}

const char *
tu_unix_read(const char *host, struct tu_unix_address *a)
{
	const char *name = host + sizeof(scheme) - 1;
	size_t n = strlen(name);

	memset(a, 0, sizeof(*a));
	a->un.sun_family = AF_UNIX;
	if (n == 0 || strcmp(name, "@") == 0)
		return "there is no path";
	if (n >= sizeof(a->un.sun_path))
		return "the path is longer than 107 bytes";
	memcpy(a->un.sun_path, name, n);
	if (name[0] == '@')
		a->un.sun_path[0] = '\0';
	else
		n++; /* its NUL */
	a->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	return NULL;
}

bool
tu_unix_is_path(const struct tu_unix_address *a)
{
	return a->length > offsetof(struct sockaddr_un, sun_path) &&
	    a->un.sun_path[0] != '\0';
}

void
tu_unix_text(const struct tu_unix_address *a, char text[TCPUNIT_ADDRLEN])
{
	char name[sizeof(a->bytes) + 2];
	size_t n = read_name(a, name);
	enum quoting quoting = quoting_of(name, n);

	if (quoting == ESCAPED)
		*text++ = '$';
	if (quoting != PLAIN)
		*text++ = '\'';
	for (size_t i = 0; i < n; i++)
		text = quote(text, name[i], quoting);
	if (quoting != PLAIN)
		*text++ = '\'';
	*text = '\0';
}

/* Stores the name without quoting and returns its length.  A path that begins
 * with "@" gets "./" in front, so that it differs from an abstract name. */
static size_t
read_name(const struct tu_unix_address *a, char *name)
{
	const char *from = a->un.sun_path;
	size_t n = 0, len = 0;

	if (a->length > offsetof(struct sockaddr_un, sun_path))
		n = a->length - offsetof(struct sockaddr_un, sun_path);
	if (tu_unix_is_path(a)) {
		n = strnlen(from, n);
		if (from[0] == '@') {
			name[len++] = '.';
			name[len++] = '/';
		}
	}
	memcpy(name + len, from, n);
	if (n > 0 && from[0] == '\0')
		name[0] = '@';
	return len + n;
}

static bool
is_control(char c)
{
	return (unsigned char)c < ' ' || c == '\x7f';
}

static enum quoting
quoting_of(const char *name, size_t n)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_./@%+,:=-";
	enum quoting quoting = PLAIN;

	for (size_t i = 0; i < n; i++) {
		if (is_control(name[i]))
			return ESCAPED;
		if (strchr(safe, name[i]) == NULL)
			quoting = QUOTED;
	}
	return quoting;
}

/* Appends one byte.  Within '...' only a quote is special; $'...', for names
 * with control characters, keeps the text one line. */
static char *
quote(char *text, char c, enum quoting quoting)
{
	if (quoting == ESCAPED && is_control(c))
		return text + sprintf(text, "\\%03o", (unsigned char)c);
	if (quoting == QUOTED && c == '\'')
		return stpcpy(text, "'\\''");
	if (quoting == ESCAPED && (c == '\'' || c == '\\'))
		*text++ = '\\';
	*text++ = c;
	return text;
}

void
tu_unix_end(int fd, int (*ask)(int, struct sockaddr *, socklen_t *),
    char text[TCPUNIT_ADDRLEN])
{
	struct tu_unix_address a;

	a.length = sizeof(a.bytes);
	if (ask(fd, &a.sa, &a.length) == -1)
		a.length = 0;
	tu_unix_text(&a, text);
}

void
tu_unix_name(int fd, char *out)
{
	char *text = stpcpy(out, scheme);

	tu_unix_end(fd, getpeername, text);
	if (*text == '\0')
		tu_unix_end(fd, getsockname, text);
	if (*text == '\0')
		strcpy(out, "a Unix socket");
}
