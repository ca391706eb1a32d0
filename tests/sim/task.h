/* SPDX-License-Identifier: ISC */
/*
 * The green threads of a program, each with the call that it is in.
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
	/* Whether the call need not wait, or could not at time BY. */
	bool (*ready)(const struct sim_call *, int64_t by);
	struct sim_file *in, *out; /* what it waits for */
	struct sim_task *target;   /* whom */
	const struct sim_mutex *mutex;
	const struct sim_mailbox *mailbox;
	const struct sim_group *group;
	const bool *closed; /* whether that was closed */
	int64_t begun;
	int64_t asked;    /* when it last asked for the time */
	int64_t deadline; /* SIM_NEVER: none */
	bool sleep;
	bool inside;       /* nothing outside could end it */
	uint64_t ready_at; /* in steps; 0: not ready */
	unsigned moves;    /* then */
	uint64_t late_at;  /* in turns, when the deadline had passed */
};

struct sim_task {
	unsigned number;
	void (*f)(void *);
	void *arg;
	tcp_thread thread;
	struct sim_call *call; /* NULL: it runs, or has not begun */
	bool begun, ended, joined, detached;
	bool grouped; /* the library terminates it, at times of its own */
	int64_t ended_at;
	int64_t deadline;            /* of all its calls, or 0 */
	enum tcp_error_kind failure; /* the last one's */
	char *memory;                /* of its calls */
	size_t room;
	unsigned tries;        /* that timed out, one after the other */
	bool terminated;       /* and has not been told */
	unsigned terminations; /* that it has not been told of */
	uintptr_t base;        /* the highest address of its stack in use */
	uint64_t ready_at;     /* before it begins */
};

enum { SIM_MAX_TASKS = 256 };

void sim_tasks_start(void);
struct sim_task *sim_task_new(void (*f)(void *), void *arg);
/* In a group, unless that is the null handle. */
struct sim_task *sim_task_in(tcp_group g, void (*f)(void *), void *arg);
struct sim_task *sim_task_self(void);

/* For the call that it is going to make; at least N bytes. */
char *sim_task_memory(size_t n);

/* All of them. */
struct sim_task *sim_task_at(unsigned i); /* NULL: no more */
unsigned sim_tasks_alive(void);
/* All but the running one have, with the runtime. */
void sim_tasks_vanish(void);

/* Uses time without calling the library. */
void sim_compute(int64_t ns);

#endif
