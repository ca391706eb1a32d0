/* SPDX-License-Identifier: ISC */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>

void
tu_format(char *text, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, size, format, args); /* may be cut */
	va_end(args);
}
