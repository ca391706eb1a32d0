/* SPDX-License-Identifier: ISC */
/*
 * What is sent is a function of its key and place, so that whoever reads it
 * knows what it must be.  About one byte in 32 is a newline.
 */
#ifndef SIM_CONTENT_H
#define SIM_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_content {
	uint64_t key;
	const struct sim_content *source; /* of which it is a copy, or NULL */
	uint64_t shift;                   /* of the copy's beginning there */
};

void sim_content(const struct sim_content *c, uint64_t at, void *buf, size_t n);
bool sim_content_is(
    const struct sim_content *c, uint64_t at, const void *data, size_t n);

#endif
