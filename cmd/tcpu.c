/* SPDX-License-Identifier: ISC */
/*
 * tcpu.c - the table of commands; and main, which sets up the run of a command
 * and cleans up after it.
 *
 * To add an option, add it to the table below that fits its subject, and add a
 * member for its value to the struct beside that table:
 *
 *   how a session goes         session/session_options.[ch]
 *   how bad its network is     session/lane_options.[ch]
 *   how COMMAND is run         handlers/handlers.c, handlers/handler.h
 *   how it is announced        listen/ready.[ch]
 *   how tcpu listens           listen/listen_options.[ch]
 *   which clients are served   listen/access.[ch], listen/proxies.[ch]
 *   how tcpu connects          attempts.[ch]
 *   how it is encrypted        tls/tls_options.[ch]
 *   for one command only       the file of the command
 *   for every command          common_options.[ch]
 *
 * The title of a set of options is the heading of the section of tcpu(1) that
 * explains them.
 *
 * A new command has a file with a struct command, which command.h declares and
 * the table below names.  tests/layering.bats says which file may include
 * which.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "command.h"
#include "descriptors.h"
#include "help.h"
#include "manual.h"
#include "mistake.h"
#include "text.h"

static const struct command *const commands[] = {&listen_command,
    &connect_command, &accept_ready_command, &addresses_command, NULL};

/* The options that may stand before a command. */
struct leading_options {
	struct common_options common;
	bool version;
};

static const struct option version_table[] = {
    {"version", 'V', NULL, set_true, offsetof(struct leading_options, version),
	"print the version and exit"},
    {0},
};

static int read_leading(const struct run *run, struct leading_options *options,
    char **words, int *n);
static int over(int status);
static const struct command *find_command(const char *word);
static int start_command(
    const struct command *command, char **words, const struct run *before);
static int prepare(const struct run *run, const struct command *command,
    void *options, const struct operands *operands);
static int finish(const struct run *run, int status);
static int say_usage(const struct run *run);
static int answer_help(const struct run *run, const struct command *command);
static int answer_help_words(const struct run *run, char **words);
static int answer_topic(const struct run *run, char **words);
static int answer_topics(const struct run *run);
static int answer_text(const struct run *run, struct text *text);
static int answer_version(const struct run *run);

int
main(int argc, char **argv)
{
	char **words = argv + (argc > 0);
	struct leading_options options = {.common = COMMON_DEFAULTS};
	struct ending ending = {.begin = now()};
	struct outbox outbox = NEW_OUTBOX;
	const struct run run = {NULL, &options.common, &ending, &outbox};
	const struct command *command;
	int n = 0, status;

	status = open_standard_descriptors(&run);
	block_signals(&ending);
	if (status == STATUS_GO_ON)
		status = read_leading(&run, &options, words, &n);
	if (status != STATUS_GO_ON)
		return finish(&run, status);
	command = find_command(words[n]);
	if (!command)
		return finish(&run, bad_command(&run, commands, words + n));
	memmove(words + 1, words, (size_t)n * sizeof(*words));
	return start_command(command, words + 1, &run);
}

/*
 * Options of every command may stand before the command, too.  Returns
 * STATUS_GO_ON and the number of their words; or the status to end with, if
 * they ask for something that needs no command.
 */
static int
read_leading(const struct run *run, struct leading_options *options,
    char **words, int *n)
{
	static const struct option_set sets[] = {
	    {"Options of every command", common_option_table, 0},
	    {"Without a command", version_table, 0}, {0}};
	struct operands operands = {0};
	char error[OPTION_ERROR_SIZE];

	*n = parse_leading_options(sets, options, words, &operands, error);
	if (*n == -1)
		return bad_option(run, commands, error, operands.meant);
	if (options->version)
		return over(answer_version(run));
	if (options->common.help)
		return over(answer_help(run, NULL));
	if (!words[*n])
		return say_usage(run);
	if (strcmp(words[*n], "help") == 0)
		return over(answer_help_words(run, words + *n + 1));
	return STATUS_GO_ON;
}

/* Ends the run after an answer: turns STATUS_DONE into STATUS_ENDED. */
static int
over(int status)
{
	return status == STATUS_DONE ? STATUS_ENDED : status;
}

static const struct command *
find_command(const char *word)
{
	for (int i = 0; commands[i]; i++) {
		if (strcmp(word, commands[i]->name) == 0)
			return commands[i];
	}
	return NULL;
}

/* "tcpu help [COMMAND | TOPIC]" */
static int
answer_help_words(const struct run *run, char **words)
{
	const struct command *command;

	if (!words[0])
		return answer_help(run, NULL);
	command = find_command(words[0]);
	if (!command)
		return answer_topic(run, words);
	if (words[1])
		return usage_error(run, "help: extra operand: '%s'", words[1]);
	return answer_help(run, command);
}

static int
answer_topic(const struct run *run, char **words)
{
	const struct topic *topic = find_topic(words);
	struct text text = {0};

	if (strcmp(words[0], "topics") == 0 && !words[1])
		return answer_topics(run);
	if (topic) {
		add_topic(&text, topic);
		return answer_text(run, &text);
	}
	(void)bad_command(run, commands, words);
	hint(run, "'tcpu help topics' lists the sections of the manual");
	return STATUS_USAGE;
}

static int
answer_topics(const struct run *run)
{
	struct text text = {0};

	add_topics(&text);
	return answer_text(run, &text);
}

/* Frees the text. */
static int
answer_text(const struct run *run, struct text *text)
{
	int status = text->failed
	    ? fail(run, STATUS_FAILED, "%s", strerror(ENOMEM))
	    : answer(run, text->bytes, text->size);

	text_free(text);
	return status;
}

static int
answer_version(const struct run *run)
{
	char text[64];

	format_text(text, sizeof(text), "tcpu %s\n", tcp_version());
	return answer(run, text, strlen(text));
}

/* BEFORE is the run before its command is known. */
static int
start_command(
    const struct command *command, char **words, const struct run *before)
{
	void *options = malloc(command->size);
	const struct run run = {command->name,
	    options ? options : before->options, before->ending,
	    before->outbox};
	struct operands operands = {0};
	char error[OPTION_ERROR_SIZE];
	int status;

	if (!options)
		return finish(
		    &run, fail(&run, STATUS_FAILED, "%s", strerror(errno)));
	memcpy(options, command->defaults, command->size);
	if (parse_options(command->options, options, words, &operands, error) ==
	    -1)
		status = bad_option(&run, commands, error, operands.meant);
	else if (run.options->help)
		status = over(answer_help(&run, command));
	else if (check_words(&run, command, &operands) != 0)
		status = STATUS_USAGE;
	else
		status = prepare(&run, command, options, &operands);
	if (status == STATUS_GO_ON)
		status = command->run(&run, options, &operands);
	if (command->release)
		command->release(options);
	free(options);
	return finish(&run, status);
}

/* What needs no library, and then the first use of it.  Returns STATUS_GO_ON,
 * or the status to end with. */
static int
prepare(const struct run *run, const struct command *command, void *options,
    const struct operands *operands)
{
	int status = STATUS_GO_ON;

	if (operands->command && !command->runs_command)
		return usage_error(run, "no COMMAND can be run here");
	if (operands->command && !operands->command[0])
		return usage_error(run, "missing COMMAND after '--'");
	if (command->prepare)
		status = command->prepare(run, options, operands);
	if (status == STATUS_GO_ON &&
	    watch_endings(run->ending, run->options->timeout) == -1)
		return library_failure(run, "start", STATUS_FAILED);
	return status;
}

static int
finish(const struct run *run, int status)
{
	outbox_flush(run->outbox);
	if (run->ending->signal)
		die(run->ending);
	return status == STATUS_ENDED ? STATUS_DONE : status;
}

static int
say_usage(const struct run *run)
{
	struct text text = {0};

	add_usage(&text, commands);
	if (!text.failed)
		say_text(run, text.bytes, text.size);
	text_free(&text);
	return STATUS_USAGE;
}

static int
answer_help(const struct run *run, const struct command *command)
{
	const bool all = run->options->help == HELP_ALL;
	struct text text = {0};

	if (command)
		add_help(&text, command, all);
	else
		add_usage(&text, commands);
	for (int i = 0; commands[i] && !command && all; i++) {
		text_add(&text, "\n");
		add_help(&text, commands[i], true);
	}
	return answer_text(run, &text);
}
