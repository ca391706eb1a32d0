/* SPDX-License-Identifier: ISC */
#include "lane_options.h"

#include <stdlib.h>
#include <string.h>

/* The longest time that makes sense, with its unit. */
#define TIME_SIZE 32

/* More digits than this could overflow. */
#define MOST_DIGITS 12

static option_reader read_delay, read_rate, read_slice, read_cut;

const struct option lane_option_table[] = {
    {"delay", 0, "TIME[~JITTER]", read_delay, 0,
	"deliver data TIME later, give or take JITTER; these options are "
	"for both directions, or as in:VALUE or out:VALUE for one"},
    {"rate", 0, "BYTES", read_rate, 0,
	"move at most BYTES a second; 64k is 65536, and 1M 1048576"},
    {"slice", 0, "N[,TIME]", read_slice, 0,
	"write at most N bytes at once, and pause for TIME"},
    {"cut", 0, "BYTES", read_cut, 0, "end the session after BYTES have moved"},
    {0},
};

/* Reads the value for a direction.  Returns NULL or an error. */
typedef const char *value_reader(const char *text, struct lane_options *o);

static const char *
read_lanes(const char *text, void *value, value_reader *read)
{
	struct lanes_options *lanes = value;
	const bool in = strncmp(text, "in:", 3) == 0;
	const bool out = strncmp(text, "out:", 4) == 0;
	const char *wrong = NULL;

	text += in ? 3 : out ? 4 : 0;
	if (!out) {
		lanes->in.given = true;
		wrong = read(text, &lanes->in);
	}
	if (!in && !wrong) {
		lanes->out.given = true;
		wrong = read(text, &lanes->out);
	}
	return wrong;
}

/* Reads the time in the first LEN letters. */
static const char *
read_part(const char *text, size_t len, int *ms)
{
	char part[TIME_SIZE] = "";

	if (len < sizeof(part))
		memcpy(part, text, len);
	return read_time(part, ms);
}

/* Reads a number of bytes from the first LEN letters.  Returns whether it is
 * one. */
static bool
read_bytes(const char *text, size_t len, int64_t *bytes)
{
	const size_t digits = strspn(text, "0123456789");
	int64_t unit = 1;

	if (digits == 0 || digits > MOST_DIGITS)
		return false;
	if (len > digits && text[digits] == 'k')
		unit = 1024;
	else if (len > digits && text[digits] == 'M')
		unit = 1024 * 1024;
	*bytes = strtoll(text, NULL, 10) * unit;
	return len == digits + (unit > 1);
}

static const char *
read_one_delay(const char *text, struct lane_options *o)
{
	const size_t len = strcspn(text, "~");
	const char *wrong = read_part(text, len, &o->delay);

	o->jitter = 0;
	return wrong || !text[len] ? wrong
				   : read_time(text + len + 1, &o->jitter);
}

static const char *
read_one_rate(const char *text, struct lane_options *o)
{
	return read_bytes(text, strlen(text), &o->rate) && o->rate > 0
	    ? NULL
	    : "not a number of 1 or more bytes a second (500, 64k, 1M)";
}

static const char *
read_one_slice(const char *text, struct lane_options *o)
{
	const size_t len = strcspn(text, ",");

	o->pause = 0;
	if (!read_bytes(text, len, &o->slice) || o->slice == 0)
		return "not a number of 1 or more bytes (1, 512, 4k)";
	return text[len] ? read_time(text + len + 1, &o->pause) : NULL;
}

static const char *
read_one_cut(const char *text, struct lane_options *o)
{
	o->cuts = true;
	return read_bytes(text, strlen(text), &o->cut)
	    ? NULL
	    : "not a number of 0 or more bytes (0, 512, 4k)";
}

static const char *
read_delay(const char *text, void *value)
{
	return read_lanes(text, value, read_one_delay);
}

static const char *
read_rate(const char *text, void *value)
{
	return read_lanes(text, value, read_one_rate);
}

static const char *
read_slice(const char *text, void *value)
{
	return read_lanes(text, value, read_one_slice);
}

static const char *
read_cut(const char *text, void *value)
{
	return read_lanes(text, value, read_one_cut);
}
