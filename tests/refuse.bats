# SPDX-License-Identifier: ISC
#
# tcpu listen --refuse: a port that refuses every connection for as long as tcpu
# runs.

load helper

sockets=$TOP/tests/peers/sockets.pl

# refused HOST... - check that each host refuses connections to $port.
refused() {
	local host
	for host in "$@"; do
		run timeout -k1 60 tcpu connect -z "$host" "$port"
		assert_equal "$status" 4
	done
}

# bindable STATUS [ARG]... - check the status of --bindable for $port.
bindable() {
	run timeout -k1 60 tcpu accept-ready --bindable "${@:2}" "$port"
	assert_equal "$status" "$1"
}

# in_netns LINE... - run the lines with bash in a network of their own; in them
# `try` hides a command's output and prints its status.
in_netns() {
	run --separate-stderr netns timeout -k1 60 bash -c '
		try() { local s=0; "$@" >out 2>&1 || s=$?; echo "$s"; }
		'"$1" bash "$sockets" 3>&-
}

# ---- Clients ----

@test "--refuse refuses every connection, on both families" {
	start_server --refuse 0 </dev/null
	refused 127.0.0.1 ::1 localhost 127.0.0.2
	refused 127.0.0.1 ::1
	kill "$server"
	assert_exit 143 "$server"
	bindable 0
}

@test "--refuse holds the port of the addresses that are named, and no other" {
	start_server --refuse --local 0 </dev/null
	refused 127.0.0.1 ::1
	bindable 1 127.0.0.1
	bindable 1 ::1
	bindable 0 127.0.0.2
	start_server --refuse 127.0.0.1 0 </dev/null
	bindable 1 127.0.0.1
	bindable 0 ::1
	start_server --refuse -4 0 </dev/null
	bindable 1 127.0.0.1
	bindable 0 ::1
	for words in '-6 0' '--v6only 0' '--v6only :: 0' '-6 :: 0'; do
		# shellcheck disable=SC2086 # split on purpose
		start_server --refuse $words </dev/null
		bindable 1 ::1
		bindable 0 127.0.0.1
	done
	start_server --refuse :: 0 </dev/null
	bindable 1 127.0.0.1
	start_server --refuse localhost 0 </dev/null
	bindable 1 127.0.0.1
}

@test "--refuse takes one port of all addresses, and tries for it" {
	# The first call takes the name by which processes take turns.
	start_listener server strace -qq -o trace -e trace=bind \
		-e inject=bind:error=EADDRINUSE:when=3 \
		tcpu listen -1 --refuse --until-exit "$$" --local 0
	bindable 1 127.0.0.1
	bindable 1 ::1
	assert_equal "$(grep -c htons trace)" 4
}

@test "--refuse without IPv6 refuses on IPv4" {
	in_netns 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
		tcpu listen --background --until-exit $$ --refuse 4242
		tcpu listen --background --until-exit $$ --refuse -L 4243
		try tcpu connect -z 127.0.0.1 4242
		try tcpu accept-ready --bindable 4242
		try tcpu accept-ready --bindable 127.0.0.1 4243'
	assert_output $'4\n1\n1'
	assert_equal "$stderr" ''
}

@test "on a port of --refuse nobody listens" {
	start_server --refuse --local 0 </dev/null
	run timeout -k1 60 tcpu accept-ready --listening "$port"
	assert_equal "$status" 4
	run timeout -k1 60 tcpu accept-ready --not-listening "$port"
	assert_success
}

# ---- Other servers ----

@test "on a port of --refuse no other server can listen, whatever it sets" {
	in_netns 'tcpu listen --background --until-exit $$ --refuse 4242
		for options in "" ,reuseaddr ,reuseport ,reuseaddr,reuseport; do
			for host in 0.0.0.0 127.0.0.1 :: ::1; do
				"$1" listen=$host,port=4242$options && echo up
			done
		done
		try tcpu listen 4242
		try tcpu listen --reuse-port -L 4242
		try tcpu listen --refuse 4242'
	assert_output $'6\n6\n6'
	assert_equal "${#stderr_lines[@]}" 16
	run ! grep -v '^\(bind .*\|listen\): Address already in use$' <<<"$stderr"
}

@test "--verbose names the tcpu that holds a port by --refuse" {
	start_server --refuse --local 0 </dev/null
	run timeout -k1 60 tcpu listen -v --refuse --local "$port"
	assert_equal "$status" 6
	assert_line --index 0 "tcpu: listen localhost:$port: ${text[EADDRINUSE]}"
	assert_line --index 1 "tcpu: listen localhost:$port: process $server (tcpu)\
 has the port without listening; port 0 chooses a free port, and --print prints it"
}

@test "connections in TIME_WAIT do not keep --refuse from its port" {
	in_netns 'tcpu listen --background --until-exit $$ -k --count 2 4242 \
			-- true
		tcpu connect --abandon 127.0.0.1 4242 </dev/null
		tcpu connect --abandon ::1 4242 </dev/null
		ss -Htan state time-wait sport = :4242 | wc -l
		tcpu listen --background --until-exit $$ --refuse 4242
		try tcpu connect -z localhost 4242
		try tcpu listen 4242
		try "$1" listen=0.0.0.0,port=4242,reuseaddr'
	assert_output $'2\n4\n6\n98'
}

@test "--refuse is 6 if somebody listens there, and 7 if it may not bind" {
	start_server --local 0 </dev/null
	for words in '' --local 127.0.0.1; do
		# shellcheck disable=SC2086 # split on purpose
		run timeout -k1 60 tcpu listen --refuse $words "$port"
		assert_equal "$status" 6
	done
	run timeout -k1 60 tcpu listen --refuse 192.0.2.1 0
	assert_equal "$status" 7
	assert_output "tcpu: listen 192.0.2.1:0: ${text[EADDRNOTAVAIL]}"
	run --separate-stderr netns bash -c '
		echo 1024 >/proc/sys/net/ipv4/ip_unprivileged_port_start
		exec setpriv --bounding-set=-net_bind_service \
			--inh-caps=-net_bind_service \
			timeout -k1 60 tcpu listen --refuse 80'
	assert_equal "$status" 7
	assert_equal "$stderr" 'tcpu: listen 0.0.0.0:80: Permission denied'
	run --separate-stderr timeout -k1 60 "$BUILD/tests/prog_sandbox" \
		tcpu listen --refuse no.test 0 3>&-
	assert_equal "$status" 3
}

@test "--refuse without descriptors is 125" {
	run --separate-stderr traced -f -qq -o trace -e trace=socket \
		-e inject=socket:error=EMFILE tcpu listen --refuse -4 0
	assert_equal "$status" 125
	assert_equal "$stderr" "tcpu: listen 0.0.0.0:0: ${text[EMFILE]}"
}

# ---- Readiness ----

# taken - check that $port is bound.
taken() {
	bindable 1
	refused localhost
}

@test "--refuse says its port in every way that is asked for, once bound" {
	run -124 timeout -k1 60 tcpu listen --refuse --print=address -t 1ms \
		127.0.0.2 0
	assert_line --index 0 --regexp '^127\.0\.0\.2 [1-9][0-9]*$'
	run -124 timeout -k1 60 tcpu listen --refuse --print=hostport -t 1ms 0
	assert_line --index 0 --regexp '^localhost:[1-9][0-9]*$'
	eval "$(tcpu listen --background --refuse --until-exit "$$" --print=sh \
		--port-file file --pid-file pid --ready-fd 9 -L 0 9>ready)"
	port=$TCPU_PORT
	taken
	assert_equal "$TCPU_ADDR" 127.0.0.1
	assert_equal "$(<file) $(<ready) $(<pid)" "$port $port $TCPU_PID"
	kill "$TCPU_PID"
	wait_until has_ended "$TCPU_PID"
	assert_not_exist file
	bindable 0
}

@test "--refuse -1 ends a substitution once the port is bound" {
	run timeout -k1 60 bash -c '
		port=$(tcpu listen --refuse -1 --until-exit $$ --local 0 &)
		tcpu accept-ready --bindable "$port"; echo $?
		tcpu connect -z 127.0.0.1 "$port"; echo $?' 3>&-
	assert_line --index 0 1
	assert_line --index 2 4
}

@test "--refuse says nothing before it has bound" {
	start_listener server strace -qq -o trace -e trace=bind \
		-e inject=bind:delay_enter=300000 \
		tcpu listen -1 --refuse --until-exit "$$" --local 0
	taken
}

@test "--refuse --background that cannot bind is told by its status" {
	start_server --local 0 </dev/null
	run timeout -k1 60 tcpu listen --background --refuse --local "$port"
	assert_equal "$status" 6
	assert_output "tcpu: listen localhost:$port: ${text[EADDRINUSE]}"
}

@test "--refuse ends with the process of --until-exit, and at --timeout" {
	start_background other tail -f /dev/null
	start_server --refuse --until-exit "${started[-1]}" --local 0 </dev/null
	taken
	kill "${started[-2]}"
	assert_exit 0 "$server"
	bindable 0
	run timeout -k1 60 tcpu listen --refuse -t 10ms --local 0
	assert_equal "$status" 124
}

@test "of two that take a port at the same moment, one is refused it" {
	local port status=0 both=()
	port=$(timeout -k1 60 tcpu listen --reserve 127.0.0.1 0)
	for name in one other; do
		start_background "$name" traced -f -qq -o trace."$name" \
			-e trace=setsockopt \
			-e inject=setsockopt:delay_enter=300000 \
			tcpu listen --refuse --until-exit $$ 127.0.0.1 "$port"
		both+=("$!")
	done
	wait -n "${both[@]}" || status=$?
	assert_equal "$status" 6
	run cat one.err other.err
	assert_output "tcpu: listen 127.0.0.1:$port: ${text[EADDRINUSE]}"
}
