/* SPDX-License-Identifier: ISC */
/*
 * unit.h - the unit's calls as tests use them most: both ends of a connection
 * in this program, failures of a kind, a thread that shows that others run.
 */
#ifndef UNIT_H
#define UNIT_H

#include <stdbool.h>
#include <stdint.h>
#include <tcpunit.h>

/* Every address with HOST NULL. */
tcp_listener listen_on(const char *host, int port);

/* Both ends are the library's. */
struct both {
	tcp_port client_in, client_out;
	tcp_port server_in, server_out;
};

/* A client of L, at HOST.  The program ends where that fails. */
struct both both_connect(tcp_listener l, const char *host);
void both_close(struct both *b);

/*
 * Whether the call before this one failed, which YES tells, with an error of
 * KIND and CODE.  CODE 0 is any.
 */
bool failed(bool yes, enum tcp_error_kind kind, int code);

/* Whether the text of the last error has S in it. */
bool told(const char *s);

/* Whether T is from LOW until HIGH, in milliseconds. */
bool within(int64_t t, int64_t low, int64_t high);

/* Of a green thread that does nothing, for longer than any test. */
void *sleep_long(void *arg);

/* A green thread that counts the hundredths of a second in which it runs. */
struct ticker {
	tcp_thread thread;
	int64_t start;
	int ticks;
	bool done;
};

void ticker_start(struct ticker *t);

/* Ends it.  Whether it ran all the time: in at least half of the ticks, but for
 * those in which other processes had the CPU. */
bool ticker_stop(struct ticker *t);

#endif
