/* SPDX-License-Identifier: ISC */
/*
 * targets.c - the forms of HOST:PORT, as the command and the library read them.
 * A NUL separates two operands.
 */
#include "../../cmd/target.h"

#include "fuzz.h"

static void
split(const char *text)
{
	char host[20];
	const char *port;

	if (tcp_split_host_port(text, host, sizeof(host), &port) == -1)
		return;
	REQUIRE(!port || (port > text && port <= text + strlen(text)));
	REQUIRE(strlen(host) < sizeof(host));
}

static void
read_words(const uint8_t *data, size_t size, bool need_host)
{
	char *text = text_of(data, size), error[OPTION_ERROR_SIZE] = "";
	char *words[] = {text, text + strlen(text) + 1, NULL};
	struct operands operands = {.count = 1, .words = words};
	struct target target;
	int status;

	if (strlen(text) < size)
		operands.count = 2;
	else
		words[1] = NULL;
	status = read_target(&operands, need_host, true, &target, error);
	REQUIRE((status == 0) == (error[0] == '\0'));
	if (status == 0) {
		REQUIRE(target.port >= 0 && target.port <= 65535);
		REQUIRE(target.host || !need_host);
	}
	free(text);
}

static void
read_ours(const char *text)
{
	char error[OPTION_ERROR_SIZE] = "";
	struct target target;

	if (read_source(text, &target, error) == 0)
		REQUIRE(target.port >= 0 && target.port <= 65535);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);

	split(text);
	read_ours(text);
	read_words(data, size, true);
	read_words(data, size, false);
	free(text);
	return 0;
}
