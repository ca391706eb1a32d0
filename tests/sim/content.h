/* SPDX-License-Identifier: ISC */
/*
 * The bytes of a stream are a function of its key and of their place, so a
 * reader knows what it must get.  About one byte in 32 is a newline.
 */
#ifndef SIM_CONTENT_H
#define SIM_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_content {
	uint64_t key;
	const struct sim_content *source; /* the original, or NULL */
	uint64_t shift;                   /* where the copy begins in it */
};

void sim_content(const struct sim_content *c, uint64_t at, void *buf, size_t n);
bool sim_content_is(
    const struct sim_content *c, uint64_t at, const void *data, size_t n);

#endif
