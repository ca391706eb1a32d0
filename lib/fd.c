/* SPDX-License-Identifier: ISC */
#include "fd.h"

#include <errno.h>
#include <unistd.h>

void
tu_fd_close(int fd)
{
	int error = errno;

	if (fd != -1)
		(void)close(fd); /* see the header */
	errno = error;
}
