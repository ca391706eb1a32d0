/* SPDX-License-Identifier: ISC */
/*
 * messages ROOM COUNT - one thread sends COUNT messages through a mailbox of
 * capacity ROOM, and another receives them; prints the nanoseconds per message.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <tcpunit.h>

#include "aid.h"

static tcp_mailbox mailbox;
static intptr_t count;

static void *
send_all(void *arg)
{
	for (intptr_t i = 0; i < count; i++)
		if (tcp_mailbox_send(mailbox, (void *)i, -1) == -1)
			errx(1, "%s", tcp_last_error()->text);
	tcp_close_mailbox(mailbox);
	return arg;
}

int
main(int argc, char **argv)
{
	intptr_t received = 0;
	double begin;
	void *message;
	tcp_thread t;

	if (argc != 3)
		errx(2, "usage: messages ROOM COUNT");
	mailbox = tcp_make_mailbox(strtoul(argv[1], NULL, 10));
	count = strtol(argv[2], NULL, 10);
	begin = seconds();
	t = tcp_thread_start(send_all, NULL);
	while (tcp_mailbox_receive(mailbox, &message, -1) == 0)
		if ((intptr_t)message != received++)
			errx(1, "a message is lost");
	printf("%.2f\n", (seconds() - begin) * 1e9 / (double)count);
	tcp_thread_join(t, NULL, -1);
	return received == count ? 0 : 1;
}
