#!/bin/sh
# SPDX-License-Identifier: ISC
# http.sh - answers one request of HTTP/1.0 with its method and path.
cr=$(printf '\r')
read -r method path version
while read -r line && [ "$line" != "$cr" ]; do :; done
case $method in
GET) status='200 OK' ;;
*) status='501 Not Implemented' ;;
esac
body="$method $path ${version%"$cr"}"
printf 'HTTP/1.0 %s\r\nContent-Length: %d\r\n\r\n%s' "$status" ${#body} "$body"
