/* SPDX-License-Identifier: ISC */
#include "ending.h"

#include <errno.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/compat/system_calls.h"
#include "clock.h"
#include "status.h"

/* The signals that by default would end tcpu before it has cleaned up, besides
 * real-time signals. */
static const int ending_signals[] = {
#ifdef SIGSTKFLT
    SIGSTKFLT,
#endif
    SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, SIGUSR1, SIGUSR2, SIGVTALRM,
    SIGPROF, SIGXCPU, SIGIO, SIGPWR};

/* us between two interruptions of a call that goes on beyond the limit */
#define AGAIN 100000

static void block(const struct ending *e, sigset_t *before);
static void *await_signal(void *ending);
static void *await_limit(void *ending);
static void *await_process(void *ending);
static int start(void *(*thunk)(void *), struct ending *e);

static bool
signal_is_ignored(int number)
{
	struct sigaction old;

	return sigaction(number, NULL, &old) == 0 && old.sa_handler == SIG_IGN;
}

void
block_signals(struct ending *e)
{
	const struct sigaction standard = {.sa_handler = SIG_DFL};

	(void)sigemptyset(&e->awaited);
	for (size_t i = 0; i < sizeof(ending_signals) / sizeof(int); i++)
		(void)sigaddset(&e->awaited, ending_signals[i]);
	for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
		(void)sigaddset(&e->awaited, number);
	block(e, &e->inherited);
	(void)sigaction(SIGCHLD, &standard, &e->sigchld);
}

static void
block(const struct ending *e, sigset_t *before)
{
	sigset_t blocked = e->awaited;

	(void)sigaddset(&blocked, SIGPIPE);
	(void)sigaddset(&blocked, SIGXFSZ);
	(void)sigaddset(&blocked, SIGTTIN);
	(void)sigprocmask(SIG_BLOCK, &blocked, before);
}

void
unblock_signals(const struct ending *e)
{
	(void)sigprocmask(SIG_SETMASK, &e->inherited, NULL);
}

void
restore_signals(const struct ending *e)
{
	(void)sigaction(SIGCHLD, &e->sigchld, NULL);
	unblock_signals(e);
}

static volatile sig_atomic_t too_late;

static void
note_limit(int number)
{
	(void)number;
	too_late = 1;
}

/* The signal comes again and again, as the first may come just before a system
 * call. */
void
begin_blocking(struct ending *e, int timeout)
{
	const struct sigaction interrupt = {.sa_handler = note_limit};
	const struct itimerval limit = {.it_interval.tv_usec = AGAIN,
	    .it_value = {timeout / 1000, timeout % 1000 * 1000 + 1}};
	sigset_t one;

	unblock_signals(e);
	if (timeout == -1)
		return;
	(void)sigemptyset(&one);
	(void)sigaddset(&one, SIGALRM);
	(void)sigaction(SIGALRM, &interrupt, &e->sigalrm);
	(void)setitimer(ITIMER_REAL, &limit, NULL);
	(void)sigprocmask(SIG_UNBLOCK, &one, NULL);
}

bool
end_blocking(const struct ending *e, int timeout)
{
	const struct itimerval none = {.it_value = {0, 0}};

	if (timeout != -1)
		(void)setitimer(ITIMER_REAL, &none, NULL);
	block(e, NULL);
	if (timeout != -1)
		(void)sigaction(SIGALRM, &e->sigalrm, NULL);
	return too_late;
}

/* Blocks a signal and adds it to those that the signalfd reports. */
static void
await_too(struct ending *e, int number)
{
	(void)sigaddset(&e->awaited, number);
	(void)sigprocmask(SIG_BLOCK, &e->awaited, NULL);
	if (e->signals > 0)
		(void)signalfd(e->signals, &e->awaited, 0); /* updates it */
}

int
watch_endings(struct ending *e, int timeout)
{
	if (getpid() == 1) /* orphaned processes become its children */
		await_too(e, SIGCHLD);
	e->worker = tcp_current_thread();
	e->timeout = timeout;
	if (!tcp_thread_p(e->worker))
		return -1;
	if (timeout != -1 && start(await_limit, e) == -1)
		return -1;
	return start(await_signal, e);
}

int
watch_process(struct ending *e, int pid, int status)
{
	e->pid = pid;
	e->process_status = status;
	e->process = system_pidfd_open(pid);
	if (e->process == -1)
		return -1;
	return start(await_process, e);
}

void
watch_children(struct ending *e, const struct children *children)
{
	e->children = *children;
	if (signal_is_ignored(SIGTSTP))
		return;
	await_too(e, SIGTSTP);
	await_too(e, SIGCONT);
}

void
forget_process(struct ending *e)
{
	e->process_status = 0;
}

void
die(const struct ending *e)
{
	sigset_t one;

	(void)signal(e->signal, SIG_DFL);
	(void)sigemptyset(&one);
	(void)sigaddset(&one, e->signal);
	(void)sigprocmask(SIG_UNBLOCK, &one, NULL);
	(void)raise(e->signal);
	_exit(STATUS_SIGNAL + e->signal);
}

static int
start(void *(*thunk)(void *), struct ending *e)
{
	tcp_thread t = tcp_thread_start(thunk, e);

	return tcp_thread_p(t) ? tcp_thread_detach(t) : -1;
}

void
end_run(struct ending *e, int status)
{
	if (e->over)
		return;
	e->over = true;
	e->status = status;
	(void)tcp_thread_terminate(e->worker);
}

/* Ends the run if waiting fails: its end would never be noticed. */
static void
fail_run(struct ending *e)
{
	if (!e->over)
		e->code = errno;
	end_run(e, STATUS_FAILED);
}

/* Returns the number of the next signal; 0 if none comes within LIMIT. */
static int
next_signal(int fd, int limit)
{
	struct signalfd_siginfo info;

	if (tcp_wait_fd(fd, TCPUNIT_READABLE, limit) == -1 ||
	    read(fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	return (int)info.ssi_signo;
}

static void
pass_on(const struct ending *e, int number)
{
	if (e->children.pass_on)
		e->children.pass_on(e->children.of, number);
}

/* Stops tcpu and its children.  It also continues the children by itself: if
 * tcpu has no parent in its session, the kernel does not stop it, and then no
 * SIGCONT will come. */
static void
stop(const struct ending *e)
{
	sigset_t one;

	(void)sigemptyset(&one);
	(void)sigaddset(&one, SIGTSTP);
	pass_on(e, SIGTSTP);
	(void)raise(SIGTSTP);
	(void)sigprocmask(SIG_UNBLOCK, &one, NULL); /* stops here */
	(void)sigprocmask(SIG_BLOCK, &one, NULL);
	pass_on(e, SIGCONT);
}

static void
reap_all(const struct ending *e)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (e->children.note)
			e->children.note(e->children.of, pid, status);
	}
}

/* Returns whether the signal ends the run; handles any other signal.  One that
 * was ignored at the start ends nothing.  0 stands for a failure, which does,
 * and whose errno stays. */
static bool
ends(const struct ending *e, int number)
{
	if (number == SIGTSTP)
		stop(e);
	else if (number == SIGCONT)
		pass_on(e, number);
	else if (number == SIGCHLD)
		reap_all(e);
	else
		return number == 0 || !signal_is_ignored(number);
	return false;
}

/* The number of the next signal that ends the run; 0 if none comes within
 * LIMIT, which is -1 or a time. */
static int
next_end(const struct ending *e, int limit)
{
	const int64_t deadline = now() + limit;
	int64_t left = limit;
	int number;

	do {
		number = next_signal(e->signals, (int)left);
		if (limit != -1)
			left = deadline > now() ? deadline - now() : 0;
	} while (!ends(e, number));
	return number;
}

static void *
await_signal(void *ending)
{
	struct ending *e = ending;
	int number = 0;

	e->signals = signalfd(-1, &e->awaited, SFD_CLOEXEC | SFD_NONBLOCK);
	if (e->signals != -1)
		number = next_end(e, -1);
	if (number == 0)
		fail_run(e);
	if (e->over)
		return NULL;
	e->signal = number;
	if (e->drain > 0) {
		(void)tcp_close(e->listener); /* or it is closed already */
		(void)next_end(e, e->drain);  /* or a second signal */
	}
	end_run(e, STATUS_SIGNAL + number);
	return NULL;
}

/* A part of the time may be over before the library is used. */
static void *
await_limit(void *ending)
{
	struct ending *e = ending;
	const int64_t left = e->begin + e->timeout - now();

	if (tcp_thread_sleep(left > 0 ? (int)left : 0) == 0)
		end_run(e, STATUS_TIMEOUT);
	else
		fail_run(e);
	return NULL;
}

static void *
await_process(void *ending)
{
	struct ending *e = ending;

	int waited = tcp_wait_fd(e->process, TCPUNIT_READABLE, -1);

	if (e->process_status == 0)
		return NULL;
	if (waited != -1)
		end_run(e, e->process_status);
	else
		fail_run(e);
	return NULL;
}
