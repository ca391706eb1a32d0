/* SPDX-License-Identifier: ISC */
/*
 * Layers: another program, with a layer on each connection that changes
 * nothing.
 */
#include "../program.h"
#include "../random.h"

void
sim_run_layers(void)
{
	static void (*const run[])(void) = {sim_run_chat, sim_run_copies,
	    sim_run_echo, sim_run_endings, sim_run_exchange, sim_run_lines,
	    sim_run_mixture, sim_run_paced, sim_run_relay, sim_run_writers};

	sim_layered = true;
	run[sim_below(sizeof(run) / sizeof(run[0]))]();
	sim_layered = false;
}
