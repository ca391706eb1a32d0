/* SPDX-License-Identifier: ISC */
#include "presence.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "../kernel/sock_diag.h"
#include "../kernel/unix_socket.h"
#include "wire.h"

/* ms between two probes. */
#define PROBE_INTERVAL 5000

void
begin_presence(struct connection_ends *ends, int fd, int limit)
{
	socklen_t ours = sizeof(ends->ours), theirs = sizeof(ends->theirs);

	*ends =
	    (struct connection_ends){.fd = fd, .is_unix = is_unix_stream(fd)};
	if (ends->is_unix)
		return;
	ends->known = getsockname(fd, &ends->ours.sa, &ours) == 0 &&
	    getpeername(fd, &ends->theirs.sa, &theirs) == 0;
	unmap_address(&ends->ours);
	unmap_address(&ends->theirs);
	if (limit > 2 * PROBE_INTERVAL)
		wire_probe(fd, PROBE_INTERVAL, limit);
}

/* Whether the peer's socket is on this machine and belongs to no process: such
 * a socket has no inode.  A socket that is not found may be on another machine.
 */
static bool
is_orphan(const struct connection_ends *ends)
{
	struct socket_entry peer;

	return ends->known &&
	    find_socket(&ends->theirs, &ends->ours, &peer) == 1 &&
	    peer.inode == 0;
}

/* A Unix socket whose peer has only sent its end of file can still be written
 * to. */
static bool
has_hung_up(int fd)
{
	struct pollfd p = {.fd = fd};

	return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP) != 0;
}

/* A reset during an unanswered probe is the answer to it: the peer has left. */
enum presence
ask_presence(const struct connection_ends *ends)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);

	if (ends->is_unix)
		return has_hung_up(ends->fd) ? PEER_LEFT : PEER_THERE;
	if (getsockopt(ends->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
	    info.tcpi_state == TCP_CLOSE)
		return info.tcpi_probes > 0 ? PEER_LEFT : PEER_RESET;
	return is_orphan(ends) ? PEER_LEFT : PEER_THERE;
}
