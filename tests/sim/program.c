/* SPDX-License-Identifier: ISC */
/*
 * The table of programs, and their common parts.
 */
#include "program.h"

#include <string.h>

#include "clock.h"
#include "random.h"
#include "weather.h"

const struct sim_program sim_programs[] = {
    {"chat", sim_run_chat},
    {"copies", sim_run_copies},
    {"echo", sim_run_echo},
    {"elsewhere", sim_run_elsewhere},
    {"endings", sim_run_endings},
    {"exchange", sim_run_exchange},
    {"fairness", sim_run_fairness},
    {"joins", sim_run_joins},
    {"layers", sim_run_layers},
    {"lines", sim_run_lines},
    {"mixture", sim_run_mixture},
    {"names", sim_run_names},
    {"paced", sim_run_paced},
    {"pool", sim_run_pool},
    {"race", sim_run_race},
    {"relay", sim_run_relay},
    {"session", sim_run_session},
    {"shutdown", sim_run_shutdown},
    {"writers", sim_run_writers},
    {NULL, NULL},
};

enum {
	N_PROGRAMS = sizeof(sim_programs) / sizeof(sim_programs[0]) - 1,
	TRICKLE = 1000,
	MAX_TRIES = 2000
};

const struct sim_program *
sim_program_of(const char *name)
{
	const struct sim_program *p;

	for (p = sim_programs; p->name != NULL; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

const struct sim_program *
sim_program_drawn(void)
{
	return &sim_programs[sim_below(N_PROGRAMS)];
}

int
sim_some_limit(int most)
{
	switch (sim_below(4)) {
	case 0:
		return -1;
	case 1:
		return (int)sim_below(3);
	default:
		return 1 + (int)sim_below((unsigned)most);
	}
}

size_t
sim_some_bytes(size_t most)
{
	static const size_t orders[] = {4, 40, 400, 4000, 40000, 400000};
	size_t n = 1 + sim_below((unsigned)orders[sim_below(6)]);

	/* Bytes that trickle through small buffers take long enough. */
	if (most > TRICKLE * sim_weather.buffer)
		most = TRICKLE * sim_weather.buffer;
	return n < most ? n : most;
}

void
sim_some_work(void)
{
	if (sim_chance(500))
		sim_compute(sim_between(0, 200 * SIM_MS));
	else if (sim_chance(2000))
		sim_compute(sim_between(0, SIM_MS));
}

bool
sim_goes_on(int64_t r)
{
	struct sim_task *t = sim_task_self();

	if (r != -1) {
		t->tries = 0;
		return r > 0;
	}
	/* A peer that neither reads nor closes is given up. */
	if (++t->tries > MAX_TRIES)
		return false;
	if (sim_failure() != TCPUNIT_ERROR_TIMEOUT)
		return false;
	if (sim_chance(100)) /* asking for ever would take too long */
		(void)sim_sleep(1 + (int)sim_below(100));
	return true;
}

int
sim_pair(struct sim_link *client, struct sim_link *server)
{
	struct sim_listener l = {.port = 0};
	int r = -1;

	if (sim_listen(&l, 4) == -1)
		return -1;
	if (sim_connect("127.0.0.1", l.port, 60000, client) == 0) {
		r = sim_accept(&l, server);
		if (r == -1)
			sim_close_link(client);
	}
	(void)sim_close_listener(&l);
	return r;
}

int
sim_write_all(struct sim_port *p, uint64_t total)
{
	uint64_t before = p->flow->written, left;
	ssize_t r = 0;

	while ((left = before + total - p->flow->written) > 0) {
		r = sim_write(p, sim_some_bytes(left));
		if (!sim_goes_on(r))
			break;
		sim_some_work();
	}
	if (sim_layered)
		sim_set_limit(p, -1); /* the layer may keep some */
	if (sim_close(p, false) == -1)
		return -1;
	return left == 0 ? 0 : -1;
}

int
sim_read_all(struct sim_port *p)
{
	ssize_t r;

	do {
		r = sim_read(p, sim_some_bytes(65536));
		sim_some_work();
	} while (sim_goes_on(r));
	(void)sim_close(p, true);
	return (int)r;
}
