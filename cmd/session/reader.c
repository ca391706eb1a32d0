/* SPDX-License-Identifier: ISC */
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A pipe that tcpu can read as well always has a reader. */
static bool
can_lose_reader(void)
{
	struct stat st;

	return fstat(STDOUT_FILENO, &st) == 0 && S_ISFIFO(st.st_mode) &&
	    (fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE) == O_WRONLY;
}

/* The end that is written to never becomes readable; an error, which is the
 * departure of the last reader, counts as every event. */
static void *
await_departure(void *reader)
{
	struct reader *r = reader;

	if (tcp_wait_fd(STDOUT_FILENO, TCPUNIT_READABLE, -1) != -1 &&
	    tcp_port_position(r->output) > 0)
		end_run(r->run->ending, stdout_failure(r->run, r->name, EPIPE));
	return NULL;
}

int
watch_reader(struct reader *r)
{
	tcp_thread t;

	if (!can_lose_reader())
		return 0;
	t = tcp_thread_start(await_departure, r);
	return tcp_thread_p(t) ? tcp_thread_detach(t) : -1;
}
