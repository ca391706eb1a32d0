/* SPDX-License-Identifier: ISC */
/*
 * line.h - version 1 of the PROXY protocol: a line of text.
 */
#ifndef TCPU_LINE_H
#define TCPU_LINE_H

#include "header.h"

/* The same as in header.h, for this version. */
enum proxy_verdict read_proxy_line(
    const uint8_t *bytes, size_t n, struct proxy_header *header);
size_t write_proxy_line(
    const struct proxy_header *header, uint8_t bytes[PROXY_HEADER_SIZE]);

#endif
