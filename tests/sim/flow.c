/* SPDX-License-Identifier: ISC */
/*
 * Flows.
 */
#include "flow.h"

#include "memory.h"
#include "verdict.h"

enum { MAX_FLOWS = 4096 };

static struct sim_flow *flows[MAX_FLOWS];
static unsigned n_flows;

struct sim_flow *
sim_flow_of(int client, bool from_client)
{
	uint64_t id = (uint64_t)client << 1 | from_client;
	unsigned i;

	for (i = 0; i < n_flows; i++)
		if (flows[i]->id == id)
			return flows[i];
	return sim_flow_new(id);
}

struct sim_flow *
sim_flow_new(uint64_t id)
{
	struct sim_flow *f = sim_memory(sizeof(*f));

	if (n_flows == MAX_FLOWS)
		sim_fail("the program has too many connections");
	f->id = f->content.key = id;
	flows[n_flows++] = f;
	return f;
}

void
sim_check_flows(void)
{
	unsigned i;

	for (i = 0; i < n_flows; i++)
		if (flows[i]->ended && flows[i]->finished &&
		    flows[i]->read != flows[i]->written)
			sim_fail("of %llu bytes %llu were read before a clean "
				 "end",
			    (unsigned long long)flows[i]->written,
			    (unsigned long long)flows[i]->read);
}
