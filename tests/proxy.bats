# SPDX-License-Identifier: ISC
#
# The PROXY protocol: listen --accept-proxy and connect --send-proxy, with each
# other and with HAProxy, nginx and curl.

load helper

# The handler of most listeners: it prints the ends of its connection, and then
# returns what it gets.
show='echo "$PROTO" "$TCPREMOTEIP" "$TCPREMOTEPORT" "$TCPLOCALIP" "$TCPLOCALPORT"
	cat'

# start_proxied [ARG]... - start a listener that keeps open and has that handler.
start_proxied() {
	start_server -k --pipes --accept-proxy "$@" -- sh -c "$show"
}

# send_bytes FORMAT - send the bytes that printf makes of FORMAT to the server,
# in one piece and as soon as it is connected: the time for a header must not run
# out on a busy machine.  Sets output, and status: 8 after a reset.
send_bytes() {
	# shellcheck disable=SC2059 # the argument is a format
	printf "$1" >bytes
	run timeout -k1 60 python3 -IS - "${target[@]}" <<-'END'
		import errno, os, socket, sys
		data = open("bytes", "rb").read()
		try:
		    if len(sys.argv) == 2:
		        s = socket.socket(socket.AF_UNIX)
		        s.connect(sys.argv[1].partition(":")[2])
		    else:
		        s = socket.create_connection(sys.argv[1:])
		    s.sendall(data)
		    s.shutdown(socket.SHUT_WR)
		    for got in iter(lambda: s.recv(65536), b""):
		        os.write(1, got)
		except OSError as e: # ENOTCONN if it was reset already
		    lost = (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN)
		    sys.exit(8 if e.errno in lost else str(e))
	END
}

# The parts of a header of version 2.
signature='\r\n\r\n\0\r\nQUIT\n'
tcp4='\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\xdc\x04\x01\xbb'
addresses6='\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01'
addresses6+='\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\xdc\x04\x01\xbb'

# zeros N - print a format of so many NULs.
zeros() {
	printf '\\0%.0s' $(seq "$1")
}

# is_denied FORMAT REASON - the server resets a connection that begins with
# these bytes, for this reason.
is_denied() {
	: >server.err
	send_bytes "$1"
	assert_equal "$status $output" '8 '
	wait_for_line server.err \
		"tcpu: listen .*: denied: 127.0.0.1:[0-9]*: $2"
}

# are_reset FILE... - the server resets each connection that sends what is in a
# file, and then ends.
are_reset() {
	timeout -k1 60 python3 - "$port" "$@" <<-'END'
		import socket, sys
		from errno import *
		for name in sys.argv[2:]:
		    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		    try:
		        s.sendall(open(name, "rb").read())
		        s.shutdown(socket.SHUT_WR)
		        sys.exit(name + ": received " + repr(s.recv(1)))
		    except OSError as e: # ENOTCONN if it was reset already
		        assert e.errno in (ECONNRESET, EPIPE, ENOTCONN), e
	END
}

# has_lines N REGEX - server.err consists of so many lines that match.
has_lines() {
	[ "$(grep -cE "$2" server.err)" -eq "$1" ] &&
		[ "$(wc -l <server.err)" -eq "$1" ]
}

# relay NAME BIND SERVER - start HAProxy with these options, as the listener
# NAME, and set front to its port.
relay() {
	front=$(timeout -k1 60 tcpu listen --reserve 127.0.0.1 0)
	cat >"$1.cfg" <<-END
		defaults
			mode tcp
			timeout connect 5s
			timeout client 20s
			timeout server 20s
		listen relay
			bind 127.0.0.1:$front $2
			server one $3
	END
	PATH=$PATH:/usr/sbin start_background "$1" \
		haproxy -db -f "$1.cfg" </dev/null
	timeout -k1 60 tcpu accept-ready --listening --wait=50 127.0.0.1 "$front"
}

@test "the addresses of a header are those of the handler" {
	start_proxied --local 0
	send_bytes 'PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\nhello'
	assert_output $'TCP 192.0.2.1 56324 192.0.2.2 443\nhello'
	send_bytes 'PROXY TCP6 2001:DB8:0:0::1 2001:db8::2 0 65535\r\nhello'
	assert_output $'TCP 2001:db8::1 0 2001:db8::2 65535\nhello'
	send_bytes 'PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 2\r\n'
	assert_output 'TCP 192.0.2.1 1 192.0.2.2 2'
	send_bytes "$signature${tcp4}hello"
	assert_output $'TCP 192.0.2.1 56324 192.0.2.2 443\nhello'
	send_bytes "$signature"'\x21\x21\0\x24'"$addresses6"
	assert_output 'TCP 2001:db8::1 56324 2001:db8::2 443'
	assert_equal "$(cat server.err)" ''
}

@test "extensions of a header are ignored" {
	start_proxied --local 0
	send_bytes "$signature${tcp4/x0c/x18}"'\x01\0\x02h2\x04\0\x04abcdhello'
	assert_output $'TCP 192.0.2.1 56324 192.0.2.2 443\nhello'
	send_bytes "$signature${tcp4/'\0\x0c'/'\x02\x08'}\\x04\\x01\\xf9$(zeros 505)hello"
	assert_output $'TCP 192.0.2.1 56324 192.0.2.2 443\nhello'
}

@test "LOCAL, UNKNOWN and UNSPEC keep the real addresses" {
	start_proxied --local 0
	for header in 'PROXY UNKNOWN\r\n' 'PROXY UNKNOWN 1 \r anything\r\n' \
		"$signature"'\x20\0\0\0' "$signature"'\x20\x77\0\x03any' \
		"$signature"'\x21\0\0\0' "$signature"'\x21\0\0\x04\x01\0\x01x'; do
		send_bytes "${header}hello"
		assert_regex "$output" \
			"^TCP 127.0.0.1 [0-9]+ 127.0.0.1 $port"$'\nhello$'
	done
}

@test "the Unix sockets of a header are those of the handler" {
	start_server -k -v --pipes --accept-proxy --local 0 -- sh -c '
		echo "$PROTO $UNIXREMOTEPATH $UNIXLOCALPATH $UNIXCONNNUM"
		echo "${TCPREMOTEIP-} ${UNIXREMOTEPID-} ${UNIXREMOTEEUID-}"'
	name="unix:$(printf 'x%.0s' {1..108})"
	send_bytes "$signature"'\x21\x31\0\xd8'"${name#*:}"'\0name'"$(zeros 103)"
	assert_output "UNIX ${name#*:} @name 1"$'\n  '
	wait_for_line server.err "tcpu: .*: connection from $name"
	send_bytes "$signature"'\x21\x31\0\xd8'"$(zeros 108)"'/a\nb'"$(zeros 104)"
	assert_output $'UNIX  /a\nb 1\n  '
	wait_for_line server.err "tcpu: .*: connection from unix:\$'/a\\\\012b'"
}

@test "no byte after a header is lost, and none of it is left" {
	local size=300000
	! is_tiny || size=30000
	head -c "$size" /dev/urandom >data
	for pipes in --pipes ''; do
		start_server -k --accept-proxy --local 0 ${pipes:+"$pipes"} -- cat
		for header in 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n' \
			"$signature$tcp4" 'PROXY UNKNOWN\r\n'; do
			# shellcheck disable=SC2059 # the argument is a format
			{ printf "$header" && cat data; } >bytes
			timeout -k1 60 tcpu connect "${target[@]}" <bytes >answer
			cmp data answer
		done
	done
	start_server --accept-proxy --local 0 --end=peer --output copy </dev/null
	timeout -k1 60 tcpu connect "${target[@]}" <bytes
	assert_exit 0 "$server"
	cmp data copy
}

@test "a header may come byte by byte" {
	start_server -k --pipes --accept-proxy --local 0 -- sh -c "$show"
	for header in 'PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\nhello' \
		"$signature${tcp4}hello"; do
		# shellcheck disable=SC2059 # the argument is a format
		printf "$header" >bytes
		run timeout -k1 60 python3 - "$port" <<-'END'
			import socket, sys
			s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
			s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
			for byte in open("bytes", "rb").read():
			    s.send(bytes([byte]))
			s.shutdown(socket.SHUT_WR)
			print(s.makefile().read())
		END
		assert_output $'TCP 192.0.2.1 56324 192.0.2.2 443\nhello'
	done
}

@test "a header that is cut at any byte is denied" {
	start_server -k --accept-proxy --local 0 -- touch started
	printf 'PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n' >tcp4
	printf 'PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n' >tcp6
	printf 'PROXY UNKNOWN any\r\n' >unknown
	# shellcheck disable=SC2059 # these are formats
	{
		printf "$signature$tcp4" >binary4
		printf "$signature"'\x21\x21\0\x24'"$addresses6" >binary6
		printf "$signature"'\x21\x31\0\xd8'"$(zeros 216)" >unix
		printf "$signature"'\x20\0\0\x04\x04\0\x01x' >own
		printf "$signature${tcp4/x0c/x18}"'\x01\0\x02h2\x04\0\x04abcd' \
			>extended
	}
	headers=(tcp4 tcp6 unknown binary4 binary6 unix own extended)
	for header in "${headers[@]}"; do
		for ((n = 0; n < $(stat -c %s "$header"); n++)); do
			head -c "$n" "$header" >"$header.$n"
		done
	done
	parts=(*.[0-9]*)
	[ "${#parts[@]}" -ge 450 ]
	are_reset "${parts[@]}"
	wait_until has_lines "${#parts[@]}" \
		'denied: .*: the connection ended before its PROXY header$'
	assert_not_exist started
}

@test "a client that resets its connection within a header is denied" {
	local begin
	start_server -k --count 1 --accept-proxy --local 0 -- echo hello
	for begin in PROXY '\r\n'; do
		: >server.err
		"$TOP/tests/peers/talk.pl" "$port" "send=$begin" reset
		wait_for_line server.err \
			'tcpu: .*: denied: .*: Connection reset by peer'
	done
	send_bytes 'PROXY UNKNOWN\r\n'
	assert_output hello
	assert_exit 0 "$server"
}

@test "anything that is no header is denied" {
	start_server -k --accept-proxy --local 0 -- touch started
	n=0
	for header in 'GET / HTTP/1.0\r\n\r\n' '\r\n\r\nQUIT' 'proxy UNKNOWN\r\n' \
		'PROXY  UNKNOWN\r\n' 'PROXY\r\n' 'PROXY \r\n' 'PROXY UNKNOWNS\r\n' \
		'PROXY Tcp4 192.0.2.1 192.0.2.2 1 2\r\n' \
		'PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n' \
		'PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n' \
		'PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n' \
		'PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n' \
		'PROXY TCP4 192.0.2.1  192.0.2.2 1 2\r\n' \
		'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\0\r\n' \
		'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n\r\n' \
		'PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n' \
		'PROXY TCP4 192.0.2.1 192.0.2.2 00 2\r\n' \
		'PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n' \
		'PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n' \
		'PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n' \
		'PROXY TCP4 192.0.2.1 192.0.2.2 x 2\r\n' \
		'PROXY TCP4 192.0.02.1 192.0.2.2 1 2\r\n' \
		'PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n' \
		'PROXY TCP4 localhost 192.0.2.2 1 2\r\n' \
		'PROXY TCP4 ::1 ::1 1 2\r\n' 'PROXY TCP6 192.0.2.1 ::1 1 2\r\n' \
		'PROXY TCP6 ::1::2 ::1 1 2\r\n' 'PROXY TCP6 fe80::1%%lo ::1 1 2\r\n' \
		"$signature"'\x11\x11' "$signature"'\x22\x11' "$signature"'\x01' \
		"$signature"'\x21\x12\0\x0c'"$(zeros 12)" \
		"$signature"'\x21\x41\0\x0c'"$(zeros 12)" \
		"$signature"'\x21\x10\0\x0c'"$(zeros 12)" \
		"$signature"'\x21\x01\0\x0c'"$(zeros 12)" \
		"$signature"'\x21\x11\0\x0b'"$(zeros 11)" \
		"$signature"'\x21\x21\0\x0c'"$(zeros 12)" \
		"$signature"'\x21\x31\0\xd7'"$(zeros 215)" \
		"$signature${tcp4/x0c/x0e}"'\x04\0' \
		"$signature${tcp4/x0c/x0f}"'\x04\0\x01' \
		"$signature${tcp4/'\0\x0c'/'\x02\x09'}"; do
		# shellcheck disable=SC2059 # the argument is a format
		printf "$header" >"header.$n"
		((++n))
	done
	are_reset header.*
	wait_until has_lines "$n" 'denied: .*: not a PROXY header$'
	assert_not_exist started
}

@test "a line of a header has 107 bytes at most" {
	start_proxied --local 0
	send_bytes "PROXY UNKNOWN $(printf 'x%.0s' {1..91})\r\nhello"
	assert_regex "$output" $'\nhello$'
	is_denied "PROXY UNKNOWN $(printf 'x%.0s' {1..92})\r\nhello" \
		'not a PROXY header'
	is_denied "PROXY UNKNOWN $(printf 'x%.0s' {1..93})" 'not a PROXY header'
}

@test "a header has to come within a second" {
	start_server -k --accept-proxy --local 0 -- touch started
	for begin in '' 'PROXY TCP4 192.0.2.1' "$signature"; do
		: >server.err
		# shellcheck disable=SC2059 # the argument is a format
		printf "$begin" >bytes
		run -8 timeout -k1 60 tcpu connect --abandon "${target[@]}" <bytes
		wait_for_line server.err \
			'tcpu: .*: denied: .*: no PROXY header within 1s'
	done
	assert_not_exist started
}

@test "a header that comes too slowly has not come within a second" {
	start_server -k --accept-proxy --local 0 -- touch started
	run timeout -k1 60 python3 - "$port" <<-'END'
		import select, socket, sys
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		for byte in b"PROXY UNKNOWN %90d\r\n" % 0:
		    if select.select([s], [], [], 0.05)[0]:
		        break
		    s.send(bytes([byte]))
		try:
		    s.recv(1)
		except ConnectionResetError:
		    print("reset")
	END
	assert_output reset
	wait_for_line server.err \
		'tcpu: .*: denied: .*: no PROXY header within 1s'
	assert_not_exist started
}

@test "clients without headers delay nobody" {
	start_proxied --local -m1 0
	mkfifo hold
	exec {hold}<>hold
	for ((n = 0; n < 20; n++)); do
		start_background "silent$n" tcpu connect "${target[@]}" <&"$hold"
	done
	for ((n = 0; n < 20; n++)); do
		send_bytes 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nhello'
		assert_output $'TCP 192.0.2.1 1 192.0.2.2 2\nhello'
	done
	for ((n = 0; n < 20; n++)); do
		assert_exit 8 "${started[$n + 1]}"
	done
	exec {hold}>&-
}

@test "while nobody is to be served, connections stay pending" {
	mkfifo block
	start_server -k -m1 --accept-proxy --local 0 -- sh -c 'read -r line <block'
	start_background first tcpu connect --send-proxy "${target[@]}" </dev/null
	wait_until pgrep -f -P "$server" block
	timeout -k1 60 tcpu connect -z "${target[@]}"
	timeout -k1 60 tcpu accept-ready "$port"
	echo >block
}

@test "only a proxy may send a header" {
	start_proxied=(--pipes -k -v --local)
	start_server "${start_proxied[@]}" --accept-proxy=192.0.2.0/24 \
		--accept-proxy=::1 0 -- sh -c "$show"
	is_denied 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n' \
		'may not send a PROXY header'
	is_denied '' 'may not send a PROXY header'
	target=(::1 "$port")
	send_bytes 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nhello'
	assert_output $'TCP 192.0.2.1 1 192.0.2.2 2\nhello'
	target=(127.0.0.1 "$port")
	start_server "${start_proxied[@]}" --accept-proxy=192.0.2.0/24 \
		--accept-proxy 0 -- sh -c "$show"
	send_bytes 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n'
	assert_output 'TCP 192.0.2.1 1 192.0.2.2 2'
}

@test "peers beyond loopback are no proxies unless they are named" {
	run machines '127.0.0.1 localhost\n' timeout -k1 60 bash -c '
		for proxies in "" =192.0.2.0/24; do
			port=$(tcpu listen -k -1 --until-exit $$ \
				--accept-proxy$proxies 0 -- echo served 2>>err &)
			for where in "" "$there"; do
				$where tcpu connect -q --send-proxy 192.0.2.1 "$port" </dev/null
				echo $?
			done
		done'
	assert_output $'8\n8\nserved\n0\nserved\n0'
}

@test "a denied client does not use up a listener" {
	start_server --accept-proxy --local 0 <<<hello
	is_denied 'no header' 'not a PROXY header'
	timeout -k1 60 tcpu connect -z "${target[@]}"
	send_bytes 'PROXY UNKNOWN\r\n'
	assert_output hello
	assert_exit 0 "$server"
	start_server -k --count 2 --accept-proxy --local 0 -- echo hello
	for ((n = 0; n < 2; n++)); do
		is_denied 'no header' 'not a PROXY header'
		run timeout -k1 60 tcpu connect --send-proxy "${target[@]}" </dev/null
		assert_output hello
	done
	assert_exit 0 "$server"
}

@test "the addresses of a header are judged by --allow and --deny, and told by -v" {
	start_server -k -v --accept-proxy --allow=192.0.2.0/24 --deny=::/0 --local \
		0 -- echo served
	send_bytes 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n'
	assert_output served
	wait_for_line server.err 'tcpu: .*: connection from 192.0.2.1:1'
	send_bytes 'PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n'
	assert_equal "$status" 8
	wait_for_line server.err 'tcpu: .*: denied: \[2001:db8::1\]:1'
	send_bytes 'PROXY UNKNOWN\r\n'
	assert_equal "$status" 8
	wait_for_line server.err 'tcpu: .*: denied: 127.0.0.1:[0-9]*'
	send_bytes "$signature"'\x21\x31\0\xd8'"$(zeros 216)"
	assert_equal "$status" 8
}

@test "connections are counted by the address of the header" {
	mkfifo block
	start_server -k --pipes --accept-proxy --local 0 -- \
		sh -c 'echo "$TCPCONNNUM"; cat'
	exec {block}<>block
	for client in 1:1 1:2 3:1; do
		start_background "$client" env PROTO=TCP TCPREMOTEPORT=1 \
			TCPREMOTEIP="192.0.2.${client%:*}" \
			TCPLOCALIP=192.0.2.2 TCPLOCALPORT=2 \
			tcpu connect --send-proxy "${target[@]}" <&"$block"
		wait_for_line "$client.out" "${client#*:}"
	done
	exec {block}>&-
}

@test "--accept-timeout lets a header come that is still on its way" {
	run -124 timeout -k1 60 \
		tcpu listen --accept-proxy --accept-timeout 50ms --local 0
	assert_output --regexp \
		'^tcpu: listen localhost:[0-9]+: timed out after 50ms$'
	timeout -k1 60 tcpu listen --hold 127.0.0.1 0 -- bash -c '
		unset LISTEN_FDS LISTEN_PID
		tcpu connect --send-proxy 127.0.0.1 "$TCPLOCALPORT" <<<hello 3>&- &
		tcpu accept-ready --wait=50 --fd 3 &&
			tcpu listen --fd 3 --accept-proxy --accept-timeout 0 &&
			wait $!' </dev/null >copy 3>&-
	assert_content copy 'hello\n'
}

@test "the end of a listener resets clients whose header has not come" {
	start_server --accept-proxy --local 0 </dev/null
	mkfifo hold
	exec {hold}<>hold
	start_background silent tcpu connect -v "${target[@]}" <&"$hold"
	silent=$!
	wait_for_line silent.err 'tcpu: .*: connected to .*'
	timeout -k1 60 tcpu connect --send-proxy "${target[@]}" </dev/null
	assert_exit 0 "$server"
	assert_exit 8 "$silent"
	start_server -k --accept-proxy --drain=5 --local 0 -- cat
	start_background silent tcpu connect -v "${target[@]}" <&"$hold"
	silent=$!
	wait_for_line silent.err 'tcpu: .*: connected to .*'
	timeout -k1 60 tcpu connect --send-proxy "${target[@]}" </dev/null
	kill "$server"
	assert_exit 143 "$server"
	assert_exit 8 "$silent"
	exec {hold}>&-
}

@test "headers come through Unix sockets, too" {
	start_server -k -v --pipes --accept-proxy --allow=192.0.2.0/24 unix:s -- \
		sh -c "$show"
	send_bytes "$signature${tcp4}hello"
	assert_output $'TCP 192.0.2.1 56324 192.0.2.2 443\nhello'
	wait_for_line server.err 'tcpu: .*: connection from 192.0.2.1:56324'
	send_bytes 'PROXY UNKNOWN\r\n'
	assert_output ''
	wait_for_line server.err 'tcpu: .*: denied: process [0-9]*'
	start_server --accept-proxy unix:u </dev/null
	timeout -k1 60 tcpu connect --send-proxy=2 unix:u <<<hello
	assert_exit 0 "$server"
	assert_content server.out 'hello\n'
	run --separate-stderr -2 timeout -k1 60 tcpu listen --accept-proxy=::1 unix:t
	assert_equal "$stderr" \
		'tcpu: listen: --accept-proxy of a Unix socket takes no network'
}

@test "headers come to a socket that is taken over, and in the background" {
	run timeout -k1 60 tcpu listen --hold --print=port 127.0.0.1 0 -- bash -c '
		unset LISTEN_FDS LISTEN_PID
		tcpu listen --fd 3 --accept-proxy </dev/null &
		tcpu connect --send-proxy 127.0.0.1 "$TCPLOCALPORT" <<<hello >&2
		wait $!' 3>&-
	assert_success
	port=$(timeout -k1 60 tcpu listen --background --until-exit $$ -1 -k \
		--accept-proxy --local 0 -- sh -c "$show")
	target=(127.0.0.1 "$port")
	send_bytes 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n'
	assert_output 'TCP 192.0.2.1 1 192.0.2.2 2'
}

@test "--accept-proxy needs connections, and networks" {
	for option in --no-accept --black-hole --refuse --reserve; do
		run -2 timeout -k1 60 tcpu listen --accept-proxy "$option" --local 0
		assert_output "tcpu: listen: $option has no use for options about connections"
	done
	run -2 timeout -k1 60 tcpu listen --accept-proxy --hold --local 0 -- true
	assert_output 'tcpu: listen: with --hold, COMMAND accepts the connections'
	for cidr in x 192.0.2.0/33 ''; do
		run -2 timeout -k1 60 tcpu listen --accept-proxy="$cidr" --local 0
		assert_output "tcpu: listen: --accept-proxy: not a network: '$cidr'"
	done
	run -2 timeout -k1 60 tcpu listen --accept-proxy 192.0.2.0/24 0
	assert_output --partial -- '--accept-proxy=192.0.2.0/24'
	run -2 timeout -k1 60 tcpu connect --send-proxy=3 localhost 1
	assert_output "tcpu: connect: --send-proxy: not one of 1|2: '3'"
	run -2 timeout -k1 60 tcpu connect --send-proxy -z localhost 1
	assert_output 'tcpu: connect: --probe and --send-proxy exclude each other'
}

@test "--send-proxy sends the ends of the connection before the data" {
	start_server --local -4 0 </dev/null
	timeout -k1 60 tcpu connect --send-proxy -s :0 "${target[@]}" <<<hello
	assert_exit 0 "$server"
	assert_regex "$(cat server.out)" \
		'^PROXY TCP4 127.0.0.1 127.0.0.1 [0-9]+ '"$port"$'\r\nhello$'
	start_server ::1 0 </dev/null
	timeout -k1 60 tcpu connect --send-proxy=1 ::1 "$port" <<<hello
	assert_exit 0 "$server"
	assert_regex "$(cat server.out)" \
		"^PROXY TCP6 ::1 ::1 [0-9]+ $port"$'\r\nhello$'
	start_server unix:s </dev/null
	timeout -k1 60 tcpu connect --send-proxy unix:s <<<hello
	assert_exit 0 "$server"
	assert_content server.out 'PROXY UNKNOWN\r\nhello\n'
	start_server unix:s </dev/null
	timeout -k1 60 tcpu connect --send-proxy=2 unix:s <<<hello
	assert_exit 0 "$server"
	assert_content server.out \
		"$signature\\x21\\x31\\0\\xd8$(zeros 108)s$(zeros 107)hello\\n"
}

@test "a command of connect finds the header already sent" {
	start_server --local 0 </dev/null
	timeout -k1 60 tcpu connect --send-proxy "${target[@]}" -- echo hello
	assert_exit 0 "$server"
	assert_regex "$(cat server.out)" '^PROXY TCP4 .*'$'\r\nhello$'
}

@test "a header does not count as transferred data" {
	start_server --accept-proxy --local 0 --progress </dev/null
	timeout -k1 60 tcpu connect --send-proxy --progress "${target[@]}" \
		<<<hello 2>progress
	assert_exit 0 "$server"
	assert_file_contains progress '6 B'
	assert_file_contains server.err '6 B'
}

@test "a relay passes the addresses of its client on" {
	start_proxied --local 0
	back=("${target[@]}")
	for version in 1 2; do
		start_listener relay tcpu listen -1 -k -4 --local 0 -- \
			tcpu connect --send-proxy="$version" "${back[@]}"
		run timeout -k1 60 tcpu connect -s :0 "${target[@]}" <<<hello
		assert_regex "$output" \
			"^TCP 127.0.0.1 [0-9]+ 127.0.0.1 ${target[1]}"$'\nhello$'
		start_listener relay tcpu listen -1 -k --accept-proxy --local 0 -- \
			tcpu connect --send-proxy="$version" "${back[@]}"
		send_bytes 'PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\nhello'
		assert_output $'TCP 2001:db8::1 1 2001:db8::2 2\nhello'
	done
	for wrong in TCPREMOTEIP=x TCPREMOTEPORT=65536 TCPLOCALIP=::1 PROTO=UDP; do
		run timeout -k1 60 env PROTO=TCP TCPREMOTEIP=192.0.2.1 TCPREMOTEPORT=1 \
			TCPLOCALIP=192.0.2.2 TCPLOCALPORT=2 "$wrong" \
			tcpu connect --send-proxy "${back[@]}" <<<hello
		assert_regex "$output" \
			"^TCP 127.0.0.1 [0-9]+ 127.0.0.1 ${back[1]}"$'\nhello$'
	done
}

@test "HAProxy sends headers of both versions" {
	start_proxied --local 0
	for version in send-proxy send-proxy-v2 \
		'send-proxy-v2 proxy-v2-options crc32c,unique-id'; do
		relay haproxy '' "127.0.0.1:$port $version"
		run timeout -k1 60 tcpu connect 127.0.0.1 "$front" <<<hello
		assert_regex "$output" \
			"^TCP 127.0.0.1 [0-9]+ 127.0.0.1 $front"$'\nhello$'
		reap_last
	done
}

@test "HAProxy sends a header before a TLS handshake" {
	need_tls
	start_proxied --tls --local 0
	for version in send-proxy send-proxy-v2; do
		relay haproxy '' "127.0.0.1:$port $version ssl verify none"
		run timeout -k1 60 tcpu connect 127.0.0.1 "$front" <<<hello
		assert_regex "$output" \
			"^TCP 127.0.0.1 [0-9]+ 127.0.0.1 $front"$'\nhello$'
		reap_last
	done
}

# reap_last - end the last process that was started.
reap_last() {
	kill "${started[-1]}"
	wait "${started[-1]}" || true
	unset 'started[-1]'
}

@test "HAProxy accepts headers of both versions" {
	start_proxied --local 0
	relay haproxy accept-proxy "127.0.0.1:$port send-proxy"
	target=(127.0.0.1 "$front")
	for version in 1 2; do
		run timeout -k1 60 env PROTO=TCP TCPREMOTEIP=192.0.2.1 TCPREMOTEPORT=1 \
			TCPLOCALIP=192.0.2.2 TCPLOCALPORT=2 \
			tcpu connect --send-proxy="$version" "${target[@]}" <<<hello
		assert_output $'TCP 192.0.2.1 1 192.0.2.2 2\nhello'
		run timeout -k1 60 \
			tcpu connect --send-proxy="$version" "${target[@]}" <<<hello
		assert_regex "$output" \
			"^TCP 127.0.0.1 [0-9]+ 127.0.0.1 $front"$'\nhello$'
	done
}

@test "HAProxy checks a listener with a LOCAL header" {
	start_server -k -v --accept-proxy --local 0 -- sh -c "$show"
	relay haproxy '' \
		"127.0.0.1:$port send-proxy-v2 check check-send-proxy inter 100ms"
	wait_for_line server.err 'tcpu: .*: connection from 127.0.0.1:[0-9]*'
	assert_file_contains server.err 'connection from'
	run ! grep denied server.err
}

@test "HAProxy accepts headers before a TLS handshake" {
	need_tls
	"$TOP/tests/peers/certificates" "$PWD"
	start_proxied --local 0
	relay haproxy "accept-proxy ssl crt $PWD/server.pem" \
		"127.0.0.1:$port send-proxy"
	for version in 1 2; do
		run timeout -k1 60 env PROTO=TCP TCPREMOTEIP=192.0.2.1 TCPREMOTEPORT=1 \
			TCPLOCALIP=192.0.2.2 TCPLOCALPORT=2 tcpu connect \
			--send-proxy="$version" --tls --tls-ca ca.crt --end=peer \
			localhost "$front" <<<hello
		assert_output $'TCP 192.0.2.1 1 192.0.2.2 2\nhello'
		assert_success
	done
}

# start_nginx LINE... - start nginx with these lines of configuration, in which
# FRONT stands for a port, and set front to it.
start_nginx() {
	find_nginx
	front=$(timeout -k1 60 tcpu listen --reserve 127.0.0.1 0)
	write_nginx_conf "${@//FRONT/127.0.0.1:$front}"
	# shellcheck disable=SC2154,SC2086 # find_nginx sets several words
	start_background nginx $nginx -p "$PWD" -c conf </dev/null
	timeout -k1 60 tcpu accept-ready --listening --wait=50 127.0.0.1 "$front"
}

@test "nginx accepts headers of both versions" {
	start_nginx 'http {
		access_log off;
		client_body_temp_path .;
		proxy_temp_path .;
		fastcgi_temp_path .;
		uwsgi_temp_path .;
		scgi_temp_path .;
		server {
			listen FRONT proxy_protocol;
			return 200 "$proxy_protocol_addr $proxy_protocol_port";
		}
	}'
	for version in 1 2; do
		run timeout -k1 60 env PROTO=TCP TCPREMOTEIP=192.0.2.1 TCPREMOTEPORT=77 \
			TCPLOCALIP=192.0.2.2 TCPLOCALPORT=2 tcpu connect --end=peer \
			--send-proxy="$version" 127.0.0.1 "$front" \
			<<<$'GET / HTTP/1.0\r\n\r'
		assert_line '192.0.2.1 77'
	done
}

# Before 1.21.4 nginx passes on no end of file without ending the connection.
@test "nginx sends a header" {
	# Debian keeps it apart.
	module=/usr/lib/nginx/modules/ngx_stream_module.so
	start_server -k --accept-proxy --local 0 -- sh -c "${show/cat/head -n 1}"
	start_nginx "$([ ! -e $module ] || echo "load_module $module;")" "stream {
		server {
			listen FRONT;
			proxy_pass 127.0.0.1:$port;
			proxy_protocol on;
		}
	}"
	run timeout -k1 60 tcpu connect --abandon 127.0.0.1 "$front" <<<hello
	assert_regex "$output" \
		"^TCP 127.0.0.1 [0-9]+ 127.0.0.1 $front"$'\nhello$'
}

@test "curl sends a header" {
	start_server -k --pipes --accept-proxy --local 0 -- sh -c '
		printf "HTTP/1.0 200 OK\r\n\r\n%s" \
			"$TCPREMOTEIP $TCPREMOTEPORT $TCPLOCALPORT"'
	run timeout -k1 60 curl -s --haproxy-protocol --local-port 1025-65535 \
		-w ' %{local_port}' "http://127.0.0.1:$port/"
	read -r ip from to own <<<"$output"
	assert_equal "$ip $from $to" "127.0.0.1 $own $port"
}
