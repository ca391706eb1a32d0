/* SPDX-License-Identifier: ISC */
/*
 * unit.h - the calls that tests make most often: connect both ends in this
 * program, check a failure, start a thread that shows that others run.
 */
#ifndef UNIT_H
#define UNIT_H

#include <stdbool.h>
#include <stdint.h>
#include <tcpunit.h>

/* If HOST is NULL, the listener accepts connections to every address. */
tcp_listener listen_on(const char *host, int port);

/* A connection both ends of which are ports of the library. */
struct both {
	tcp_port client_in, client_out;
	tcp_port server_in, server_out;
};

/* Connects a client to L at HOST.  If that fails, the program ends. */
struct both both_connect(tcp_listener l, const char *host);
void both_close(struct both *b);

/*
 * Whether the call before this one failed with an error of KIND and CODE.  YES
 * says that the call failed; CODE 0 matches any code.
 */
bool failed(bool yes, enum tcp_error_kind kind, int code);

/* Whether the text of the last error contains S. */
bool told(const char *s);

/* Whether the last T milliseconds are at least LOW, and at most HIGH of the
 * metronome's. */
bool within(int64_t t, int64_t low, int64_t high);

/* The function of a green thread that does nothing for longer than any test. */
void *sleep_long(void *arg);

/* A green thread that counts the hundredths of a second in which it runs. */
struct ticker {
	tcp_thread thread;
	int64_t start;
	int ticks;
	bool done;
};

void ticker_start(struct ticker *t);

/* Ends the ticker.  Returns whether it ran all the time: in at least half of
 * the metronome's ticks. */
bool ticker_stop(struct ticker *t);

#endif
