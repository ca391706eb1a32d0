/* SPDX-License-Identifier: ISC */
/*
 * The network: the ports of this machine, and hosts elsewhere, which answer,
 * refuse, or stay silent.
 */
#ifndef SIM_NETWORK_H
#define SIM_NETWORK_H

#include "socket.h"

enum sim_host {
	SIM_HOST_HERE, /* the machine itself */
	SIM_HOST_REFUSES,
	SIM_HOST_SILENT,
	SIM_HOST_UNREACHABLE, /* reports it at once */
};

/* 127.0.0.0/8 and ::1 are this machine; a host in 10.KIND.0.0/16 has that
 * kind. */
enum sim_host sim_network_host(const union sim_address *a);

/* Returns the listening socket at an address, or NULL. */
struct sim_socket *sim_network_listener(const union sim_address *a);

/* Returns 0, or -1 with an errno such as EADDRINUSE. */
int sim_network_bind(struct sim_socket *s, const union sim_address *a);

void sim_network_start(void);
int sim_network_port(const union sim_address *a);
void sim_network_set_port(union sim_address *a, int port);
socklen_t sim_network_length(const union sim_address *a);
unsigned sim_network_free_port(void);

#endif
