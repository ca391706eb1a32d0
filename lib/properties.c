/* SPDX-License-Identifier: ISC */
/*
 * The questions that can be asked of any port, and its time limit.
 */
#include "port.h"
#include "unix_address.h"

bool
tcp_port_p(tcp_port p)
{
	return tcp_input_port_p(p) || tcp_output_port_p(p);
}

bool
tcp_input_port_p(tcp_port p)
{
	return tu_handle_kind(p.bits) == TU_INPUT;
}

bool
tcp_output_port_p(tcp_port p)
{
	return tu_handle_kind(p.bits) == TU_OUTPUT;
}

int
tcp_addresses(
    tcp_port port, char local[TCPUNIT_ADDRLEN], char remote[TCPUNIT_ADDRLEN])
{
	struct tu_port *p;

	tu_begin("addresses");
	p = tu_port_of_tcp(port);
	if (p == NULL || tu_check_memory(local, 1) == -1 ||
	    tu_check_memory(remote, 1) == -1)
		return -1;
	if (tu_connection_is_unix(p->connection)) {
		tu_unix_end(p->connection->descriptor.fd, getsockname, local);
		tu_unix_end(p->connection->descriptor.fd, getpeername, remote);
		return 0;
	}
	tu_address_text(tu_connection_local(p->connection), local);
	tu_address_text(&p->connection->remote, remote);
	return 0;
}

int
tcp_port_numbers(tcp_port port, int *local, int *remote)
{
	struct tu_port *p;

	tu_begin("port-numbers");
	p = tu_port_of_tcp(port);
	if (p == NULL || tu_check_memory(local, 1) == -1 ||
	    tu_check_memory(remote, 1) == -1)
		return -1;
	*local = tu_address_port(tu_connection_local(p->connection));
	*remote = tu_address_port(&p->connection->remote);
	return 0;
}

int
tcp_set_timeout(tcp_port port, int timeout)
{
	struct tu_port *p;

	tu_begin("set-timeout");
	p = tu_port_of(port);
	if (p == NULL || tu_check_time(timeout) == -1)
		return -1;
	p->timeout = timeout;
	return 0;
}

int
tcp_port_fileno(tcp_port port)
{
	struct tu_port *p;

	tu_begin("port-fileno");
	p = tu_port_of(port);
	return p != NULL ? p->connection->descriptor.fd : -1;
}

uint64_t
tcp_port_position(tcp_port port)
{
	struct tu_port *p;

	tu_begin("port-position");
	p = tu_port_of(port);
	return p != NULL ? p->position : 0;
}
