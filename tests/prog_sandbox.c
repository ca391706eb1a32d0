/* SPDX-License-Identifier: ISC */
/*
 * prog_sandbox.c - runs a program in the sandbox of sandbox.h.
 */
#include <stdio.h>
#include <unistd.h>

#include "sandbox.h"

int
main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: prog_sandbox COMMAND [ARG]...\n");
		return 2;
	}
	sandbox();
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
