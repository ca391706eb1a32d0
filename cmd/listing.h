/* SPDX-License-Identifier: ISC */
/*
 * listing.h - prints the ends of sockets for tcpu addresses, in the format and
 * the columns that the options ask for; sorted, and each line once.
 */
#ifndef TCPU_LISTING_H
#define TCPU_LISTING_H

#include <stdbool.h>

#include "kernel/unix_socket.h"
#include "run.h"
#include "text.h"

/* The formats for addresses and ports, of all commands. */
enum print {
	PRINT_NONE, /* or the default */
	PRINT_PORT,
	PRINT_ADDRESS, /* and port, as words */
	PRINT_SH,
	PRINT_HOSTPORT
};

/* The options about the output. */
struct listing_options {
	bool local; /* the local end only */
	bool remote;
	bool ip; /* the addresses only */
	bool port;
	enum print format;
};

extern const struct option listing_option_table[];

/* Returns STATUS_GO_ON; or STATUS_USAGE, having said why. */
int check_listing_options(
    const struct run *run, const struct listing_options *options);

/* The ends of a socket; a listening one has no remote end, which is {0}. */
struct end {
	bool is_unix; /* ip is the path, quoted for sh; there is no port */
	char ip[TCPUNIT_ADDRLEN];
	int port;
	char path[UNIX_PATH_SIZE]; /* of a connection, as read_unix_path */
};

struct ends {
	struct end local;
	struct end remote;
	bool passed_on; /* a proxy named them, and they are not the socket's */
};

/* Reads the ends of a connection through one of its open ports. */
void read_ends(tcp_port port, struct ends *ends);

/* Adds "HOST:PORT" or "unix:PATH". */
void add_end(struct text *text, const struct end *end);

struct listing {
	const struct run *run;
	const struct listing_options *options;
	struct text text; /* empty at first */
};

/* Adds a line, unless the socket lacks the end that the options ask for. */
void list_ends(struct listing *l, const struct ends *ends);

/*
 * Writes the lines to stdout and frees the listing.  Returns STATUS_DONE;
 * STATUS_NO if there are no lines; or the status to end with, having said why.
 */
int answer_listing(struct listing *l);

#endif
