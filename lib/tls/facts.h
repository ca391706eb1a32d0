/* SPDX-License-Identifier: ISC */
/*
 * The properties that the two ends of a connection have agreed on.
 */
#ifndef TT_FACTS_H
#define TT_FACTS_H

#include <openssl/ssl.h>

#include "tcpunit-tls.h"

void tt_read_facts(SSL *ssl, struct tcp_tls_facts *facts);

#endif
