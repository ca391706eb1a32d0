/* SPDX-License-Identifier: ISC */
/*
 * The green threads of a program, and the call that each of them is in.
 */
#ifndef SIM_TASK_H
#define SIM_TASK_H

#include <tcpunit.h>

#include <stdbool.h>
#include <stdint.h>

#include "file.h"

struct sim_mutex;
struct sim_mailbox;
struct sim_group;

struct sim_call {
	const char *name;
	/* Whether the call does not have to wait, or did not have to at time
	 * BY. */
	bool (*ready)(const struct sim_call *, int64_t by);
	struct sim_file *in, *out; /* the files that it waits for */
	struct sim_task *target;   /* the thread that it waits for */
	const struct sim_mutex *mutex;
	const struct sim_mailbox *mailbox;
	const struct sim_group *group;
	const int64_t *since; /* when what it waits for came, or SIM_NEVER */
	uint64_t signals;     /* a bit for each number */
	const bool *closed;   /* whether its object is closed */
	int64_t begun;
	int64_t asked;    /* when it last read the clock */
	int64_t deadline; /* SIM_NEVER: none */
	bool sleep;
	bool inside;       /* no event from outside could end it */
	uint64_t ready_at; /* the step; 0: not ready */
	unsigned moves;    /* at that step */
	uint64_t late_at;  /* the turn in which the deadline had passed */
};

struct sim_task {
	unsigned number;
	void (*f)(void *);
	void *arg;
	tcp_thread thread;
	struct sim_call *call; /* NULL: it runs, or has not begun */
	bool begun, ended, joined, detached;
	bool grouped; /* the library may terminate it at any time */
	int64_t ended_at;
	int64_t deadline;            /* for all its calls, or 0 */
	enum tcp_error_kind failure; /* of the last call */
	char *memory;                /* for its calls */
	size_t room;
	unsigned tries;        /* successive calls that timed out */
	bool terminated;       /* and has not seen the error yet */
	unsigned terminations; /* whose error it has not seen yet */
	uintptr_t base;        /* the highest address of its stack in use */
	uint64_t ready_at;     /* the step; used until it begins */
};

enum { SIM_MAX_TASKS = 256 };

void sim_tasks_start(void);
struct sim_task *sim_task_new(void (*f)(void *), void *arg);
/* Starts a task in G, unless G is the null handle. */
struct sim_task *sim_task_in(tcp_group g, void (*f)(void *), void *arg);
struct sim_task *sim_task_self(void);

/* Returns memory for the task's next call, at least N bytes. */
char *sim_task_memory(size_t n);

/* Enumerates all tasks. */
struct sim_task *sim_task_at(unsigned i); /* NULL: no more */
unsigned sim_tasks_alive(void);
/* To be called when tcp_shutdown has ended all tasks but the running one. */
void sim_tasks_vanish(void);

/* Spends time without calling the library. */
void sim_compute(int64_t ns);

#endif
