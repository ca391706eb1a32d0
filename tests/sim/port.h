/* SPDX-License-Identifier: ISC */
/*
 * The calls of the library as programs make them: checked, and with known
 * contents.  They return what the library returns; sim_failure() is the kind of
 * the last failure.
 */
#ifndef SIM_PORT_H
#define SIM_PORT_H

#include <tcpunit.h>

#include "content.h"
#include "file.h"
#include "task.h"

/* One direction of a connection, as the program sees it. */
struct sim_flow {
	uint64_t id;
	struct sim_content content;
	uint64_t written, read; /* by the program */
	bool finished;          /* closed without an error */
	bool ended;             /* the end of file was seen */
};

struct sim_port {
	tcp_port port;
	struct sim_file *file;
	struct sim_flow *flow; /* the content of its bytes; may change */
	int ms;
	size_t buffer;
	enum tcp_error_kind torn; /* of a write that went out in part */
	bool closed;
	int64_t closing; /* time of the first close; 0: none yet */
};

struct sim_link {
	struct sim_port in, out;
};

struct sim_listener {
	tcp_listener listener;
	struct sim_file *file;
	int port;
	int ms;
};

/* Whether new connections get a layer that changes nothing. */
extern bool sim_layered;

enum tcp_error_kind sim_failure(void);

int sim_listen(struct sim_listener *l, int backlog);
int sim_accept(struct sim_listener *l, struct sim_link *link);
int sim_close_listener(struct sim_listener *l);
int sim_connect(const char *host, int port, int ms, struct sim_link *link);

/* Open the ends of a pipe, or a file. */
int sim_open_pipe(struct sim_port *in, struct sim_port *out);
int sim_open_file(struct sim_port *p, bool input, uint64_t size);

void sim_set_limit(struct sim_port *p, int ms);
void sim_set_buffer(struct sim_port *p, size_t n);

/* Read or write the next bytes of the flow. */
ssize_t sim_read(struct sim_port *p, size_t cap);
ssize_t sim_read_string(struct sim_port *p, size_t n);
ssize_t sim_read_line(struct sim_port *p, size_t limit);
ssize_t sim_read_buffered(struct sim_port *p, size_t cap);
int sim_char_ready(struct sim_port *p);
ssize_t sim_write(struct sim_port *p, size_t n);
int sim_flush(struct sim_port *p);
int64_t sim_copy(struct sim_port *in, struct sim_port *out, int64_t limit);
int sim_close(struct sim_port *p, bool input);
void sim_close_link(struct sim_link *link);
void sim_reset(struct sim_link *link);
int sim_wait(struct sim_port *p, int events, int ms);

int sim_join(struct sim_task *t, int ms);
void sim_detach(struct sim_task *t);
void sim_yield(void);
int sim_sleep(int ms);
void sim_terminate(struct sim_task *t);

/* To be called at the end: checks that each finished flow was read as it was
 * written. */
void sim_check_flows(void);

#endif
