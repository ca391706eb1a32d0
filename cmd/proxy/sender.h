/* SPDX-License-Identifier: ISC */
/*
 * sender.h - connect --send-proxy: sends a header of the PROXY protocol before
 * the data of a connection.
 */
#ifndef TCPU_SENDER_H
#define TCPU_SENDER_H

#include <tcpunit.h>

#include "../run.h"

/*
 * Sends a header of VERSION 1 or 2 on the connection of a port: it names the
 * ends of the connection that tcpu was started for, if there is one, so that a
 * relay passes its client's address on; else those of this connection.  The
 * position of the port stays 0.  WHAT is for messages.  Returns STATUS_GO_ON;
 * or the status to end with, having said why.
 */
int send_proxy_header(
    const struct run *run, const char *what, int version, tcp_port port);

#endif
