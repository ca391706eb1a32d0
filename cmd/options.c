/* SPDX-License-Identifier: ISC */
/*
 * options.c - parses a command line.  getopt_long(3) accepts abbreviated
 * options, so that every new option could break a script that uses an
 * abbreviation.  This parser accepts only full names, from the tables that help
 * prints too.
 */
#include "options.h"

#include <assert.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tcpunit.h>

/* The largest of the values that readers of optional arguments set. */
#define MOST_VALUE 32

struct parser {
	const struct option_set *sets;
	void *values;
	char **next; /* the word after the one being read */
	struct operands *operands;
	char *error;
};

static bool is_option(const char *word);
static int read_word(struct parser *p, char *word);
static int read_long(struct parser *p, char *word);
static bool would_fit(
    const struct parser *p, const struct option *o, const char *word);
static int read_letters(struct parser *p, const char *letters);
static int read_choice(
    struct parser *p, const struct option *o, const char *text, int *value);
static option_reader set_ipv4, set_ipv6;
static int wrong(struct parser *p, const char *format, ...)
    TCPUNIT_PRINTF(2, 3);

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
	"no messages"},
    {"verbose", 'v', NULL, set_true, offsetof(struct common_options, verbose),
	"more messages"},
    {"help", 'h', "[=CHOICE]", NULL, offsetof(struct common_options, help),
	"print the commonest options, or all, and exit", help_choices},
    {0},
};

int
parse_options(const struct option_set *sets, void *values, char **argv,
    struct operands *operands, char error[OPTION_ERROR_SIZE])
{
	struct parser p = {sets, values, argv, operands, error};
	char *word;

	*operands = (struct operands){.words = argv};
	while ((word = *p.next++)) {
		if (strcmp(word, "--") == 0) {
			operands->command = p.next;
			break;
		}
		if (!is_option(word))
			operands->words[operands->count++] = word;
		else if (read_word(&p, word) == -1)
			return -1;
	}
	return 0;
}

int
parse_leading_options(const struct option_set *sets, void *values, char **argv,
    struct operands *operands, char error[OPTION_ERROR_SIZE])
{
	struct parser p = {sets, values, argv, operands, error};

	*operands = (struct operands){.words = argv};
	while (*p.next && is_option(*p.next)) {
		if (read_word(&p, *p.next++) == -1)
			return -1;
	}
	return (int)(p.next - argv);
}

static bool
is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0';
}

static int
read_word(struct parser *p, char *word)
{
	return word[1] == '-' ? read_long(p, word + 2)
			      : read_letters(p, word + 1);
}

static int
wrong(struct parser *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(p->error, OPTION_ERROR_SIZE, format, args);
	va_end(args);
	return -1;
}

static bool
is_named(const struct option *o, const char *name, size_t len)
{
	return strncmp(o->name, name, len) == 0 && o->name[len] == '\0';
}

/* The option with this name or, if NAME is NULL, with this letter. */
static const struct option *
find_option(
    struct parser *p, const char *name, size_t len, char letter, void **value)
{
	for (const struct option_set *s = p->sets; s->options; s++) {
		for (const struct option *o = s->options; o->name; o++) {
			if (name ? !is_named(o, name, len)
				 : o->letter != letter)
				continue;
			*value = (char *)p->values + s->offset + o->offset;
			return o;
		}
	}
	return NULL;
}

/* Between a common beginning and a common end, at most two letters may differ,
 * and at most half of the whole. */
bool
is_near(const char *word, size_t len, const char *name)
{
	const size_t n = strlen(name);
	const size_t shorter = len < n ? len : n, longer = len < n ? n : len;
	size_t head = 0, tail = 0;

	while (head < shorter && word[head] == name[head])
		head++;
	if (head == len)
		return len > 0;
	while (
	    head + tail < shorter && word[len - 1 - tail] == name[n - 1 - tail])
		tail++;
	return longer - head - tail <= 2 && 2 * (head + tail) >= longer;
}

static const char *
near_option(const struct parser *p, const char *word, size_t len)
{
	for (const struct option_set *s = p->sets; s->options; s++) {
		for (const struct option *o = s->options; o->name; o++) {
			if (is_near(word, len, o->name))
				return o->name;
		}
	}
	return NULL;
}

static int
set_option(
    struct parser *p, const struct option *o, const char *text, void *value)
{
	const char *why;

	if (!o->read)
		return read_choice(p, o, text, value);
	why = o->read(text, value);
	if (!why)
		return 0;
	if (!text)
		return wrong(p, "--%s: %s", o->name, why);
	return wrong(p, "--%s: %s: '%s'", o->name, why, text);
}

/* "send|receive|both", at the end of TEXT. */
static void
add_choices(const struct choice *choices, char *text, size_t size)
{
	size_t len = strlen(text);

	for (const struct choice *c = choices; c->name; c++) {
		(void)snprintf(text + len, size - len, "%s%s",
		    c == choices ? "" : "|", c->name); /* fits */
		len += strlen(text + len);
	}
}

const char *
format_argument(const struct option *o, char text[ARGUMENT_SIZE])
{
	const bool optional = o->argument && o->argument[0] == '[';

	if (!o->choices) {
		(void)snprintf(text, ARGUMENT_SIZE, "%s",
		    o->argument ? o->argument : ""); /* fits */
		return text;
	}
	(void)strcpy(text, optional ? "[=" : "");
	add_choices(o->choices, text, ARGUMENT_SIZE);
	(void)strcat(text, optional ? "]" : "");
	return text;
}

static int
read_choice(
    struct parser *p, const struct option *o, const char *text, int *value)
{
	const struct choice *c = o->choices;
	char all[ARGUMENT_SIZE] = "";

	assert(c); /* an option without a reader has choices */
	while (text && c->name && strcmp(text, c->name) != 0)
		c++;
	if (c->name) {
		*value = c->value;
		return 0;
	}
	add_choices(o->choices, all, sizeof(all));
	return wrong(p, "--%s: not one of %s: '%s'", o->name, all, text);
}

static int
read_long(struct parser *p, char *word)
{
	size_t len = strcspn(word, "=");
	const char *text = word[len] == '=' ? word + len + 1 : NULL;
	const struct option *o;
	void *value;

	o = find_option(p, word, len, 0, &value);
	if (!o) {
		p->operands->meant = near_option(p, word, len);
		return wrong(p, "unrecognized option '--%.*s'", (int)len, word);
	}
	if (text && !o->argument)
		return wrong(p, "option '--%s' takes no argument", o->name);
	if (!text && o->argument && o->argument[0] != '[') {
		if (!*p->next)
			return wrong(
			    p, "option '--%s' needs an argument", o->name);
		text = *p->next++;
	}
	if (!text && o->argument && *p->next && would_fit(p, o, *p->next)) {
		p->operands->doubtful = *p->next;
		p->operands->doubted = o->name;
	}
	return set_option(p, o, text, value);
}

/* Whether the word could be meant as the option's optional argument, although
 * such an argument must follow "=". */
static bool
would_fit(const struct parser *p, const struct option *o, const char *word)
{
	_Alignas(max_align_t) char value[MOST_VALUE] = {0};
	char error[OPTION_ERROR_SIZE];
	struct parser trial = *p;

	trial.error = error;
	return set_option(&trial, o, word, value) == 0;
}

/* "-k1", "-t5", "-t 5".  A letter's optional argument is left out. */
static int
read_letters(struct parser *p, const char *letters)
{
	const struct option *o;
	const char *text;
	void *value;

	for (; *letters; letters++) {
		o = find_option(p, NULL, 0, *letters, &value);
		if (!o)
			return wrong(p, "unrecognized option '-%c'", *letters);
		if (!o->argument || o->argument[0] == '[') {
			if (set_option(p, o, NULL, value) == -1)
				return -1;
			continue;
		}
		text = letters[1] ? letters + 1 : *p->next;
		if (!text)
			return wrong(
			    p, "option '-%c' needs an argument", *letters);
		if (!letters[1])
			p->next++;
		return set_option(p, o, text, value);
	}
	return 0;
}

const char *
set_true(const char *text, void *value)
{
	(void)text;
	*(bool *)value = true;
	return NULL;
}

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

static const char *
read_number(const char *text, int least, int *value)
{
	long long n = strtoll(text, NULL, 10);

	if (!*text || text[strspn(text, "0123456789")] || n < least)
		return least ? "not a number of 1 or more"
			     : "not a number of 0 or more";
	if (n > INT_MAX)
		return "too big a number";
	*value = (int)n;
	return NULL;
}

const char *
read_count(const char *text, void *value)
{
	return read_number(text, 1, value);
}

const char *
read_natural(const char *text, void *value)
{
	return read_number(text, 0, value);
}

const char *
read_text(const char *text, void *value)
{
	if (!*text)
		return "empty";
	*(const char **)value = text;
	return NULL;
}

/* How much of TEXT is a plain decimal number, with or without a fraction. */
static size_t
decimal_length(const char *text)
{
	static const char digits[] = "0123456789";
	size_t len = strspn(text, digits);
	size_t fraction;

	if (text[len] != '.')
		return len;
	fraction = strspn(text + len + 1, digits);
	return fraction ? len + 1 + fraction : len;
}

const char *
read_time(const char *text, void *value)
{
	static const struct {
		const char *name;
		int ms;
	} units[] = {{"", 1000}, {"s", 1000}, {"ms", 1}, {"m", 60 * 1000},
	    {"h", 60 * 60 * 1000}};
	size_t len;
	double ms;

	if (!text) {
		*(int *)value = -1;
		return NULL;
	}
	len = decimal_length(text);
	for (size_t i = 0; len && i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(text + len, units[i].name) != 0)
			continue;
		ms = strtod(text, NULL) * units[i].ms;
		if (ms > INT_MAX)
			return "too long a time";
		*(int *)value = (int)(ms + 0.999); /* no limit becomes 0 */
		return NULL;
	}
	return "not a time (5, 1.5s, 500ms, 2m, 1h)";
}

const char *
format_time(int ms, char text[TIME_TEXT_SIZE])
{
	int len;

	if (ms < 1000 && ms > 0) {
		(void)snprintf(text, TIME_TEXT_SIZE, "%dms", ms);
		return text;
	}
	len = snprintf(text, TIME_TEXT_SIZE, "%d.%03d", ms / 1000, ms % 1000);
	while (text[len - 1] == '0')
		len--;
	if (text[len - 1] == '.')
		len--;
	(void)strcpy(text + len, "s");
	return text;
}
