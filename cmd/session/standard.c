/* SPDX-License-Identifier: ISC */
#include "standard.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/* A pipe that tcpu can read as well always has a reader. */
static bool
can_lose_reader(void)
{
	struct stat st;

	return fstat(STDOUT_FILENO, &st) == 0 && S_ISFIFO(st.st_mode) &&
	    (fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE) == O_WRONLY;
}

/* Waits for the last reader of the pipe to leave.  The writing end never
 * becomes readable, but the error that reports the departure counts as every
 * event. */
static void *
await_departure(void *reader)
{
	struct reader *r = reader;

	if (tcp_wait_fd(STDOUT_FILENO, TCPUNIT_READABLE, -1) != -1 &&
	    tcp_port_position(r->output) > 0)
		end_run(r->run->ending, stdout_failure(r->run, r->name, EPIPE));
	return NULL;
}

/* Returns 0, or -1 and the library's last error.  R lives as long as the run.
 */
static int
watch_reader(struct reader *r)
{
	tcp_thread t;

	if (!can_lose_reader())
		return 0;
	t = tcp_thread_start(await_departure, r);
	return tcp_thread_p(t) ? tcp_thread_detach(t) : -1;
}

static bool
is_one_socket(void)
{
	struct stat in, out;

	return fstat(STDIN_FILENO, &in) == 0 &&
	    fstat(STDOUT_FILENO, &out) == 0 && S_ISSOCK(in.st_mode) &&
	    in.st_ino == out.st_ino && in.st_dev == out.st_dev;
}

/* After a hang-up, a terminal fails with EIO, and reads as at its end.  What
 * isatty(3) does then depends on the C library. */
static bool
is_terminal(int fd)
{
	struct termios attributes;

	return tcgetattr(fd, &attributes) == 0 || errno == EIO;
}

int
open_standard_ports(
    const struct run *run, const char *output, struct standard_ports *ports)
{
	ports->name = output ? output : "stdout";
	ports->input = tcp_open_input_fd(STDIN_FILENO);
	if (!tcp_input_port_p(ports->input))
		return library_failure(run, "stdin", STATUS_FILE);
	ports->output = tcp_open_output_fd(STDOUT_FILENO);
	if (!tcp_output_port_p(ports->output))
		return library_failure(run, ports->name, STATUS_FILE);
	ports->terminal = is_terminal(STDIN_FILENO);
	ports->socket = is_one_socket();
	ports->process = -1;
	ports->reader = (struct reader){run, ports->name, ports->output};
	if (watch_reader(&ports->reader) == -1)
		return library_failure(run, ports->name, STATUS_FAILED);
	return STATUS_GO_ON;
}
