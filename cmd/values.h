/* SPDX-License-Identifier: ISC */
/*
 * values.h - reads the values of options strictly: times, numbers, texts.
 * target.h reads hosts and ports.
 */
#ifndef TCPU_VALUES_H
#define TCPU_VALUES_H

/*
 * Reads TEXT (NULL if an optional argument was left out) into *VALUE.  Returns
 * NULL; or an error as words that go before the text: "not a time".
 */
typedef const char *option_reader(const char *text, void *value);

/* Readers, each with the type of *VALUE. */
option_reader set_true;     /* bool */
option_reader read_time;    /* int, ms; "5", "1.5", "500ms", "2m"; a time that
			       was left out is -1, no limit */
option_reader read_count;   /* int, from 1 */
option_reader read_natural; /* int, from 0: descriptors, a backlog */
option_reader read_text;    /* const char *, not empty */

/* "TIME" for a message: "5s", "1.5s", "20ms". */
#define TIME_TEXT_SIZE 16
const char *format_time(int ms, char text[TIME_TEXT_SIZE]);

#endif
