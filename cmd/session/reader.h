/* SPDX-License-Identifier: ISC */
/*
 * reader.h - the reader of tcpu's standard output, if that is a pipe.  Once
 * data have been written there, the run ends when the reader leaves, as the
 * next write would end it: after "tcpu connect ... | head -1" nobody waits for
 * the peer's next byte.
 */
#ifndef TCPU_READER_H
#define TCPU_READER_H

#include <tcpunit.h>

#include "../run.h"

struct reader {
	const struct run *run;
	const char *name; /* of standard output, for messages */
	tcp_port output;  /* the port on standard output */
};

/* Starts to watch; R lives as long as the run.  Returns 0, or -1 and the
 * library's last error. */
int watch_reader(struct reader *r);

#endif
