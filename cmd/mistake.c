/* SPDX-License-Identifier: ISC */
#include "mistake.h"

#include <string.h>

#include "target.h"

static int check_dashes(const struct run *run, const struct command *command,
    const struct operands *operands);

/* The letters of a netcat; the manual explains them under COMING FROM NC. */
static const struct {
	char letter;
	const char *sentence;
} letters[] = {
    {'l', "-l is a command: tcpu listen PORT"},
    {'p', "-p is not needed to listen; to connect, it is --source :PORT"},
    {'N', "-N is the default: the peer gets an end of file after the input"},
    {'d', "-d is --abandon </dev/null"},
    {'u', "-u is not available: tcpu has TCP and Unix stream sockets"},
    {'U', "-U is unix:PATH in place of HOST PORT"},
    {'e', "-e is a COMMAND after --: tcpu listen PORT -- COMMAND"},
    {'c', "-c is a COMMAND after --: tcpu listen PORT -- sh -c COMMAND"},
    {'i', "-i of ncat is --idle-timeout TIME; lines are never delayed"},
    {'G', "-G is --connect-timeout TIME"},
};

static const char *
explain_letter(char letter)
{
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		if (letters[i].letter == letter)
			return letters[i].sentence;
	}
	return NULL;
}

/* In "connect -- HOST PORT -- COMMAND" the words up to the second "--" are the
 * target: people who are used to "--" type this. */
static void
take_target(const struct command *command, struct operands *operands)
{
	char **words = operands->command;
	int n = 0;

	if (command->port_alone || !command->runs_command || !words ||
	    operands->count > 0)
		return;
	while (words[n] && strcmp(words[n], "--") != 0)
		n++;
	operands->words = words;
	operands->count = n;
	operands->command = words[n] ? words + n + 1 : NULL;
}

/* Whether the doubtful word is sure to be an operand: a port, standing alone.
 */
static bool
is_sure_port(const struct command *command, const struct operands *operands)
{
	return command->port_alone && operands->count == 1 &&
	    operands->words[0] == operands->doubtful &&
	    is_number(operands->doubtful);
}

int
check_words(const struct run *run, const struct command *command,
    struct operands *operands)
{
	char **words;

	take_target(command, operands);
	words = operands->words;
	if (operands->doubtful && !is_sure_port(command, operands))
		return usage_error(run, "write --%s=%s, or put --%s last",
		    operands->doubted, operands->doubtful, operands->doubted);
	if (operands->count > 2 && run->options->quiet && is_number(words[0]))
		return usage_error(run,
		    "extra operand: '%s'; -q is --quiet, and -q N of nc is "
		    "--end=quiet:N",
		    words[2]);
	if (command->runs_command && !operands->command)
		return check_dashes(run, command, operands);
	return STATUS_GO_ON;
}

/* Finds a COMMAND without "--" in front of it. */
static int
check_dashes(const struct run *run, const struct command *command,
    const struct operands *operands)
{
	char **words = operands->words;

	if (operands->count > 2)
		return usage_error(run,
		    "extra operand: '%s'; a COMMAND goes after --", words[2]);
	if (operands->count == 2 && is_number(words[0]) && !is_number(words[1]))
		return usage_error(run,
		    "a COMMAND goes after --: tcpu %s %s -- %s", command->name,
		    words[0], words[1]);
	return STATUS_GO_ON;
}

/* A target or a port without a command in front of it. */
static const char *
command_for(char **words)
{
	struct operands operands = {.words = words};
	struct target target;
	char error[OPTION_ERROR_SIZE];

	while (words[operands.count])
		operands.count++;
	if (operands.count == 1 && is_number(words[0]))
		return listen_command.name;
	if (operands.count == 0 || operands.count > 2)
		return NULL;
	return read_target(&operands, true, false, &target, error) == 0
	    ? connect_command.name
	    : NULL;
}

int
bad_command(
    const struct run *run, const struct command *const commands[], char **words)
{
	const char *meant;

	for (int i = 0; commands[i]; i++) {
		if (is_near(words[0], strlen(words[0]), commands[i]->name))
			return usage_error(run,
			    "unknown command '%s'; did you mean %s?", words[0],
			    commands[i]->name);
	}
	meant = command_for(words);
	if (meant)
		return usage_error(run,
		    "unknown command '%s'; did you mean tcpu %s %s%s%s?",
		    words[0], meant, words[0], words[1] ? " " : "",
		    words[1] ? words[1] : "");
	return usage_error(run, "unknown command '%s'", words[0]);
}

/* The command that takes the letter, or NULL. */
static const char *
owner_of(const struct command *const commands[], char letter)
{
	for (int i = 0; commands[i]; i++) {
		for (const struct option_set *s = commands[i]->options;
		     s->options; s++) {
			for (const struct option *o = s->options; o->name; o++)
				if (o->letter == letter)
					return commands[i]->name;
		}
	}
	return NULL;
}

/* A second line about an option that does not exist. */
static void
give_hint(const struct run *run, const struct command *const commands[],
    const char *meant, char letter)
{
	const char *sentence = letter ? explain_letter(letter) : NULL;
	const char *owner =
	    letter && !run->command ? owner_of(commands, letter) : NULL;

	if (owner)
		hint(run, "-%c goes after a command: tcpu %s -%c", letter,
		    owner, letter);
	else if (sentence)
		hint(run, "%s", sentence);
	else
		hint(run, "%s%s%s'tcpu%s%s --help' lists the options",
		    meant ? "did you mean --" : "", meant ? meant : "",
		    meant ? "? " : "", run->command ? " " : "",
		    run->command ? run->command : "");
}

int
bad_option(const struct run *run, const struct command *const commands[],
    const char *sentence, const char *meant)
{
	static const char unknown[] = "unrecognized option '-";
	const size_t len = strlen(unknown);

	(void)usage_error(run, "%s", sentence);
	if (strncmp(sentence, unknown, len) == 0)
		give_hint(run, commands, meant,
		    sentence[len] == '-' ? 0 : sentence[len]);
	return STATUS_USAGE;
}
