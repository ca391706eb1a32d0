/* SPDX-License-Identifier: ISC */
/*
 * A session whose network is bad: its directions are late, slow, in slices, or
 * cut.  All else is as in the program session.
 */
#include "../program.h"
#include "../random.h"
#include "../session.h"

/* A session of all bytes must still end within its hour. */
static void
draw_lane(struct lane_options *o)
{
	static const int most[] = {1, 30, 1000, 30000};

	o->given = true;
	if (sim_chance(7000))
		o->delay = (int)sim_below((unsigned)most[sim_below(4)]);
	if (sim_chance(3000))
		o->jitter = (int)sim_below((unsigned)most[sim_below(4)]);
	if (sim_chance(3000))
		o->rate = (int64_t)1000 << sim_below(20);
	if (sim_chance(3000))
		o->slice = 1 + (int64_t)sim_some_bytes(100000);
	if (o->slice > 1000 && sim_chance(5000))
		o->pause = (int)sim_below(300);
	o->cuts = sim_chance(2000);
	if (o->cuts)
		o->cut = sim_chance(1000) ? 0 : (int64_t)sim_some_bytes(200000);
}

void
sim_run_paced(void)
{
	struct lanes_options *o = &sim_session.options.lanes;

	if (sim_chance(7000))
		draw_lane(&o->in);
	if (sim_chance(7000) || !o->in.given)
		draw_lane(&o->out);
	sim_run_session();
}
