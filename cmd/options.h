/* SPDX-License-Identifier: ISC */
/*
 * options.h - tables of options, which serve both parsing and help, and the
 * parser of a command line.  getopt_long(3) accepts abbreviated options, so
 * that every new option could break a script that uses an abbreviation.  This
 * parser accepts only full names.
 */
#ifndef TCPU_OPTIONS_H
#define TCPU_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "values.h"

/* A permitted argument and its value.  A table ends with a null name. */
struct choice {
	const char *name;
	int value;
};

struct option {
	const char *name;     /* without the dashes */
	char letter;          /* the short form, or 0 */
	const char *argument; /* "TIME"; "[=TIME]" may be left out; NULL none */
	option_reader *read;  /* NULL: the argument is a choice */
	size_t offset; /* of the value in the struct of the set's owner */
	const char *help;
	const struct choice *choices; /* all there is to choose from; the first
					 is the value if the argument is left
					 out, and the value an int */
};

/* The largest value that the reader of an optional argument may set. */
#define OPTIONAL_VALUE_SIZE 2048

/* A table of options, ended by a null name, and the offset of its struct in the
 * struct of the command.  An array of sets ends with null options. */
struct option_set {
	const char *title;
	const struct option *options;
	size_t offset;
};

/* The rest of a command line: the operands in order, and the words after "--":
 * NULL without "--", and an empty list if nothing follows it. */
struct operands {
	int count;
	char **words;
	char **command;
	const char *meant;    /* the name of an option like the unknown one, or
				 NULL */
	const char *doubtful; /* a word that could be the argument of the option
				 DOUBTED before it, or NULL */
	const char *doubted;
};

/* The argument of an option as --help has it: "TIME", "[=send|receive|both]".
 */
#define ARGUMENT_SIZE 64
const char *format_argument(
    const struct option *option, char text[ARGUMENT_SIZE]);

/* Room for the sentence about a wrong option; longer ones are cut. */
#define OPTION_ERROR_SIZE 320

/*
 * Reads the words of ARGV, which end with NULL, into the struct at VALUES and
 * into OPERANDS; moves the operands to the front of ARGV.  Options may come
 * after operands.  Returns 0; or -1 and a sentence about the error, which
 * begins with "unrecognized option" if there is no such option.
 */
int parse_options(const struct option_set *sets, void *values, char **argv,
    struct operands *operands, char error[OPTION_ERROR_SIZE]);

/* The same up to the first operand, or the end.  Returns the number of words
 * read, or -1. */
int parse_leading_options(const struct option_set *sets, void *values,
    char **argv, struct operands *operands, char error[OPTION_ERROR_SIZE]);

/*
 * Whether the first LEN letters of WORD may be meant for NAME: NAME begins with
 * them, or a letter is wrong, missing or surplus, or two letters are swapped.
 */
bool is_near(const char *word, size_t len, const char *name);

#endif
