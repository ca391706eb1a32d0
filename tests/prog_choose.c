/* SPDX-License-Identifier: ISC */
/*
 * prog_choose.c - takes the first message from several channels; the example of
 * tcpunit-tutorial(7).
 */
#include <stdio.h>
#include <tcpunit.h>

struct speaker {
	tcp_mailbox channel;
	const char *words[2];
};

static void *
speak(void *arg)
{
	struct speaker *s = arg;

	for (int i = 0; i < 2; i++)
		tcp_mailbox_send(s->channel, (void *)s->words[i], -1);
	tcp_close_mailbox(s->channel);
	return NULL;
}

int
main(void)
{
	struct speaker cat = {tcp_make_mailbox(0), {"miaow", "purr"}};
	struct speaker dog = {tcp_make_mailbox(0), {"bark", "growl"}};
	struct tcp_choice choices[] = {
	    {.mailbox = cat.channel}, {.mailbox = dog.channel}};
	int i, open = 2;

	if (tcp_select(choices, 2, 10) == -1)
		puts(tcp_last_error()->text);
	tcp_thread_detach(tcp_thread_start(speak, &cat));
	tcp_thread_detach(tcp_thread_start(speak, &dog));
	while (open > 0 && (i = tcp_select(choices, open, -1)) != -1) {
		if (choices[i].closed)
			choices[i] = choices[--open];
		else
			puts(choices[i].message);
	}
	return 0;
}
