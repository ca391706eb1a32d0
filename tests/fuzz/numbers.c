/* SPDX-License-Identifier: ISC */
/*
 * numbers.c - times and numbers of a command line: each is in range or refused;
 * a printed time is read back as the same; a 0 before the point is optional.
 */
#include "../../cmd/values.h"

#include "fuzz.h"

static void
check_time(const char *text)
{
	char printed[TIME_TEXT_SIZE];
	int ms = -2, again = -2;

	if (read_time(text, &ms)) {
		REQUIRE(ms == -2);
		return;
	}
	REQUIRE(ms >= 0);
	REQUIRE(!read_time(format_time(ms, printed), &again));
	REQUIRE(again == ms);
}

static void
check_fraction(const char *text)
{
	int ms = -2, without = -2;

	if (strncmp(text, "0.", 2) != 0)
		return;
	REQUIRE(!read_time(text, &ms) == !read_time(text + 1, &without));
	REQUIRE(ms == without);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);
	int n = -2;

	check_time(text);
	check_fraction(text);
	REQUIRE(read_count(text, &n) ? n == -2 : n >= 1);
	n = -2;
	REQUIRE(read_natural(text, &n) ? n == -2 : n >= 0);
	free(text);
	return 0;
}
