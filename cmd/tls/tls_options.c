/* SPDX-License-Identifier: ISC */
#include "tls_options.h"

#include <stddef.h>
#include <string.h>

/* A name of ALPN has 1 to 255 bytes. */
#define LONGEST_PROTOCOL 255

static option_reader read_alpn;
static int check_files(const struct run *run, const struct tls_options *o);

const struct option tls_option_table[] = {
    {"tls", 0, NULL, set_true, offsetof(struct tls_options, on),
	"encrypt the connection with TLS 1.2 or 1.3"},
    {"tls-ca", 0, "FILE", read_text, offsetof(struct tls_options, ca),
	"trust the authorities in FILE, not the system's; listen then "
	"requires a certificate of its clients"},
    {"tls-cert", 0, "FILE", read_text,
	offsetof(struct tls_options, certificate),
	"show the certificate in FILE"},
    {"tls-key", 0, "FILE", read_text, offsetof(struct tls_options, key),
	"its key; by default it is in the same file"},
    {"tls-alpn", 0, "LIST", read_alpn, offsetof(struct tls_options, alpn),
	"offer these protocols; 'h2,http/1.1', say, the best first"},
    {0},
};

const struct option tls_client_table[] = {
    {"tls-name", 0, "NAME", read_text, offsetof(struct tls_options, name),
	"the name that the server's certificate must have; by default it is "
	"HOST"},
    {"tls-insecure", 0, NULL, set_true, offsetof(struct tls_options, insecure),
	"accept any certificate of the server"},
    {0},
};

const struct option tls_server_table[] = {
    {"tls-save-ca", 0, "FILE", read_text, offsetof(struct tls_options, save_ca),
	"write to FILE what clients must trust; it is for the temporary "
	"certificate"},
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

/* The name of an option that was given, or NULL. */
static const char *
given(const struct tls_options *o)
{
	if (o->ca)
		return "--tls-ca";
	if (o->certificate)
		return "--tls-cert";
	if (o->key)
		return "--tls-key";
	if (o->alpn)
		return "--tls-alpn";
	if (o->name)
		return "--tls-name";
	if (o->insecure)
		return "--tls-insecure";
	return o->save_ca ? "--tls-save-ca" : NULL;
}

int
check_tls_options(const struct run *run, const struct tls_options *o,
    bool is_unix, bool wants_socket)
{
	if (!o->on && given(o))
		return usage_error(run, "%s needs --tls", given(o));
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
