/* SPDX-License-Identifier: ISC */
/*
 * ending.h - what ends a run before its work is done: a signal, --timeout, the
 * end of another process.  Each is awaited by a green thread of its own, which
 * terminates the one that runs the command: whatever that waits for fails, it
 * returns, and the status is the one kept here.  Work may be left some time to
 * finish after the first signal.
 */
#ifndef TCPU_ENDING_H
#define TCPU_ENDING_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>
#include <tcpunit.h>

/* Whom signals concern that do not end the run. */
struct children {
	void (*pass_on)(void *of, int number);         /* SIGTSTP, SIGCONT */
	void (*note)(void *of, pid_t pid, int status); /* that of waitpid(2) */
	void *of;
};

struct ending {
	tcp_thread worker;
	sigset_t inherited;       /* the signal mask tcpu was started with */
	struct sigaction sigchld; /* the same */
	sigset_t awaited;         /* the signals that end the run, and others */
	int signals;              /* the signalfd for them; 0 none yet */
	struct children children;
	int timeout;           /* ms, from the command line; -1 none */
	int pid;               /* of --until-exit */
	int process;           /* its pidfd */
	int process_status;    /* the run's when it ends; 0: none */
	int drain;             /* ms between the first signal and the end */
	tcp_listener listener; /* closed by that signal, where there is drain */
	bool stdout_failed;    /* and that has been said */
	bool over;
	int status; /* the run's, where it is over */
	int code;   /* errno, where that is STATUS_FAILED */
	int signal; /* to die of once the run is cleaned up, or 0; with drain
		       it is known before the run is over */
};

/*
 * Blocks the signals that end a run, unless they were ignored at the start,
 * and those whose default action would be in the way: SIGPIPE, as writing says
 * EPIPE too; SIGTTIN, so that a background job's read fails instead.  Gives
 * SIGCHLD its default action, since an ignored one loses the status of a child.
 */
void block_signals(struct ending *e);

/* Back to the mask that tcpu was started with. */
void unblock_signals(const struct ending *e);

/* Undoes block_signals: for a program that is to run.  Safe after vfork(2). */
void restore_signals(const struct ending *e);

/*
 * Starts to wait for the signals and for the time limit; the calling green
 * thread is the one that will be terminated.  Returns 0, or -1 and errno.
 */
int watch_endings(struct ending *e, int timeout);

/* The same for the end of process PID, which gives the run that status; and
 * no more. */
int watch_process(struct ending *e, int pid, int status);
void forget_process(struct ending *e);

/* Ends the run with STATUS, unless it is over already: the first reason
 * counts.  It ends one wait of the worker, whose failure has to be passed on.
 */
void end_run(struct ending *e, int status);

/*
 * From here on children are stopped and continued with tcpu, which is stopped
 * after them; as process 1 tcpu reaps every process that ends, and notes it.
 */
void watch_children(struct ending *e, const struct children *children);

/* Dies of e->signal, as if it had never been blocked. */
_Noreturn void die(const struct ending *e);

#endif
