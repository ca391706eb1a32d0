/* SPDX-License-Identifier: ISC */
/*
 * Checked calls by which threads wait for one another: mutexes, conditions,
 * mailboxes.
 */
#ifndef SIM_EXCHANGE_H
#define SIM_EXCHANGE_H

#include <tcpunit.h>

#include "task.h"

struct sim_mutex {
	tcp_mutex handle;
	struct sim_task *owner; /* NULL: no thread that has run since owns it */
	int64_t free_since;
	unsigned waiting;
	bool closed;
};

struct sim_condition {
	tcp_condition handle;
	bool closed;
};

enum { SIM_SENDERS = 8, SIM_ROOM = 4, SIM_MESSAGES = 30 };

/* Each message consists of the sender's number and a serial number from 1
 * on. */
struct sim_mailbox {
	tcp_mailbox handle;
	unsigned capacity;
	unsigned sent[SIM_SENDERS], received[SIM_SENDERS];
	bool seen[SIM_SENDERS][SIM_MESSAGES + 1];
	unsigned sending, receiving; /* threads in these calls */
	bool ordered;                /* only one thread receives */
	int64_t closed_at;
	bool closed;
};

void sim_make_mutex(struct sim_mutex *m);
/* Returns 1 if the mutex was abandoned. */
int sim_lock(struct sim_mutex *m, int ms);
void sim_unlock(struct sim_mutex *m);
void sim_close_mutex(struct sim_mutex *m);

void sim_make_condition(struct sim_condition *c);
int sim_await_signal(struct sim_condition *c, int ms);
void sim_rouse(struct sim_condition *c, bool all);
void sim_close_condition(struct sim_condition *c);

void sim_make_mailbox(struct sim_mailbox *m, unsigned capacity);
/* Sends the next message of SENDER. */
int sim_send(struct sim_mailbox *m, unsigned sender, int ms);
int sim_receive(struct sim_mailbox *m, int ms);
/* Receives a message, or waits for a signal of C and returns 1. */
int sim_select(struct sim_mailbox *m, struct sim_condition *c, int ms);
void sim_close_mailbox(struct sim_mailbox *m);

struct sim_group {
	tcp_group handle;
	unsigned alive; /* threads that have not ended */
	bool closed;
};

void sim_make_group(struct sim_group *g);
/* F must call sim_leave_group at its end. */
struct sim_task *sim_join_group(
    struct sim_group *g, void (*f)(void *), void *arg);
void sim_leave_group(struct sim_group *g);
int sim_group_wait(struct sim_group *g, int ms);
int sim_group_terminate(struct sim_group *g, int ms);
void sim_close_group(struct sim_group *g);

/* Begin and end a deadline for the calls of the running thread. */
void sim_set_deadline(int ms);
void sim_end_deadline(void);

#endif
