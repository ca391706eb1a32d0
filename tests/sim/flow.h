/* SPDX-License-Identifier: ISC */
/*
 * The flows of bytes of a run, found by port number.
 */
#ifndef SIM_FLOW_H
#define SIM_FLOW_H

#include "port.h"

/* Returns the flow that the client on port CLIENT writes, or the one it
 * reads. */
struct sim_flow *sim_flow_of(int client, bool from_client);
struct sim_flow *sim_flow_new(uint64_t id);

#endif
