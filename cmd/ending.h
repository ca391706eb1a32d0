/* SPDX-License-Identifier: ISC */
/*
 * ending.h - ends a run before its work is done: by a signal, by --timeout, or
 * because another process has ended.  A green thread waits for each of these
 * and then terminates the worker, the thread that runs the command.  A wait of
 * the worker then fails, the command returns, and tcpu exits with the status
 * kept here.  With --drain, work in progress has some time to finish after the
 * first signal.  No signal handler runs then: the signals stay blocked, and a
 * signalfd reports them.
 */
#ifndef TCPU_ENDING_H
#define TCPU_ENDING_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <tcpunit.h>

/* Receives the signals that do not end the run. */
struct children {
	void (*pass_on)(void *of, int number);         /* SIGTSTP and SIGCONT */
	void (*note)(void *of, pid_t pid, int status); /* as from waitpid(2) */
	void *of;
};

struct ending {
	tcp_thread worker;
	sigset_t inherited;       /* the signal mask tcpu was started with */
	struct sigaction sigchld; /* the same */
	struct sigaction sigalrm; /* before begin_blocking */
	sigset_t awaited;         /* all signals that the signalfd reports */
	int signals;              /* the signalfd for them; 0 none yet */
	struct children children;
	int64_t begin;         /* now() at the start of tcpu */
	int timeout;           /* ms, from the command line; -1 none */
	int pid;               /* of --until-exit */
	int process;           /* its pidfd */
	int process_status;    /* of the run when that process ends; 0: none */
	int drain;             /* ms between the first signal and the end */
	tcp_listener listener; /* closed by that signal if drain is set */
	bool stdout_failed;    /* and the failure has been reported */
	bool over;
	int status; /* of the run, once it is over */
	int code;   /* errno, if status is STATUS_FAILED */
	int signal; /* to die of once the run is cleaned up, or 0; with drain
		       it is known before the run is over */
};

/*
 * Blocks the signals that end a run; those that were ignored at the start will
 * end nothing when they are read.  Also blocks those whose default action would
 * be in the way: SIGPIPE and SIGXFSZ, as writing says EPIPE or EFBIG too;
 * SIGTTIN, so that a background job's read fails instead.  Gives SIGCHLD its
 * default action, since an ignored one loses the status of a child.
 */
void block_signals(struct ending *e);

/* Restores the signal mask that tcpu was started with. */
void unblock_signals(const struct ending *e);

/*
 * Between these two calls, before the library is used, system calls may block:
 * signals end tcpu at once, and once TIMEOUT ms (-1: none) have passed, a
 * system call fails with EINTR.  The second returns whether they have.
 */
void begin_blocking(struct ending *e, int timeout);
bool end_blocking(const struct ending *e, int timeout);

/* Undoes block_signals: for a program that is to run.  Safe after vfork(2). */
void restore_signals(const struct ending *e);

/*
 * Starts to wait for the signals and for the time limit; the calling green
 * thread is the one that will be terminated.  Returns 0, or -1 and errno.
 */
int watch_endings(struct ending *e, int timeout);

/* Starts to wait for the end of process PID, which will end the run with
 * STATUS; and stops waiting for it. */
int watch_process(struct ending *e, int pid, int status);
void forget_process(struct ending *e);

/* Ends the run with STATUS, unless it is over already: the first reason counts.
 * This makes one wait of the worker fail, and every caller must pass that
 * failure on. */
void end_run(struct ending *e, int status);

/*
 * From here on, SIGTSTP and SIGCONT are passed on to the children, and tcpu
 * stops after them.  As process 1, tcpu also reaps and reports every process
 * that ends.
 */
void watch_children(struct ending *e, const struct children *children);

/* Dies of e->signal, as if it had never been blocked. */
_Noreturn void die(const struct ending *e);

#endif
