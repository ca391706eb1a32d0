/* SPDX-License-Identifier: ISC */
/*
 * receiver.h - listen --accept-proxy: receives a header of the PROXY protocol.
 */
#ifndef TCPU_RECEIVER_H
#define TCPU_RECEIVER_H

#include "header.h"

/*
 * Receives a header from socket FD, and no byte after it: another program may
 * read on.  Waits for it (parks), PROXY_HEADER_TIME ms at most.  Returns NULL;
 * or the reason why there is no header.
 */
#define PROXY_HEADER_TIME 1000
const char *receive_proxy_header(int fd, struct proxy_header *header);

#endif
