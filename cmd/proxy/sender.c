/* SPDX-License-Identifier: ISC */
#include "sender.h"

#include <errno.h>
#include <sys/socket.h>

#include "ends.h"

/* To the receiver, tcpu is the client. */
static void
read_own_ends(tcp_port port, struct ends *ends)
{
	struct ends own;

	read_ends(port, &own);
	*ends = (struct ends){.remote = own.local, .local = own.remote};
}

int
send_proxy_header(
    const struct run *run, const char *what, int version, tcp_port port)
{
	const int fd = tcp_port_fileno(port);
	uint8_t bytes[PROXY_HEADER_SIZE];
	struct proxy_header header;
	struct ends ends;
	size_t size, sent = 0;
	ssize_t n;

	if (!read_environment_ends(&ends))
		read_own_ends(port, &ends);
	make_header(&ends, &header);
	size = write_proxy_header(version, &header, bytes);
	while (sent < size) {
		n = send(
		    fd, bytes + sent, size - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0)
			sent += (size_t)n;
		else if (errno != EAGAIN && errno != EINTR)
			return system_failure(run, what, errno, STATUS_LOST);
		else if (tcp_wait_fd(fd, TCPUNIT_WRITABLE, -1) == -1)
			return library_failure(run, what, STATUS_LOST);
	}
	return STATUS_GO_ON;
}
