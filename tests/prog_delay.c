/* SPDX-License-Identifier: ISC */
/*
 * prog_delay.c - threads that sleep; the example of tcpunit-tutorial(7).
 */
#include <stdint.h>
#include <stdio.h>
#include <tcpunit.h>

static tcp_mailbox done;

static void *
delay(void *ms)
{
	tcp_thread_sleep((int)(intptr_t)ms);
	printf("awake after %d ms\n", (int)(intptr_t)ms);
	tcp_mailbox_send(done, NULL, -1);
	return NULL;
}

int
main(void)
{
	static const intptr_t delays[] = {30, 10, 20};
	tcp_group sleepers = tcp_make_group();
	void *message;

	done = tcp_make_mailbox(0);
	for (int i = 0; i < 3; i++)
		tcp_group_start(sleepers, delay, (void *)delays[i], NULL);
	for (int i = 0; i < 3; i++)
		tcp_mailbox_receive(done, &message, -1);
	return 0;
}
