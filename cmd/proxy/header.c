/* SPDX-License-Identifier: ISC */
#include "header.h"

enum proxy_verdict
read_proxy_header(const uint8_t *bytes, size_t n, struct proxy_header *h)
{
	if (n == 0)
		return PROXY_INCOMPLETE;
	return bytes[0] == 'P' ? read_proxy_line(bytes, n, h)
			       : read_proxy_binary(bytes, n, h);
}

size_t
write_proxy_header(
    int version, const struct proxy_header *h, uint8_t bytes[PROXY_HEADER_SIZE])
{
	return version == 1 ? write_proxy_line(h, bytes)
			    : write_proxy_binary(h, bytes);
}
