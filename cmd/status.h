/* SPDX-License-Identifier: ISC */
/*
 * status.h - the exit statuses of tcpu.
 */
#ifndef TCPU_STATUS_H
#define TCPU_STATUS_H

enum status {
	STATUS_DONE = 0,
	STATUS_GO_ON = 0, /* nothing has ended the run yet */
	STATUS_NO = 1,    /* the answer to a question is no */
	STATUS_USAGE = 2,
	STATUS_RESOLVE = 3,
	STATUS_REFUSED = 4,
	STATUS_CONNECT = 5,
	STATUS_IN_USE = 6,
	STATUS_LISTEN = 7,
	STATUS_LOST = 8, /* the connection, after it was made */
	STATUS_FILE = 9, /* stdin, stdout, or a file named in an option */
	STATUS_TIMEOUT = 124,
	STATUS_FAILED = 125, /* memory, descriptors, a missing facility */
	STATUS_CANNOT_EXECUTE = 126,
	STATUS_NOT_FOUND = 127,
	STATUS_SIGNAL = 128, /* and the signal's number */
	STATUS_ENDED = 256   /* the run is over, with status 0 */
};

#endif
