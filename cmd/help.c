/* SPDX-License-Identifier: ISC */
/*
 * help.c - prints the tables of commands and options.
 */
#include "help.h"

#include <string.h>

/* Where the explanations begin. */
#define COLUMN 26

static void print_option(FILE *to, const struct option *o);
static void print_explanation(FILE *to, int column, const char *text);

void
print_usage(FILE *to, const struct command *const commands[])
{
	fprintf(to, "usage: tcpu [--help | --version] COMMAND [OPTION]...\n\n");
	for (int i = 0; commands[i]; i++)
		fprintf(
		    to, "  %-14s%s\n", commands[i]->name, commands[i]->summary);
	fprintf(to, "\ntcpu COMMAND --help tells the options of one.\n");
}

void
print_help(FILE *to, const struct command *command)
{
	fprintf(to, "usage: tcpu %s [OPTION]... %s\n\n%s.\n", command->name,
	    command->operands, command->summary);
	for (const struct option_set *s = command->options; s->options; s++) {
		fprintf(to, "\n%s:\n", s->title);
		for (const struct option *o = s->options; o->name; o++)
			print_option(to, o);
	}
}

/* "  -t, --timeout TIME"; "[TIME]" is joined by its own equals sign. */
static void
print_option(FILE *to, const struct option *o)
{
	int n;

	n = o->letter ? fprintf(to, "  -%c, --%s", o->letter, o->name)
		      : fprintf(to, "      --%s", o->name);
	if (o->argument)
		n += fprintf(
		    to, o->argument[0] == '[' ? "%s" : " %s", o->argument);
	print_explanation(to, n, o->help);
}

static void
print_explanation(FILE *to, int column, const char *text)
{
	size_t len;

	if (column > COLUMN - 2) {
		fprintf(to, "\n");
		column = 0;
	}
	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		fprintf(to, "%*s%.*s\n", COLUMN - column, "", (int)len, text);
		column = 0;
	}
}
