# SPDX-License-Identifier: ISC
#
# tcpu listen without a COMMAND: where it listens, which clients it accepts, and
# when it ends.

load helper

talk=$BATS_TEST_DIRNAME/peers/talk.pl

# probes STATUS ARG... - check that a client that connects and sends nothing
# exits with this status.
probes() {
	run timeout -k1 60 tcpu connect --probe "${@:2}" </dev/null
	assert_equal "$status" "$1"
}

# ---- Accepting ----

@test "listen accepts one connection, and nobody listens any more" {
	mkfifo in
	start_server --local 0 < <(exec cat in 3>&-)
	start_background client "$talk" "$port" slurp
	client=${started[-1]}
	exec {say}>in
	echo hello >&"$say"
	wait_for_line client.out hello
	probes 4 127.0.0.1 "$port"
	exec {say}>&-
	assert_exit 0 "$server"
	assert_exit 0 "$client"
	assert_content client.out 'hello\nEOF\n'
}

@test "--keep-open runs one session after the other" {
	start_server --keep-open --count 3 --local 0 <<<question
	for i in 1 2 3; do
		timeout -k1 60 tcpu connect 127.0.0.1 "$port" <<<"$i" >"answer$i"
	done
	assert_exit 0 "$server"
	assert_content server.out '1\n2\n3\n'
	assert_content answer1 'question\n'
	assert_content answer2 ''
	assert_content server.err ''
}

@test "nobody listens any more once --count connections have come" {
	mkfifo in
	start_server -k --count 2 --local 0 </dev/null
	timeout -k1 60 tcpu connect 127.0.0.1 "$port" </dev/null
	start_background client tcpu connect 127.0.0.1 "$port" < <(exec cat in 3>&-)
	client=${started[-1]}
	exec {say}>in
	echo last >&"$say"
	wait_for_line server.out last
	probes 4 127.0.0.1 "$port"
	exec {say}>&-
	assert_exit 0 "$client"
	assert_exit 0 "$server"
}

@test "with --keep-open a client's failure is a line and not the status" {
	start_server --keep-open --count 2 --local 0 </dev/null
	timeout -k1 60 "$talk" "$port" send=abc reset
	timeout -k1 60 tcpu connect 127.0.0.1 "$port" <<<def
	assert_exit 0 "$server"
	assert_equal "$(wc -l <server.err)" 1
	assert_regex "$(<server.err)" '^tcpu: 127.0.0.1:[0-9]+: Connection reset'
	assert_regex "$(<server.out)" 'def$'
}

@test "with --keep-open a client that idles ends its session only" {
	start_server --keep-open --count 2 --idle-timeout=1s --local 0 \
		< <(exec tail -f /dev/null --pid=$$ 3>&-)
	start_background idler "$talk" "$port" slurp
	assert_exit 0 "${started[-1]}"
	assert_content idler.out 'ECONNRESET\n'
	timeout -k1 60 "$talk" "$port" 'send=x\n' slurp
	assert_exit 0 "$server"
	assert_content server.out 'x\n'
}

@test "with --keep-open a full disk is the end" {
	exec {ready}< <(exec tcpu listen -k --local --ready-fd 9 0 \
		</dev/null 9>&1 >/dev/full 2>server.err 3>&-)
	server=$!
	read -r port <&"$ready"
	timeout -k1 60 "$talk" "$port" 'send=x\n' slurp
	assert_exit 9 "$server"
	assert_equal "$(<server.err)" 'tcpu: stdout: No space left on device'
}

@test "--accept-timeout is 124 when nobody came" {
	run timeout -k1 60 tcpu listen --accept-timeout 50ms --local 0
	assert_equal "$status" 124
	assert_output --regexp \
		'^tcpu: listen localhost:[1-9][0-9]*: timed out after 50ms$'
	run timeout -k1 60 tcpu listen -k --accept-timeout 50ms --local 0
	assert_equal "$status" 124
}

@test "--accept-timeout does not bound the session" {
	mkfifo in
	start_server --accept-timeout 2 --local 0 < <(exec cat in 3>&-)
	start_background client "$talk" "$port" slurp
	exec {say}>in
	run timeout -k1 60 tcpu listen --timeout 2.2 --local 0
	exec {say}>&-
	assert_exit 0 "$server"
}

@test "--timeout bounds the listener's life" {
	start_held_server --timeout 200ms --keep-open </dev/null
	probes 0 127.0.0.1 "$port"
	release 1
	assert_exit 124 "$server"
	assert_equal "$(<server.err)" \
		'tcpu: listen $LISTEN_FDS: timed out after 200ms'
}

@test "--backlog is how many may wait" {
	start_server --backlog 1 --no-accept --local -4 0 </dev/null
	probes 0 127.0.0.1 "$port"
	probes 0 127.0.0.1 "$port"
	probes 124 --connect-timeout 200ms 127.0.0.1 "$port"
	run timeout -k1 60 tcpu accept-ready -c 127.0.0.1 "$port"
	assert_output '2 1'
}

@test "by default as many may wait as the system allows" {
	start_server --no-accept --local -4 0 </dev/null
	run timeout -k1 60 tcpu accept-ready -c 127.0.0.1 "$port"
	assert_output "0 $(</proc/sys/net/core/somaxconn)"
}

@test "--until-exit ends with the process" {
	start_background other tail -f /dev/null
	other=${started[-1]}
	start_server --until-exit "$other" --keep-open --local 0 </dev/null
	kill "$other"
	assert_exit 0 "$server"
	probes 4 127.0.0.1 "$port"
}

@test "--until-exit ends a session as lost" {
	start_background other tail -f /dev/null
	other=${started[-1]}
	mkfifo in
	start_server --until-exit "$other" --local 0 < <(exec cat in 3>&-)
	start_background client "$talk" "$port" 'send=x\n' slurp
	client=${started[-1]}
	exec {say}>in
	wait_for_line server.out x
	kill "$other"
	assert_exit 8 "$server"
	assert_exit 0 "$client"
	assert_content client.out 'ECONNRESET\n'
}

@test "--until-exit without such a process is 125" {
	start_background other true
	other=${started[-1]}
	assert_exit 0 "$other"
	run timeout -k1 60 tcpu listen --until-exit "$other" --local 0
	assert_equal "$status" 125
	assert_output "tcpu: --until-exit $other: No such process"
}

# ---- Where it listens ----

@test "without a host it listens on every address of both families" {
	netns timeout -k1 60 bash -c '
		ip addr add 192.0.2.1/24 dev lo
		exec {said}< <(exec tcpu listen -k --count 3 -1 4242 \
			</dev/null 3>&-)
		read -r port <&"$said"
		for host in 192.0.2.1 127.0.0.1 ::1; do
			tcpu connect -z "$host" "$port" || exit
		done
		wait "$!"'
}

@test "without IPv6 it listens on IPv4" {
	netns timeout -k1 60 bash -c '
		echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
		exec {said}< <(exec tcpu listen -1 4242 </dev/null 3>&-)
		read -r port <&"$said"
		tcpu connect -z 127.0.0.1 "$port" && wait "$!"'
	netns timeout -k1 60 bash -c '
		echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
		exec {said}< <(exec tcpu listen --local -1 4242 </dev/null 3>&-)
		read -r port <&"$said"
		tcpu connect -z 127.0.0.1 "$port" && wait "$!"'
}

@test "--local is loopback, of both families, on one port" {
	netns timeout -k1 60 bash -c '
		ip addr add 192.0.2.1/24 dev lo
		exec {said}< <(exec tcpu listen -k --count 2 --local -1 0 \
			</dev/null 3>&-)
		read -r port <&"$said"
		tcpu connect -z 192.0.2.1 "$port"
		[ "$?" -eq 4 ] &&
		tcpu connect -z 127.0.0.1 "$port" &&
		tcpu connect -z ::1 "$port" && wait "$!"'
}

@test "-4 and -6 are one family" {
	start_server -4 --keep-open --local 0 </dev/null
	probes 0 127.0.0.1 "$port"
	probes 4 ::1 "$port"
	kill "$server"
	start_server -6 --keep-open --local 0 </dev/null
	probes 0 ::1 "$port"
	probes 4 127.0.0.1 "$port"
	kill "$server"
	start_server -4 --keep-open 0 </dev/null
	probes 0 127.0.0.1 "$port"
	probes 4 ::1 "$port"
	kill "$server"
	start_server --v6only --keep-open 0 </dev/null
	probes 0 ::1 "$port"
	probes 4 127.0.0.1 "$port"
}

@test "the IPv6 wildcard takes IPv4, unless --v6only is given" {
	start_server -k :: 0 </dev/null
	probes 0 ::1 "$port"
	probes 0 127.0.0.1 "$port"
	kill "$server"
	start_server -k --v6only '[::]:0' </dev/null
	probes 0 ::1 "$port"
	probes 4 127.0.0.1 "$port"
	kill "$server"
	start_server -k -6 :: 0 </dev/null
	probes 4 127.0.0.1 "$port"
}

@test "a denied client does not restart --accept-timeout" {
	start_server --accept-timeout 1 --local --deny 0.0.0.0/0 --deny ::/0 0
	SECONDS=0
	until [ "$SECONDS" -ge 4 ] || ! kill -0 "$server" 2>/dev/null; do
		timeout -k1 5 tcpu connect -q 127.0.0.1 "$port" </dev/null || true
	done
	assert_exit 124 "$server"
}

@test "--no-accept refuses what needs an accept" {
	local option
	for option in -k --accept-timeout=1 --allow=::1 --end=peer --reset \
		--idle-timeout=1 --keepalive=no --progress; do
		run -2 --separate-stderr timeout -k1 60 \
			tcpu listen --no-accept "$option" 0
		assert_equal "$stderr" "tcpu: listen: --no-accept has no use \
for options about connections"
	done
}

@test "a name's addresses are all listened on, on one port" {
	with_hosts '127.0.0.1 multi\n127.0.0.2 multi\n::1 multi\n' \
		timeout -k1 60 bash -c '
		exec {said}< <(exec tcpu listen -k --count 3 -1 multi 4242 \
			</dev/null 3>&-)
		read -r port <&"$said"
		for host in 127.0.0.1 127.0.0.2 ::1; do
			tcpu connect -z "$host" "$port" || exit
		done
		wait "$!"'
}

@test "localhost 0 is one port on every address of localhost" {
	with_hosts '127.0.0.1 localhost\n::1 localhost\n' \
		timeout -k1 60 bash -c '
		port=$(tcpu listen -1 --until-exit $$ --background \
			--no-accept localhost 0) &&
		tcpu connect -z 127.0.0.1 "$port" &&
		tcpu connect -z ::1 "$port"'
}

@test "an address is listened on alone" {
	start_server --keep-open 127.0.0.2 0 </dev/null
	probes 0 127.0.0.2 "$port"
	probes 4 127.0.0.1 "$port"
}

# ---- Failures ----

@test "a port in use is 6" {
	start_server --keep-open --local 0 </dev/null
	for where in 127.0.0.1 0.0.0.0 ''; do
		# shellcheck disable=SC2086 # no word if empty
		run timeout -k1 60 tcpu listen $where "$port"
		assert_equal "$status" 6
		assert_output "tcpu: listen ${where:-0.0.0.0}:$port: \
${text[EADDRINUSE]}"
	done
	run timeout -k1 60 tcpu listen -v "$port"
	assert_line --index 0 "tcpu: listen 0.0.0.0:$port: ${text[EADDRINUSE]}"
	assert_line --index 1 "tcpu: listen 0.0.0.0:$port: process $server (tcpu) \
listens there; port 0 chooses a free port, and --print prints it"
}

@test "-v says what has the port, and whose it is" {
	run netns timeout -k1 60 bash -c '
		tcpu listen --background --until-exit $$ -k -L 4242 -- cat
		tcpu listen -v -t 1ms -6 ::1 4242
		tcpu listen -v -t 1ms 127.0.0.2 4242
		exec 5<>/dev/tcp/127.0.0.1/4242
		port=$(tcpu addresses --fd 5 --local --port)
		tcpu listen -v -t 1ms -L "$port"
		tcpu listen -v -t 1ms 127.0.0.1 "$port"
		echo' 3>&-
	assert_line --index 1 --regexp '::1.*: process [0-9]+ \(tcpu\) listens'
	assert_line --index 3 --regexp 'timed out'
	for i in 5 7; do
		assert_line --index "$i" --regexp 'the port belongs to a connection of process [0-9]+ \(bash\) with 127.0.0.1:4242; port 0 chooses'
	done
}

@test "-v says less where the process cannot be seen" {
	if [ "$(id -u)" -eq 0 ]; then
		run netns timeout -k1 60 bash -c '
			chmod a+rx . "$(dirname "$(command -v tcpu)")"
			tcpu listen --background --until-exit $$ -k -L 4242 -- cat
			setpriv --reuid=65534 --clear-groups "$(command -v tcpu)" \
				listen -v -t 1ms -L 4242' 3>&-
	else
		# The kernel guards a process whose program cannot be read like
		# another user's.
		install -m 111 "$(type -P tcpu)" closed
		start_listener server ./closed listen -1 --local 0
		run timeout -k1 60 tcpu listen -v -L "$port"
	fi
	assert_equal "$status" 6
	assert_line --index 1 --partial ': somebody else listens there; port 0'
}

@test "two listeners share a port only if both ask for it" {
	start_server --reuse-port --keep-open 127.0.0.1 0 </dev/null
	run timeout -k1 60 tcpu listen 127.0.0.1 "$port"
	assert_equal "$status" 6
	run timeout -k1 60 tcpu listen --reuse-port -t 10ms 127.0.0.1 "$port"
	assert_equal "$status" 124
}

@test "a port is free again as soon as its listener has ended" {
	start_server --local 0 </dev/null
	timeout -k1 60 "$talk" "$port" send=x shut slurp
	assert_exit 0 "$server"
	for i in 1 2 3; do
		run timeout -k1 60 tcpu listen -t 10ms --local "$port"
		assert_equal "$status" 124
	done
}

@test "an address of somebody else is 7" {
	run netns timeout -k1 60 tcpu listen 192.0.2.9 4242
	assert_equal "$status" 7
	assert_output "tcpu: listen 192.0.2.9:4242: ${text[EADDRNOTAVAIL]}"
}

@test "a port that needs permission is 7" {
	run netns bash -c '
		echo 1024 >/proc/sys/net/ipv4/ip_unprivileged_port_start
		exec setpriv --bounding-set=-net_bind_service \
			--inh-caps=-net_bind_service \
			timeout -k1 60 tcpu listen 80'
	assert_equal "$status" 7
	assert_output 'tcpu: listen 0.0.0.0:80: Permission denied'
}

@test "no descriptors left is 125" {
	run timeout -k1 60 bash -c 'ulimit -n 6; exec tcpu listen --local 0'
	assert_equal "$status" 125
	assert_regex "$output" "^tcpu: .*${text[EMFILE]}$"
}

# ---- No client ----

@test "--no-accept leaves connections pending" {
	start_server --no-accept --local -4 0 </dev/null
	for i in 1 2 3; do
		probes 0 127.0.0.1 "$port"
	done
	run timeout -k1 60 tcpu accept-ready --min 3 127.0.0.1 "$port"
	assert_success
	kill "$server"
	assert_exit 143 "$server"
}

@test "--black-hole lets every connect hang" {
	start_server --black-hole --local 0 </dev/null
	probes 124 --connect-timeout 200ms 127.0.0.1 "$port"
	probes 124 --connect-timeout 200ms ::1 "$port"
	start_server --black-hole 0 </dev/null
	probes 124 --connect-timeout 200ms 127.0.0.1 "$port"
	probes 124 --connect-timeout 200ms ::1 "$port"
}

@test "--black-hole does so from the moment it tells its port" {
	start_listener server strace -qq -o trace -e trace=connect \
		-e inject=connect:delay_enter=300000 \
		tcpu listen -1 --black-hole --until-exit "$$" --local 0
	probes 124 --connect-timeout 200ms 127.0.0.1 "$port"
	probes 124 --connect-timeout 200ms ::1 "$port"
}

@test "--black-hole does so where somebody is faster than its own connection" {
	run netns timeout -k1 60 bash -c '
		export ASAN_OPTIONS=detect_leaks=0:$ASAN_OPTIONS
		strace -qq -o trace -e trace=connect \
			-e inject=connect:delay_enter=2000000 tcpu listen -1 \
			--black-hole --until-exit "$$" 127.0.0.1 5000 >port &
		until tcpu connect -q --probe 127.0.0.1 5000; do
			[ $? -eq 4 ] || exit
		done
		tail -s 0.1 -f port | head -n 1' 3>&-
	assert_output 5000
}
