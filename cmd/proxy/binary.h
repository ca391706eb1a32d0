/* SPDX-License-Identifier: ISC */
/*
 * binary.h - version 2 of the PROXY protocol: a block of bytes, which begins
 * with a signature and may end with extensions.
 */
#ifndef TCPU_BINARY_H
#define TCPU_BINARY_H

#include "header.h"

/* The same as in header.h, for this version. */
enum proxy_verdict read_proxy_binary(
    const uint8_t *bytes, size_t n, struct proxy_header *header);
size_t write_proxy_binary(
    const struct proxy_header *header, uint8_t bytes[PROXY_HEADER_SIZE]);

#endif
