/* SPDX-License-Identifier: ISC */
/*
 * target.h - the host and the port of a command line, read strictly.  Nothing
 * here opens a socket; hosts are looked up by the library.
 */
#ifndef TCPU_TARGET_H
#define TCPU_TARGET_H

#include <stdbool.h>

#include "options.h"
#include "run.h"

/* A host and a port, both in usable form and as the user wrote them. */
struct target {
	bool is_unix;        /* the host is "unix:PATH", and there is no port */
	const char *host;    /* the name; NULL if none was given */
	char name[256];      /* without brackets */
	int port;            /* 0 to 65535 */
	const char *service; /* the port as it was written */
	char text[320];      /* "localhost:http", for messages */
};

/* Whether WORD begins with "unix:". */
bool is_unix_word(const char *word);

/* Whether WORD consists of digits. */
bool is_number(const char *word);

/*
 * Reads HOST PORT, HOST:PORT, [V6]:PORT, tcp://HOST:PORT or, unless NEED_HOST,
 * PORT, :PORT or *:PORT from the operands; or unix:PATH, or unix:@NAME.  A PORT
 * may be the name of a service, unless NUMERIC.  Returns STATUS_GO_ON; or the
 * status to end with and a sentence about the error.
 */
int read_target(const struct operands *operands, bool need_host, bool numeric,
    struct target *target, char error[OPTION_ERROR_SIZE]);

/* The same for HOST, HOST:PORT or :PORT of this machine, with a numeric port;
 * or unix:PATH. */
int read_source(
    const char *text, struct target *source, char error[OPTION_ERROR_SIZE]);

/*
 * Reads the target from the operands, by read_target, and refuses a port below
 * LEAST, which is 0 for listen and 1 elsewhere.  Returns STATUS_GO_ON, or the
 * status to end with, having said why.
 */
int find_target(const struct run *run, const struct operands *operands,
    bool need_host, int least, struct target *target);

/* "HOST:SERVICE", for messages; cut if it is longer than SIZE. */
void join_target(
    char *text, size_t size, const char *host, const char *service);

#endif
