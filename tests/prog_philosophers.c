/* SPDX-License-Identifier: ISC */
/*
 * prog_philosophers.c - five philosophers who all take the left fork first; the
 * example of tcpunit-tutorial(7).
 */
#include <stdio.h>
#include <tcpunit.h>

enum { PHILOSOPHERS = 5 };

static tcp_mutex forks[PHILOSOPHERS];

/* Takes both forks.  Returns 0 if that would be a deadlock. */
static int
take_forks(int seat)
{
	int right = (seat + 1) % PHILOSOPHERS;

	tcp_mutex_lock(forks[seat], -1);
	tcp_thread_yield(); /* the others take one fork, too */
	if (tcp_mutex_lock(forks[right], -1) != -1)
		return 1;
	printf("%d: %s\n", seat, tcp_last_error()->text);
	tcp_mutex_unlock(forks[seat]);
	return 0;
}

static void *
dine(void *arg)
{
	int seat = (int)((tcp_mutex *)arg - forks);

	while (!take_forks(seat))
		tcp_thread_yield();
	printf("%d eats\n", seat);
	tcp_mutex_unlock(forks[seat]);
	tcp_mutex_unlock(forks[(seat + 1) % PHILOSOPHERS]);
	return NULL;
}

int
main(void)
{
	tcp_group table = tcp_make_group();

	for (int i = 0; i < PHILOSOPHERS; i++)
		forks[i] = tcp_make_mutex();
	for (int i = 0; i < PHILOSOPHERS; i++)
		tcp_group_start(table, dine, &forks[i], NULL);
	tcp_group_wait(table, -1);
	return 0;
}
