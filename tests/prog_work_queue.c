/* SPDX-License-Identifier: ISC */
/*
 * prog_work_queue.c - a bounded queue of work; the example of
 * tcpunit-tutorial(7).
 */
#include <stdio.h>
#include <tcpunit.h>

enum { WORKERS = 2, JOBS = 6, ROOM = 2 };

struct job {
	int number, result;
};

static tcp_mailbox queue;

static void *
work(void *name)
{
	void *message;
	struct job *job;

	while (tcp_mailbox_receive(queue, &message, -1) == 0) {
		job = message;
		tcp_thread_sleep(10 * job->number);
		job->result = job->number * job->number;
	}
	printf("worker %s has nothing left to do\n", (char *)name);
	return NULL;
}

int
main(void)
{
	static char names[WORKERS][2] = {"a", "b"};
	struct job jobs[JOBS], late = {0};
	tcp_group workers = tcp_make_group();

	queue = tcp_make_mailbox(ROOM);
	for (int i = 0; i < WORKERS; i++)
		tcp_group_start(workers, work, names[i], NULL);
	for (int i = 0; i < JOBS; i++) {
		jobs[i] = (struct job){.number = i + 1};
		tcp_mailbox_send(queue, &jobs[i], -1);
	}
	tcp_close_mailbox(queue);
	if (tcp_mailbox_send(queue, &late, -1) == -1)
		puts(tcp_last_error()->text);
	tcp_group_wait(workers, -1);
	for (int i = 0; i < JOBS; i++)
		printf("%d -> %d\n", jobs[i].number, jobs[i].result);
	tcp_close_group(workers);
	return 0;
}
