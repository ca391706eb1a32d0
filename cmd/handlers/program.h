/* SPDX-License-Identifier: ISC */
/*
 * program.h - finds COMMAND in PATH, describes the connection in its
 * environment, and starts it as a process.
 */
#ifndef TCPU_PROGRAM_H
#define TCPU_PROGRAM_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include <tcpunit-tls.h>

#include "../listing.h"
#include "../run.h"

struct program {
	char *const *words; /* argv */
	char **script;      /* from script_words */
	const char *path;   /* from find_program */
	int first; /* the first of its descriptors: 0, or 6 for 6 and 7 */
	const struct ending *ending; /* has the signal mask at the start */
	pid_t parent;                /* tcpu */
	bool leader;                 /* it leads a process group */
};

/*
 * Looks WORDS[0] up as a shell does.  Returns STATUS_GO_ON; or STATUS_NOT_FOUND
 * or STATUS_CANNOT_EXECUTE, having said why.
 */
int find_program(
    const struct run *run, char *const *words, char path[PATH_MAX]);

/* The words with which a shell runs a script that has no line #!.  The caller
 * frees them; NULL with ENOMEM. */
char **script_words(const char *path, char *const *words);

/* Executes the program, as execvp(3) of glibc does.  Returns only if it fails,
 * with errno. */
void execute(const char *path, char *const *words, char *const *script);

/* The status for a program that could not be started, with errno CODE. */
enum status program_failure(int code);

/* Whether CODE reports a shortage of processes, descriptors or memory. */
bool is_shortage(int code);

/*
 * Waits (parks) a little if CODE reports a shortage of processes, descriptors
 * or memory, which other processes free when they end.  Reports the first
 * shortage, for WHAT.  Returns 0; or -1 if CODE is another error, or if the run
 * is over.
 */
int wait_out_shortage(
    const struct run *run, const char *what, int code, bool *said);

/*
 * The variables of UCSPI: PROTO, TCPLOCALIP, TCPLOCALPORT, TCPREMOTEIP,
 * TCPREMOTEPORT, TCPCONNNUM; or PROTO, UNIXLOCALPATH, UNIXREMOTEPATH,
 * UNIXREMOTEPID, UNIXREMOTEEUID, UNIXREMOTEEGID, UNIXCONNNUM.
 */
#define VARIABLES 7

/* TLS_PROTOCOL, TLS_CIPHER, TLS_SNI, TLS_PEER. */
#define TLS_VARIABLES 4

/* The memory of these variables: environ(7) points here once they are set. */
struct environment {
	char variables[VARIABLES][16 + TCPUNIT_ADDRLEN];
	char tls[TLS_VARIABLES][16 + TCPUNIT_TLS_TEXT];
};

/* Removes variables that are meant for tcpu alone: its inherited sockets and
 * its service manager. */
void clean_environment(void);

/*
 * Sets the variables for the connection of socket FD with these ends, and
 * removes those of any other; NUMBER is the number of connections of its peer.
 * Returns 0, or -1 with ENOMEM.
 */
int set_environment(
    struct environment *e, int fd, const struct ends *ends, int number);

/* Sets the variables of TLS; with NULL it only removes them. */
int set_tls_environment(
    struct environment *e, const struct tcp_tls_facts *facts);

/*
 * Starts the program.  It gets INPUT as descriptor p->first, OUTPUT as the
 * next, the other ones of stdin, stdout and stderr, and no further descriptor;
 * and it gets SIGTERM if tcpu dies first.  Returns its process id, or -1 with
 * errno.
 */
pid_t start_program(const struct program *p, int input, int output);

/* The same with two pipes, of which tcpu gets the other ends: OURS[0] reads the
 * output of the program without blocking, and OURS[1] writes to its input. */
pid_t start_with_pipes(const struct program *p, int ours[2]);

#endif
