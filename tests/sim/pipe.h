/* SPDX-License-Identifier: ISC */
/*
 * What is neither a socket nor an epoll set: pipes, eventfds, regular files.
 */
#ifndef SIM_PIPE_H
#define SIM_PIPE_H

#include "content.h"
#include "file.h"

/* The reader and the writer. */
void sim_pipe(struct sim_file *ends[2]);
struct sim_stream *sim_pipe_stream(struct sim_file *f); /* or NULL */

struct sim_file *sim_counter(uint64_t n);

/* A file that has SIZE bytes of a content; what is written to it must be such
 * bytes, too. */
struct sim_file *sim_regular(const struct sim_content *c, uint64_t size);
uint64_t sim_regular_size(const struct sim_file *f);
uint64_t sim_regular_position(const struct sim_file *f);
bool sim_is_regular(const struct sim_file *f);

#endif
