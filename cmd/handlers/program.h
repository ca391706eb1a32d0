/* SPDX-License-Identifier: ISC */
/*
 * program.h - COMMAND as a program: where it is, what it learns of its
 * connection, and starting it as a process of its own.
 */
#ifndef TCPU_PROGRAM_H
#define TCPU_PROGRAM_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include <tcpunit.h>

#include "../run.h"

struct program {
	char *const *words; /* argv */
	const char *path;   /* from find_program */
	int first; /* the descriptors it is given: 0 and 1, or 6 and 7 */
	const struct ending *ending; /* knows the signals at the start */
	pid_t parent;                /* tcpu */
	bool leader;                 /* of a process group of its own */
};

/*
 * Looks WORDS[0] up as a shell does.  Returns STATUS_GO_ON; or STATUS_NOT_FOUND
 * or STATUS_CANNOT_EXECUTE, having said why.
 */
int find_program(
    const struct run *run, char *const *words, char path[PATH_MAX]);

/* The status for a program that could not be started, with errno CODE. */
enum status program_failure(int code);

/* Whether it says that processes, descriptors or memory have run out. */
bool is_shortage(int code);

/*
 * Processes, descriptors and memory come back, as others end.  Where CODE is
 * that they have run out, says so for WHAT the first time, and waits (parks) a
 * little.  Returns 0; or -1 where it is something else, or the run is over.
 */
int wait_out_shortage(
    const struct run *run, const char *what, int code, bool *said);

/* The variables of UCSPI: PROTO, TCPLOCALIP, TCPLOCALPORT, TCPREMOTEIP,
 * TCPREMOTEPORT, TCPCONNNUM. */
#define VARIABLES 6

/* Where they are: environ(7) points here, once they are set. */
struct environment {
	char variables[VARIABLES][16 + TCPUNIT_ADDRLEN];
};

/* Takes out what was about another connection, or for this process alone: the
 * sockets it was given, its service manager. */
void clean_environment(void);

/*
 * Describes the connection of a port; NUMBER is that of its peer's connections.
 * Returns 0, or -1 with ENOMEM.
 */
int set_environment(struct environment *e, tcp_port port, int number);

/*
 * Starts the program with INPUT and OUTPUT as p->first and the next, stdin,
 * stdout and stderr, and no other descriptor.  It gets SIGTERM if tcpu dies
 * first.  Returns its process id, or -1 with errno.
 */
pid_t start_program(const struct program *p, int input, int output);

/* The same with two pipes, and their other ends: what it writes, which does not
 * block, and what it reads. */
pid_t start_with_pipes(const struct program *p, int ours[2]);

#endif
