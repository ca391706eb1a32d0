/* SPDX-License-Identifier: ISC */
/*
 * Who is where: the ports of this machine, and hosts elsewhere that answer, or
 * refuse, or say nothing.
 */
#ifndef SIM_NETWORK_H
#define SIM_NETWORK_H

#include "socket.h"

enum sim_host {
	SIM_HOST_HERE, /* the machine itself */
	SIM_HOST_REFUSES,
	SIM_HOST_SILENT,
	SIM_HOST_UNREACHABLE, /* says so at once */
};

/* 127.0.0.0/8 and ::1 are here; 10.KIND.0.0/16 are of that kind. */
enum sim_host sim_network_host(const union sim_address *a);

/* The listening socket that an address reaches, or NULL. */
struct sim_socket *sim_network_listener(const union sim_address *a);

/* 0, or -1 with EADDRINUSE and its kin. */
int sim_network_bind(struct sim_socket *s, const union sim_address *a);

void sim_network_start(void);
int sim_network_port(const union sim_address *a);
void sim_network_set_port(union sim_address *a, int port);
socklen_t sim_network_length(const union sim_address *a);
unsigned sim_network_free_port(void);

#endif
