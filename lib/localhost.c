/* SPDX-License-Identifier: ISC */
#include "localhost.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME "localhost"
#define SPACE " \t\r\n"

bool
tu_localhost(const char *name)
{
	return strcasecmp(name, NAME) == 0 || strcasecmp(name, NAME ".") == 0;
}

/* A line has an address, then its names; it ends at a '#'.  The name must be in
 * small letters, as not every C library ignores the case. */
static bool
lists(char *line)
{
	char *rest, *word;

	line[strcspn(line, "#")] = '\0';
	word = strtok_r(line, SPACE, &rest);
	while (word != NULL && (word = strtok_r(NULL, SPACE, &rest)) != NULL)
		if (strcmp(word, NAME) == 0)
			return true;
	return false;
}

bool
tu_localhost_listed(void)
{
	FILE *hosts = fopen("/etc/hosts", "re");
	bool found = false;
	char *line = NULL;
	size_t size = 0;

	if (hosts == NULL)
		return errno != ENOENT && errno != EACCES && errno != ENOTDIR;
	while (!found && getline(&line, &size, hosts) != -1)
		found = lists(line);
	found |= ferror(hosts) != 0 && errno != EISDIR;
	free(line);
	(void)fclose(hosts); /* it was read only */
	return found;
}
