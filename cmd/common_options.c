/* SPDX-License-Identifier: ISC */
#include "common_options.h"

#include <stddef.h>

static option_reader set_ipv4, set_ipv6;

static const struct choice help_choices[] = {
    {"short", HELP_SHORT}, {"all", HELP_ALL}, {0}};

const struct option common_option_table[] = {
    {"ipv4", '4', NULL, set_ipv4, offsetof(struct common_options, family),
	"IPv4 only"},
    {"ipv6", '6', NULL, set_ipv6, offsetof(struct common_options, family),
	"IPv6 only"},
    {"numeric", 'n', NULL, set_true, offsetof(struct common_options, numeric),
	"hosts and ports are numbers; nothing is looked up"},
    {"timeout", 't', "TIME", read_time,
	offsetof(struct common_options, timeout),
	"end the whole run after TIME"},
    {"quiet", 'q', NULL, set_true, offsetof(struct common_options, quiet),
	"no messages, except about a wrong command line"},
    {"verbose", 'v', NULL, set_true, offsetof(struct common_options, verbose),
	"more messages"},
    {"help", 'h', "[=CHOICE]", NULL, offsetof(struct common_options, help),
	"print the commonest options, or all, and exit", help_choices},
    {0},
};

static const char *
set_family(int family, int *value)
{
	if (*value && *value != family)
		return "--ipv4 and --ipv6 exclude each other";
	*value = family;
	return NULL;
}

static const char *
set_ipv4(const char *text, void *value)
{
	(void)text;
	return set_family(4, value);
}

static const char *
set_ipv6(const char *text, void *value)
{
	(void)text;
	return set_family(6, value);
}
