/* SPDX-License-Identifier: ISC */
/*
 * prog_primes.c - a sieve of threads; the example of tcpunit-tutorial(7).
 */
#include <stdint.h>
#include <stdio.h>
#include <tcpunit.h>

enum { GOAL = 100 };

static tcp_group sieve;

/* Returns the next number from MAILBOX, or 0 at the end. */
static intptr_t
next_number(tcp_mailbox mailbox)
{
	void *number;

	if (tcp_mailbox_receive(mailbox, &number, -1) == -1)
		return 0;
	return (intptr_t)number;
}

/* Prints the first number that arrives, and passes on those that it does
 * not divide. */
static void *
filter(void *arg)
{
	tcp_mailbox in = *(tcp_mailbox *)arg, out;
	intptr_t prime = next_number(in), n;

	if (prime == 0)
		return NULL;
	printf("%d\n", (int)prime);
	out = tcp_make_mailbox(0);
	tcp_group_start(sieve, filter, &out, NULL);
	while ((n = next_number(in)) != 0)
		if (n % prime != 0)
			tcp_mailbox_send(out, (void *)n, -1);
	tcp_close_mailbox(out);
	return NULL;
}

int
main(void)
{
	tcp_mailbox numbers = tcp_make_mailbox(0);

	sieve = tcp_make_group();
	tcp_group_start(sieve, filter, &numbers, NULL);
	for (intptr_t n = 2; n <= GOAL; n++)
		tcp_mailbox_send(numbers, (void *)n, -1);
	tcp_close_mailbox(numbers);
	tcp_group_wait(sieve, -1);
	return 0;
}
