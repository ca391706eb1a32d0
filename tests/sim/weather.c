/* SPDX-License-Identifier: ISC */
/*
 * Draws the weather of a run.  Each trouble occurs in some runs only, so that
 * other troubles are also tested without it.
 */
#include "weather.h"

#include "clock.h"
#include "random.h"

struct sim_weather sim_weather = {.cost = 1, .most_events = 1};

static unsigned
sometimes(unsigned most)
{
	return sim_chance(4000) ? 1 + sim_below(most) : 0;
}

void
sim_weather_start(void)
{
	static const int64_t latencies[] = {0, 20000, SIM_MS, 30 * SIM_MS};
	static const size_t buffers[] = {1, 100, 4096, 65536, 262144};
	static const size_t segments[] = {1, 16, 1460, 65536};
	struct sim_weather *w = &sim_weather;

	w->short_read = sometimes(5000);
	w->interrupted = sometimes(2000);
	w->spurious = sometimes(500);
	w->aborted = sometimes(2000);
	w->unsupported = sometimes(5000);
	w->most_events = sim_chance(5000) ? 1 + (int)sim_below(4) : 1000;
	w->shuffled = sim_chance(7000);
	w->buffer = buffers[sim_below(5)];
	w->segment = segments[sim_below(4)];
	w->latency = latencies[sim_below(4)];
	w->jitter = latencies[sim_below(4)];
	w->cost = sim_chance(8000) ? 2000 : 200000;
	w->oversleep = sim_chance(5000) ? 50000 : 4 * SIM_MS;
	w->reset = sometimes(3000);
	w->full = sim_chance(2000) ? 1 + sim_below(100) : 0;
}

size_t
sim_weather_piece(size_t n)
{
	if (n < 2 || !sim_chance(sim_weather.short_read))
		return n;
	return sim_chance(5000) ? 1 : 1 + sim_below((unsigned)n - 1);
}
