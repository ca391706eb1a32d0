/* SPDX-License-Identifier: ISC */
/*
 * The files that are neither sockets nor epoll sets: pipes, eventfds, and
 * regular files.
 */
#ifndef SIM_PIPE_H
#define SIM_PIPE_H

#include "content.h"
#include "file.h"

/* Makes a pipe; returns the reader and the writer. */
void sim_pipe(struct sim_file *ends[2]);
struct sim_stream *sim_pipe_stream(struct sim_file *f); /* or NULL */

struct sim_file *sim_counter(uint64_t n);

/* Makes a file that holds SIZE bytes of a content.  Only bytes of that content
 * may be written to it. */
struct sim_file *sim_regular(const struct sim_content *c, uint64_t size);
uint64_t sim_regular_size(const struct sim_file *f);
uint64_t sim_regular_position(const struct sim_file *f);
bool sim_is_regular(const struct sim_file *f);

#endif
