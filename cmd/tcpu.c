/* SPDX-License-Identifier: ISC */
/*
 * tcpu.c - the table of commands, and what happens before and after one of
 * them runs.
 */
#include "tcpu.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "descriptors.h"
#include "help.h"

static const struct command *const commands[] = {&listen_command,
    &connect_command, &accept_ready_command, &addresses_command, NULL};

static int start(char **words);
static int start_command(const struct command *command, char **words);
static int prepare(
    const struct run *run, void *options, const struct operands *operands);
static int perform(const struct run *run, const struct operands *operands);
static int finish(const struct run *run, int status);
static int say_usage(const struct run *run);
static int answer_help(const struct run *run);
static int bad_command(const struct run *run, const char *word);
static int bad_option(
    const struct run *run, const char *sentence, const char *meant);

int
main(int argc, char **argv)
{
	open_standard_descriptors();
	return start(argv + (argc > 0));
}

/* The first word: a command, --help or --version. */
static int
start(char **words)
{
	static const struct common_options options = COMMON_DEFAULTS;
	struct ending ending = {0};
	struct outbox outbox = NEW_OUTBOX;
	const struct run run = {NULL, &options, &ending, &outbox};
	char text[64];

	if (!words[0]) {
		block_signals(&ending);
		return finish(&run, say_usage(&run));
	}
	for (int i = 0; commands[i]; i++) {
		if (strcmp(words[0], commands[i]->name) == 0)
			return start_command(commands[i], words + 1);
	}
	block_signals(&ending);
	if (strcmp(words[0], "--help") == 0)
		return finish(&run, answer_help(&run));
	if (strcmp(words[0], "--version") == 0) {
		(void)snprintf(text, sizeof(text), "tcpu %s\n", tcp_version());
		return finish(&run, answer(&run, text, strlen(text)));
	}
	if (words[0][0] != '-')
		return finish(&run, bad_command(&run, words[0]));
	(void)snprintf(
	    text, sizeof(text), "unrecognized option '%s'", words[0]);
	return finish(&run, bad_option(&run, text, NULL));
}

static int
start_command(const struct command *command, char **words)
{
	struct ending ending = {0};
	void *options = malloc(command->size);
	struct outbox outbox = NEW_OUTBOX;
	const struct common_options none = COMMON_DEFAULTS;
	const struct run run = {
	    command, options ? options : &none, &ending, &outbox};
	struct operands operands = {0};
	char error[OPTION_ERROR_SIZE];
	int status;

	if (!options)
		return finish(
		    &run, fail(&run, STATUS_FAILED, "%s", strerror(errno)));
	memcpy(options, command->defaults, command->size);
	block_signals(&ending);
	if (parse_options(command->options, options, words, &operands, error) ==
	    -1)
		status = bad_option(&run, error, operands.meant);
	else if (run.options->help)
		status = answer_help(&run);
	else
		status = prepare(&run, options, &operands);
	if (status == -1)
		status = perform(&run, &operands);
	free(options);
	return finish(&run, status);
}

/* Returns -1 to go on, or the status to end with. */
static int
prepare(const struct run *run, void *options, const struct operands *operands)
{
	const struct command *command = run->command;

	if (operands->command && !command->runs_command)
		return usage_error(run, "there is no COMMAND to run here");
	if (operands->command && !operands->command[0])
		return usage_error(run, "missing COMMAND behind '--'");
	return command->prepare ? command->prepare(run, options, operands) : -1;
}

static int
perform(const struct run *run, const struct operands *operands)
{
	if (watch_endings(run->ending, run->options->timeout) == -1)
		return library_failure(run, "start", STATUS_FAILED);
	return run->command->run(run, run->options, operands);
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
answer_help(const struct run *run)
{
	struct text text = {0};
	int status;

	if (run->command)
		add_help(&text, run->command, run->options->help == HELP_ALL);
	else
		add_usage(&text, commands);
	status = text.failed ? fail(run, STATUS_FAILED, "%s", strerror(ENOMEM))
			     : answer(run, text.bytes, text.size);
	text_free(&text);
	return status;
}

static int
bad_command(const struct run *run, const char *word)
{
	for (int i = 0; commands[i]; i++) {
		if (is_near(word, strlen(word), commands[i]->name))
			return usage_error(run,
			    "unknown command '%s'; did you mean %s?", word,
			    commands[i]->name);
	}
	return usage_error(run, "unknown command '%s'", word);
}

static int
bad_option(const struct run *run, const char *sentence, const char *meant)
{
	(void)usage_error(run, "%s", sentence);
	if (strncmp(sentence, "unrecognized", strlen("unrecognized")) == 0)
		say(run, "%s%s%s'tcpu%s%s --help' tells the options",
		    meant ? "did you mean --" : "", meant ? meant : "",
		    meant ? "? " : "", run->command ? " " : "",
		    run->command ? run->command->name : "");
	return STATUS_USAGE;
}

int
find_target(const struct run *run, const struct operands *operands,
    bool need_host, int least, struct target *target)
{
	char error[OPTION_ERROR_SIZE];
	int status;

	status = read_target(
	    operands, need_host, run->options->numeric, target, error);
	if (status == STATUS_USAGE)
		return usage_error(run, "%s", error);
	if (status != 0)
		return fail(run, status, "%s: %s", run->command->name, error);
	if (target->port < least)
		return usage_error(run, "not a port: '%s'", target->service);
	return 0;
}
