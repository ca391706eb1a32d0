/* SPDX-License-Identifier: ISC */
/*
 * tcpunit-tls.h - TLS on the connections of libtcpunit.
 *
 * This is a library of its own, libtcpunit-tls, so that only programs that use
 * it load OpenSSL.  It is linked before libtcpunit, of which it has no copy:
 * it uses that of the program, static or shared.
 *
 * With TLS the ports of a connection keep the promises of tcpunit.h.  The
 * peer's close_notify is the end of file; without it the connection is lost,
 * and never at its end of file, so that nobody can cut a transfer short.  With
 * TLS 1.3, closing the output port sends close_notify, and the input port can
 * still be read.  TLS 1.2 cannot end one direction alone: there close_notify
 * is sent when both ports are closed.
 */
#ifndef TCPUNIT_TLS_H
#define TCPUNIT_TLS_H

#include <tcpunit.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One end's certificate and key, and its trust in peers: for any number of
 * connections of any OS thread. */
struct tcp_tls;

/* Room for the texts below, and their NULs; longer ones are cut. */
#define TCPUNIT_TLS_TEXT 256

/* The members that are not set are zero.  Files are in PEM format. */
struct tcp_tls_setup {
	size_t size;              /* sizeof this */
	bool server TCPUNIT_ZERO; /* for accepted connections */
	/* A client accepts any certificate of the server. */
	bool insecure TCPUNIT_ZERO;
	char padding[6] TCPUNIT_ZERO;
	/* The authorities to trust.  Without it a client trusts those of the
	 * system; with it a server requires a certificate of its clients. */
	const char *ca_file TCPUNIT_ZERO;
	/* The certificate, and those that lead from it to an authority; and its
	 * key, by default in the same file.  A server without a certificate
	 * makes a temporary one for localhost, 127.0.0.1, ::1 and the host's
	 * name, which is valid for a day; its key is kept in memory only. */
	const char *certificate_file TCPUNIT_ZERO;
	const char *key_file TCPUNIT_ZERO;
	/* Application protocols (ALPN), the best first: "h2,http/1.1".  A
	 * server that has this refuses clients that offer only others. */
	const char *alpn TCPUNIT_ZERO;
};

#define TCPUNIT_TLS_SETUP .size = sizeof(struct tcp_tls_setup)

/*
 * Reads the files, each once, and makes the keys that the setup asks for.  NULL
 * on failure, with errno, and with a reason of one line: EINVAL if a file has
 * not the right contents, a key does not match, or the list for ALPN is wrong;
 * the errno of a file that cannot be read, ENOENT also if the system has no
 * authorities; ENOTSUP if OpenSSL is configured so that it cannot be used;
 * ENOMEM.  It raises no error of tcp_last_error.  Release: tcp_free_tls.
 */
TCPUNIT_API struct tcp_tls *tcp_make_tls(
    const struct tcp_tls_setup *setup, char reason[TCPUNIT_TLS_TEXT]);

/* Frees TLS, or does nothing if it is NULL.  Connections keep what they need
 * of it. */
TCPUNIT_API void tcp_free_tls(struct tcp_tls *tls);

/*
 * The authority that clients have to trust, in PEM format, if the certificate
 * is a temporary one; else NULL.  Valid until tcp_free_tls.
 */
TCPUNIT_API const char *tcp_tls_authority(const struct tcp_tls *tls);

/* The properties of a connection. */
struct tcp_tls_facts {
	char protocol[TCPUNIT_TLS_TEXT]; /* "TLSv1.3" */
	char cipher[TCPUNIT_TLS_TEXT];   /* OpenSSL's name */
	char name[TCPUNIT_TLS_TEXT];     /* of the server, asked for by SNI */
	char peer[TCPUNIT_TLS_TEXT]; /* the subject of its certificate, or "" */
	char alpn[TCPUNIT_TLS_TEXT]; /* the protocol agreed on, or "" */
};

struct tcp_tls_options {
	size_t size; /* sizeof this */
	int timeout; /* for the handshake, in ms */
	char padding[4] TCPUNIT_ZERO;
	struct tcp_tls *tls TCPUNIT_ZERO;
	/* Of a client: the name or the address that the server's certificate
	 * has to be for, of 1 to 255 bytes; a name is also sent to the server
	 * (SNI).  It may be NULL only if the setup is insecure. */
	const char *name TCPUNIT_ZERO;
	/* NULL, or where the properties are stored after the handshake. */
	struct tcp_tls_facts *facts TCPUNIT_ZERO;
};

#define TCPUNIT_TLS_DEFAULTS \
	.size = sizeof(struct tcp_tls_options), .timeout = -1

/*
 * Starts TLS, 1.2 or later, on the connection of two ports (parks), and returns
 * 0 when both ends have agreed.  Bytes that were read ahead belong to TLS, and
 * buffered output is sent before it, as STARTTLS needs it.
 *
 * If it fails, the connection is of no use any more; close the ports, or reset
 * them.  Errors: those of tcp_stack, and net EKEYREJECTED if one end does not
 * accept the other's certificate; net EPROTO if they have no version or cipher
 * in common, or the peer does not speak TLS; net ECONNRESET if it leaves.
 * Later calls at the ports can fail in the same ways: with TLS 1.3 a server
 * refuses a client's certificate only after the client's handshake.
 */
TCPUNIT_API int tcp_start_tls(
    tcp_port in, tcp_port out, const struct tcp_tls_options *options);

#ifdef __cplusplus
}
#endif

#endif
