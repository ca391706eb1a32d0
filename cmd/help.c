/* SPDX-License-Identifier: ISC */
#include "help.h"

#include <stdio.h>
#include <string.h>

/* The columns at which explanations begin and lines end. */
#define COLUMN 30
#define LINE_WIDTH 79

struct paragraph {
	struct text *to;
	int indent;
	int column; /* less than the indent: the line is still empty */
};

static void add_option(struct text *to, const struct option *o);
static void add_set(struct text *to, const struct option_set *set, bool titled);
static void add_sets(struct text *to, const struct option_set *sets);
static void add_commonest(struct text *to, const struct command *command);
static void add_names(struct text *to, const struct command *command);

void
add_usage(struct text *to, const struct command *const commands[])
{
	static const struct option_set common = {
	    "Options of every command", common_option_table, 0};

	text_add(
	    to, "usage: tcpu [--help | --version] COMMAND [OPTION]...\n\n");
	for (int i = 0; commands[i]; i++)
		text_add(
		    to, "  %-14s%s\n", commands[i]->name, commands[i]->summary);
	add_set(to, &common, true);
	text_add(to,
	    "\nExamples:\n"
	    "  echo 'Hello!' | tcpu listen 4242 &\n"
	    "  echo 'Good Bye!' | tcpu connect --retry=5 localhost 4242\n"
	    "\n'tcpu COMMAND --help' lists the options of a command, "
	    "and\n'tcpu help topics' the sections of the manual.\n");
}

void
add_help(struct text *to, const struct command *command, bool all)
{
	text_add(to, "usage: tcpu %s [OPTION]... %s\n%s.\n", command->name,
	    command->operands, command->summary);
	if (all) {
		add_sets(to, command->options);
	} else {
		add_commonest(to, command);
		add_names(to, command);
	}
	text_add(to, "\nExamples:\n%s", command->examples);
}

/* Adds a word, on a new line if it does not fit on this one. */
static void
add_word(struct paragraph *p, const char *word, size_t len)
{
	bool first = p->column <= p->indent;

	if (!first && p->column + 1 + (int)len > LINE_WIDTH) {
		text_add(p->to, "\n");
		p->column = 0;
		first = true;
	}
	if (first)
		text_add(p->to, "%*s", p->indent - p->column, "");
	else
		text_add(p->to, " ");
	text_add(p->to, "%.*s", (int)len, word);
	p->column = (first ? p->indent : p->column + 1) + (int)len;
}

/* "--timeout TIME"; "[=TIME]" has its own equals sign. */
static int
format_option(char *text, size_t size, const struct option *o)
{
	char argument[ARGUMENT_SIZE];

	(void)format_argument(o, argument);
	return snprintf(text, size, "--%s%s%s", o->name,
	    *argument && *argument != '[' ? " " : "", argument);
}

/* A text of several lines begins with its first clause in a line of its own,
 * which is all that a shell shows when it completes. */
static void
add_explanation(struct paragraph *p, const char *help)
{
	bool clause = COLUMN + strlen(help) > LINE_WIDTH;
	size_t len;

	for (const char *s = help; *s; s += len + strspn(s + len, " ")) {
		len = strcspn(s, " ");
		add_word(p, s, len);
		if (clause && s[len - 1] == ';') {
			text_add(p->to, "\n");
			p->column = 0;
			clause = false;
		}
	}
}

static void
add_option(struct text *to, const struct option *o)
{
	struct paragraph p = {to, COLUMN, 6};
	char name[64];

	p.column += format_option(name, sizeof(name), o);
	if (o->letter)
		text_add(to, "  -%c, %s", o->letter, name);
	else
		text_add(to, "      %s", name);
	if (p.column > COLUMN - 2) {
		text_add(to, "\n");
		p.column = 0;
	}
	add_explanation(&p, o->help);
	text_add(to, "\n");
}

static void
add_set(struct text *to, const struct option_set *set, bool titled)
{
	if (titled)
		text_add(to, "\n%s:\n", set->title);
	for (const struct option *o = set->options; o->name; o++)
		add_option(to, o);
}

/* Adjacent sets with the same title are one group. */
static void
add_sets(struct text *to, const struct option_set *sets)
{
	const char *title = "";

	for (const struct option_set *s = sets; s->options; s++) {
		add_set(to, s, strcmp(s->title, title) != 0);
		title = s->title;
	}
}

static bool
is_common(const struct command *command, const struct option *o)
{
	for (const char *const *name = command->commonest; *name; name++) {
		if (strcmp(*name, o->name) == 0)
			return true;
	}
	return false;
}

static void
add_commonest(struct text *to, const struct command *command)
{
	text_add(to, "\n");
	for (const struct option_set *s = command->options; s->options; s++) {
		for (const struct option *o = s->options; o->name; o++) {
			if (is_common(command, o))
				add_option(to, o);
		}
	}
}

static void
add_names(struct text *to, const struct command *command)
{
	struct paragraph p = {to, 2, 0};
	char name[64];
	int len;

	text_add(to, "\nMore options, which --help=all explains:\n");
	for (const struct option_set *s = command->options; s->options; s++) {
		for (const struct option *o = s->options; o->name; o++) {
			if (is_common(command, o))
				continue;
			len = snprintf(name, sizeof(name), "--%s", o->name);
			add_word(&p, name, (size_t)len);
		}
	}
	text_add(to, "\n");
}
