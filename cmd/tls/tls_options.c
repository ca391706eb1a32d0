/* SPDX-License-Identifier: ISC */
#include "tls_options.h"

#include <stddef.h>
#include <string.h>

/* A name of ALPN has 1 to 255 bytes. */
#define LONGEST_PROTOCOL 255

static option_reader read_alpn, read_name;
static int check_files(const struct run *run, const struct tls_options *o);

const struct option tls_option_table[] = {
    {"tls", 0, NULL, set_true, offsetof(struct tls_options, on),
	"encrypt the connection with TLS 1.2 or 1.3"},
    {"tls-ca", 0, "FILE", read_text, offsetof(struct tls_options, ca),
	"trust the authorities in FILE, not the system's; listen then "
	"requires a certificate of each client"},
    {"tls-cert", 0, "FILE", read_text,
	offsetof(struct tls_options, certificate),
	"use the certificate in FILE"},
    {"tls-key", 0, "FILE", read_text, offsetof(struct tls_options, key),
	"use the key in FILE; by default it is in the file of --tls-cert"},
    {"tls-alpn", 0, "LIST", read_alpn, offsetof(struct tls_options, alpn),
	"offer these protocols; the best first, as in h2,http/1.1"},
    {0},
};

const struct option tls_client_table[] = {
    {"tls-name", 0, "NAME", read_name, offsetof(struct tls_options, name),
	"expect the server's certificate to be for NAME; by default it must "
	"be for HOST"},
    {"tls-insecure", 0, NULL, set_true, offsetof(struct tls_options, insecure),
	"accept any certificate of the server"},
    {0},
};

const struct option tls_server_table[] = {
    {"tls-save-ca", 0, "FILE", read_text, offsetof(struct tls_options, save_ca),
	"write the temporary authority to FILE; clients trust it with "
	"--tls-ca"},
    {0},
};

static const char *
read_alpn(const char *text, void *value)
{
	const char *name = text;
	size_t n;

	do {
		n = strcspn(name, ",");
		if (n == 0 || n > LONGEST_PROTOCOL)
			return "not a list of names with 1 to 255 bytes";
		name += n;
	} while (*name++ == ',');
	*(const char **)value = text;
	return NULL;
}

static const char *
read_name(const char *text, void *value)
{
	if (strlen(text) >= TCPUNIT_TLS_TEXT)
		return "longer than 255 bytes";
	return read_text(text, value);
}

static bool
is_given(const struct tls_options *o, const struct option *option)
{
	const char *value = (const char *)o + option->offset;

	return option->read == set_true ? *(const bool *)value
					: *(const char *const *)value != NULL;
}

/* The name of an option that was given, or NULL. */
static const char *
given(const struct tls_options *o)
{
	static const struct option *const tables[] = {
	    tls_option_table, tls_client_table, tls_server_table, NULL};
	const struct option *option;

	for (size_t i = 0; tables[i]; i++) {
		for (option = tables[i]; option->name; option++) {
			if (is_given(o, option))
				return option->name;
		}
	}
	return NULL;
}

int
check_tls_options(const struct run *run, const struct tls_options *o,
    bool is_unix, bool wants_socket)
{
	if (!o->on && given(o))
		return usage_error(run, "--%s needs --tls", given(o));
	if (!o->on)
		return STATUS_GO_ON;
	if (is_unix)
		return usage_error(run, "--tls is for TCP");
	if (wants_socket)
		return usage_error(run, "with --tls a COMMAND gets pipes");
	return check_files(run, o);
}

static int
check_files(const struct run *run, const struct tls_options *o)
{
	if (o->key && !o->certificate)
		return usage_error(run, "--tls-key needs --tls-cert");
	if (o->save_ca && o->certificate)
		return usage_error(run,
		    "--tls-save-ca is for a temporary certificate: it and "
		    "--tls-cert exclude each other");
	if (o->insecure && (o->ca || o->name))
		return usage_error(run,
		    "--tls-insecure checks nothing: it has no use for "
		    "--tls-ca and --tls-name");
	return STATUS_GO_ON;
}
