/* SPDX-License-Identifier: ISC */
#include "values.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

const char *
set_true(const char *text, void *value)
{
	(void)text;
	*(bool *)value = true;
	return NULL;
}

static const char *
read_number(const char *text, int least, int *value)
{
	long long n = strtoll(text, NULL, 10);

	if (!*text || text[strspn(text, "0123456789")] || n < least)
		return least ? "not a number of 1 or more"
			     : "not a number of 0 or more";
	if (n > INT_MAX)
		return "too big a number";
	*value = (int)n;
	return NULL;
}

const char *
read_count(const char *text, void *value)
{
	return read_number(text, 1, value);
}

const char *
read_natural(const char *text, void *value)
{
	return read_number(text, 0, value);
}

const char *
read_text(const char *text, void *value)
{
	if (!*text)
		return "empty";
	*(const char **)value = text;
	return NULL;
}

/* How much of TEXT is a plain decimal number, with or without a fraction. */
static size_t
decimal_length(const char *text)
{
	static const char digits[] = "0123456789";
	size_t len = strspn(text, digits);
	size_t fraction;

	if (text[len] != '.')
		return len;
	fraction = strspn(text + len + 1, digits);
	return fraction ? len + 1 + fraction : len;
}

const char *
read_time(const char *text, void *value)
{
	static const struct {
		const char *name;
		int ms;
	} units[] = {{"", 1000}, {"s", 1000}, {"ms", 1}, {"m", 60 * 1000},
	    {"h", 60 * 60 * 1000}};
	size_t len;
	double ms;

	if (!text) {
		*(int *)value = -1;
		return NULL;
	}
	len = decimal_length(text);
	for (size_t i = 0; len && i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(text + len, units[i].name) != 0)
			continue;
		ms = strtod(text, NULL) * units[i].ms;
		if (ms > INT_MAX)
			return "too long a time";
		*(int *)value = (int)(ms + 0.999); /* no limit becomes 0 */
		return NULL;
	}
	return "not a time (5, 1.5s, 500ms, 2m, 1h)";
}

const char *
format_time(int ms, char text[TIME_TEXT_SIZE])
{
	int len;

	if (ms < 1000 && ms > 0) {
		format_text(text, TIME_TEXT_SIZE, "%dms", ms);
		return text;
	}
	len = snprintf(text, TIME_TEXT_SIZE, "%d.%03d", ms / 1000, ms % 1000);
	while (text[len - 1] == '0')
		len--;
	if (text[len - 1] == '.')
		len--;
	(void)strcpy(text + len, "s");
	return text;
}
