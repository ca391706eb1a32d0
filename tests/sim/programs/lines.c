/* SPDX-License-Identifier: ISC */
/*
 * Lines, strings, and calls that ask whether input is there, with limits that
 * run out in between.
 */
#include "../program.h"
#include "../random.h"

static void
write_some(void *arg)
{
	(void)sim_write_all(arg, sim_some_bytes(30000));
}

static ssize_t
read_piece(struct sim_port *p)
{
	switch (sim_below(5)) {
	case 0:
		return sim_read_string(p, sim_some_bytes(1000));
	case 1:
		if (sim_char_ready(p) == -1)
			return -1;
		return sim_read(p, sim_some_bytes(1000));
	case 2:
		(void)sim_read_buffered(p, sim_some_bytes(1000));
		return sim_read_line(p, TCPUNIT_NO_LIMIT);
	case 3:
		return sim_read_line(p, 1 + sim_below(60));
	default:
		return sim_read_line(p, TCPUNIT_NO_LIMIT);
	}
}

static void
read_some(void *arg)
{
	struct sim_port *p = arg;
	ssize_t r;

	do {
		if (sim_chance(1000))
			sim_set_limit(p, sim_some_limit(300));
		r = read_piece(p);
		sim_some_work();
	} while (sim_goes_on(r));
	(void)sim_close(p, true);
}

void
sim_run_lines(void)
{
	struct sim_link client, server;
	struct sim_task *tasks[4];
	int i;

	if (sim_pair(&client, &server) == -1)
		return;
	if (sim_chance(3000))
		sim_set_buffer(&client.out, sim_some_bytes(5000));
	if (sim_chance(3000))
		sim_set_buffer(&server.out, sim_some_bytes(5000));
	tasks[0] = sim_task_new(write_some, &client.out);
	tasks[1] = sim_task_new(write_some, &server.out);
	tasks[2] = sim_task_new(read_some, &client.in);
	tasks[3] = sim_task_new(read_some, &server.in);
	for (i = 0; i < 4; i++)
		(void)sim_join(tasks[i], -1);
}
