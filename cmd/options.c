/* SPDX-License-Identifier: ISC */
#include "options.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <tcpunit.h>

#include "text.h"

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
static int take_word(
    struct parser *p, const struct option *o, const char **text);
static bool would_fit(
    const struct parser *p, const struct option *o, const char *word);
static int read_letters(struct parser *p, const char *letters);
static int read_choice(
    struct parser *p, const struct option *o, const char *text, int *value);
static int wrong(struct parser *p, const char *format, ...)
    TCPUNIT_PRINTF(2, 3);

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

/* An optional argument follows "=" or is left out. */
static bool
is_optional(const struct option *o)
{
	return o->argument && o->argument[0] == '[';
}

/* "send|receive|both", at the end of TEXT. */
static void
add_choices(const struct choice *choices, char *text, size_t size)
{
	size_t len = strlen(text);

	for (const struct choice *c = choices; c->name; c++) {
		format_text(text + len, size - len, "%s%s",
		    c == choices ? "" : "|", c->name);
		len += strlen(text + len);
	}
}

const char *
format_argument(const struct option *o, char text[ARGUMENT_SIZE])
{
	const bool optional = is_optional(o);

	if (!o->choices) {
		format_text(
		    text, ARGUMENT_SIZE, "%s", o->argument ? o->argument : "");
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
	if (!text && o->argument && take_word(p, o, &text) == -1)
		return -1;
	return set_option(p, o, text, value);
}

/* Takes the next word as the argument of an option that needs one. */
static int
take_word(struct parser *p, const struct option *o, const char **text)
{
	char *word = *p->next;

	if (!is_optional(o)) {
		if (!word)
			return wrong(
			    p, "option '--%s' needs an argument", o->name);
		*text = word;
		p->next++;
	} else if (word && would_fit(p, o, word)) {
		p->operands->doubtful = word;
		p->operands->doubted = o->name;
	}
	return 0;
}

/* Whether the word could be meant as the option's optional argument, although
 * such an argument must follow "=". */
static bool
would_fit(const struct parser *p, const struct option *o, const char *word)
{
	_Alignas(max_align_t) char value[OPTIONAL_VALUE_SIZE] = {0};
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
		if (!o->argument || is_optional(o)) {
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
