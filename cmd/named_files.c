/* SPDX-License-Identifier: ISC */
#include "named_files.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "text.h"

/* A file that exists, or the folder in which it can be made and its name. */
struct place {
	struct stat st;
	const char *name; /* "": the file itself */
};

/* Returns false if the file cannot be opened either. */
static bool
find_place(const char *name, struct place *place)
{
	const char *slash = strrchr(name, '/');
	char folder[PATH_MAX] = ".";

	place->name = "";
	if (stat(name, &place->st) == 0)
		return true;
	place->name = slash ? slash + 1 : name;
	if (slash)
		format_text(folder, sizeof(folder), "%.*s",
		    (int)(slash - name) + 1, name);
	return stat(folder, &place->st) == 0;
}

static bool
are_one(const struct named_file *a, const struct named_file *b)
{
	struct place first, second;

	return a->name && b->name && (a->written || b->written) &&
	    find_place(a->name, &first) && find_place(b->name, &second) &&
	    first.st.st_dev == second.st.st_dev &&
	    first.st.st_ino == second.st.st_ino &&
	    strcmp(first.name, second.name) == 0;
}

int
check_named_files(const struct run *run, const struct named_file *list)
{
	for (const struct named_file *a = list; a->option; a++) {
		for (const struct named_file *b = a + 1; b->option; b++) {
			if (are_one(a, b))
				return usage_error(run,
				    "%s and %s name the same file", a->option,
				    b->option);
		}
	}
	return STATUS_GO_ON;
}
