# SPDX-License-Identifier: ISC
#
# addresses: the two ends of a descriptor's connection, of a process's sockets,
# and of a route.  sockets.pl makes the sockets, on descriptors 10, 11, ...

load helper

sockets=$BATS_TEST_DIRNAME/peers/sockets.pl
sandbox=$BUILD/tests/prog_sandbox

# with SOCKET... COMMAND - run a line of bash with the sockets that sockets.pl
# has made.
with() {
	run --separate-stderr -"${status_wanted:-0}" netns timeout -k1 60 \
		"$sockets" "${@:1:$#-1}" -- bash -c "${*: -1}"
}

# refuses STATUS STDERR [ARG]... - check that tcpu addresses fails with this
# status and this one line on stderr.
refuses() {
	run --separate-stderr -"$1" timeout -k1 60 tcpu addresses "${@:3}"
	assert_equal "$output" ''
	assert_equal "$stderr" "tcpu: $2"
}

# ---- A descriptor ----

# mirrors ADDRESS - check that both ends of a connection report the same two
# addresses, and that ss shows them too.
mirrors() {
	with "pair=$1" '
		read -r ip port peer_ip peer_port < <(tcpu addresses --fd 10)
		[ "$peer_port" = "$PORT" ] || exit 9
		[ "$(tcpu addresses <&11)" = "$peer_ip $peer_port $ip $port" ] ||
			exit 9
		ss -Htn "sport = :$port" | grep -qF "$port" || exit 9
		echo "$ip $peer_ip"'
}

@test "the two ends of a connection mirror each other" {
	mirrors 127.0.0.1
	assert_equal "$output" '127.0.0.1 127.0.0.1'
	mirrors 127.0.0.2
	assert_equal "$output" '127.0.0.1 127.0.0.2'
	mirrors ::1
	assert_equal "$output" '::1 ::1'
}

@test "IPv4-mapped addresses are shown as dotted quads" {
	mirrors ::ffff:127.0.0.1
	assert_equal "$output" '127.0.0.1 127.0.0.1'
}

@test "halves and columns" {
	with pair=127.0.0.2 '
		port=$(tcpu addresses --fd 10 --local --port)
		for o in "" --local --remote --ip --port "--local --ip" \
			"--remote --ip" "--local --port" "--remote --port"; do
			tcpu addresses $o --fd 10
		done | sed "s/\<$PORT\>/PORT/; s/\<$port\>/OURS/"'
	assert_output '127.0.0.1 OURS 127.0.0.2 PORT
127.0.0.1 OURS
127.0.0.2 PORT
127.0.0.1 127.0.0.2
OURS PORT
127.0.0.1
127.0.0.2
OURS
PORT'
}

@test "--format=hostport" {
	with pair=127.0.0.2 'tcpu addresses --format=hostport --fd=11'
	assert_regex "$output" '^127\.0\.0\.2:[0-9]+ 127\.0\.0\.1:[0-9]+$'
	with pair=::1 'tcpu addresses --format hostport --fd 10 --remote
		echo "[::1]:$PORT"'
	assert_equal "${lines[0]}" "${lines[1]}"
	with pair=::1 'tcpu addresses --format hostport --fd 10 --ip'
	assert_output '::1 ::1'
}

@test "--format=sh is for eval" {
	with pair=127.0.0.2 'unset ${!TCPU_*}
		eval "$(tcpu addresses --format=sh --fd 10)"
		echo "$TCPU_LOCALIP ${TCPU_LOCALPORT:+port}" \
			"$TCPU_REMOTEIP $((TCPU_REMOTEPORT - PORT))"
		tcpu addresses --format=sh --remote --port --fd 11 |
			grep -cx "TCPU_REMOTEPORT=$TCPU_LOCALPORT"
		tcpu addresses --format=sh --local --ip --fd 10'
	assert_output '127.0.0.1 port 127.0.0.2 0
1
TCPU_LOCALIP=127.0.0.1'
}

@test "a listening descriptor has a local half only" {
	with listen=127.0.0.1 '
		tcpu addresses --fd 10
		tcpu addresses --fd 10 --format=hostport
		tcpu addresses --fd 10 --port
		tcpu addresses --fd 10 --remote; echo $?
		echo $PORT'
	local port=${lines[4]}
	assert_output "127.0.0.1 $port
127.0.0.1:$port
$port
1
$port"
	with listen=:: 'tcpu addresses --ip <&10'
	assert_output '::'
}

@test "in --format=sh a missing half is set to nothing" {
	with listen=127.0.0.1 'TCPU_REMOTEIP=old TCPU_REMOTEPORT=1
		eval "$(tcpu addresses --format=sh --fd 10)"
		echo "$TCPU_LOCALIP-$TCPU_REMOTEIP-$TCPU_REMOTEPORT-"
		tcpu addresses --format=sh --fd 10 --remote; echo $?'
	assert_output '127.0.0.1---
1'
}

@test "the name of an interface cannot run commands in --format=sh" {
	# shellcheck disable=SC2030,SC2031 # each line runs in its own shell
	run -0 netns bash -c '
		ip link set lo down && ip link set lo name "\`a;b$" &&
		ip link set "\`a;b$" up &&
		"$add_ipv6" fe80::77/64 "\`a;b$" || exit 9
		"$0" "listen=fe80::77%\`a;b$" -- bash -c "
			eval \"\$(tcpu addresses --fd 10 --format=sh)\"
			echo \"\$TCPU_LOCALIP\""' "$sockets"
	assert_output 'fe80::77%`a;b$'
}

@test "a connection that is gone is status 8" {
	local status_wanted=8 kind
	for kind in reset=127.0.0.1 reset=::1 ended=127.0.0.1; do
		with $kind 'tcpu addresses --fd 10'
		assert_equal "$output" ''
		assert_equal "$stderr" \
			'tcpu: addresses descriptor 10: the connection is gone'
	done
}

@test "asking leaves the reset for who reads" {
	local status_wanted=1
	with reset=127.0.0.1 'tcpu addresses -q --fd 10
		[ $? -eq 8 ] && LC_ALL=C cat <&10'
	assert_equal "$stderr" 'cat: -: Connection reset by peer'
}

@test "--fd changes no flag of the descriptor" {
	with pair=127.0.0.1 'flags() { cat /proc/self/fdinfo/10; }
		before=$(flags); tcpu addresses --fd 10 >fd || exit 9
		[ "$(flags)" = "$before" ]'
}

@test "what is no connected or listening TCP socket is status 1" {
	local status_wanted=1 kind
	for kind in bound=127.0.0.1 refused=127.0.0.1 bound=::1; do
		with $kind 'tcpu addresses --fd 10'
		assert_equal "$stderr" \
			'tcpu: addresses descriptor 10: not connected'
	done
	with udp=127.0.0.1 'tcpu addresses --fd 10'
	assert_equal "$stderr" \
		'tcpu: addresses descriptor 10: not a TCP or Unix stream socket'
	refuses 1 'addresses descriptor 0: not a TCP or Unix stream socket' </dev/null
	refuses 1 'addresses descriptor 0: not a TCP or Unix stream socket' <&-
	refuses 2 'addresses: --fd 77: Bad file descriptor' --fd 77
}

# ---- A process ----

@test "--pid prints every TCP socket of the process, in order, each line once" {
	with listen=127.0.0.2 listen=127.0.0.1 listen=::1 pair=127.0.0.1 \
		listen=127.0.0.10,reuseport listen=127.0.0.10,reuseport \
		udp=127.0.0.1 bound=127.0.0.1 '
		tcpu addresses --pid $$ --ip
		tcpu addresses --pid $$ | wc -l
		echo "$(tcpu addresses --fd 10)" >wanted
		tcpu addresses --pid $$ | grep -cFf wanted'
	assert_output '127.0.0.1
127.0.0.1 127.0.0.1
127.0.0.2
127.0.0.10
::1
6
1'
}

@test "--pid --listening prints the listening ones" {
	with listen=127.0.0.1 listen=::1,v6only pair=127.0.0.1 '
		tcpu addresses --pid $$ --listening --ip
		tcpu addresses --pid $$ --listening --port | wc -l'
	assert_output '127.0.0.1
::1
1'
	with listen=127.0.0.1 pair=::1 'tcpu addresses --pid $$ --remote --ip'
	assert_output '::1'
}

@test "--pid with -4 or -6 prints the sockets of that family" {
	with listen=127.0.0.1 listen=::1 listen=::ffff:127.0.0.2 '
		tcpu addresses --pid $$ --ip -4
		tcpu addresses --pid $$ --ip -6'
	assert_output '127.0.0.1
127.0.0.2
::1'
}

@test "--pid is right about many sockets" {
	local all=()
	for ((i = 1; i <= 100; i++)); do
		all+=("pair=127.0.0.$i")
	done
	with "${all[@]}" 'tcpu addresses --pid $$ >said
		ss -Htn | tr -s " " | tr : " " | cut -d " " -f 4- |
			sed "s/ $//" | sort | diff - <(sort said) && wc -l <said'
	assert_output 200
}

# "${reaped[@]}" COMMAND [ARG]... - run the command; its descendants are killed
# when it ends.  "${apart[@]}" COMMAND [ARG]... - the same, in a network of its
# own.
reaped=(unshare --pid --fork --kill-child)
[ "$(id -u)" -eq 0 ] || reaped+=(--map-current-user --keep-caps)
apart=("${reaped[@]}" --net "${default_signals[@]}" sh -c
	'ip link set lo up && exec "$@"' sh)
reaped+=("${default_signals[@]}")

@test "--pid includes the descendants" {
	start_listener holder "${reaped[@]}" \
		bash -c '"$0" listen=127.0.0.1 & wait' "$sockets"
	run -0 tcpu addresses --pid "$holder" --listening --format=hostport
	assert_output "127.0.0.1:$port"
}

@test "--pid of a process in another network" {
	start_listener holder "${apart[@]}" "$sockets" listen=127.0.0.1 listen=::1
	run -0 tcpu addresses --pid "$holder" --listening --format=hostport
	assert_output "127.0.0.1:$port
[::1]:$port"
	run ! tcpu accept-ready --listening 127.0.0.1 "$port"
}

@test "--pid without /proc is 125, and not that there is no such process" {
	# The sanitizers themselves need /proc.
	[[ $(nm "$BUILD/tcpu") != *__asan_init* ]] || return 0
	run --separate-stderr -125 "${private[@]}" --mount sh -c '
		mount -t tmpfs none /proc && exec tcpu addresses --pid 1'
	assert_equal "$stderr" \
		'tcpu: addresses process 1: there is no /proc'
}

@test "--pid without netlink is answered from /proc" {
	with listen=127.0.0.1 listen=::1 listen=::ffff:127.0.0.2 pair=127.0.0.1 \
		pair=::1 '
		export ASAN_OPTIONS=detect_leaks=0:$ASAN_OPTIONS
		tcpu addresses --pid $$ >plain
		strace -qq -o strace.out -e inject=socket:error=EPERM \
			tcpu addresses --pid $$ >refused
		grep -q "NETLINK_SOCK_DIAG.*INJECTED" strace.out &&
			diff plain refused && wc -l <plain'
	assert_output 7
}

@test "--wait ends when the process listens" {
	mkfifo go
	start_background server bash -c 'read -r _ <go; exec "$0" listen=127.0.0.1' \
		"$sockets"
	local server=$!
	start_background waiter tcpu addresses --pid $! --listening --port --wait=50
	echo >go
	assert_exit 0 $!
	assert_content waiter.out "$(tcpu addresses --pid "$server" --port)\n"
}

@test "--wait ends when the process does, with status 1" {
	mkfifo go
	start_background server bash -c 'read -r _ <go'
	local server=$!
	start_background waiter tcpu addresses --pid "$server" --wait
	echo >go
	assert_exit 0 "$server"
	assert_exit 1 "${started[1]}"
	assert_content waiter.err \
		"tcpu: addresses process $server: No such process\n"
}

@test "a number that no process has is status 1" {
	run -1 timeout -k1 60 tcpu addresses --wait --pid 2147483647
	assert_output 'tcpu: addresses process 2147483647: No such process'
}

@test "a process that has ended but was not reaped is no process" {
	run --separate-stderr -1 timeout 60 perl -e '
		defined(my $pid = fork) or die; exit unless $pid;
		system qw(tcpu addresses --wait --pid), $pid; exit $? >> 8'
	assert_regex "$stderr" \
		'^tcpu: addresses process [0-9]+: No such process$'
}

@test "a process without TCP sockets is status 1, with --wait 124" {
	refuses 1 "addresses process $$: no TCP socket" --pid $$
	refuses 124 "addresses process $$: timed out after 50ms" --pid $$ \
		--wait=50ms
	refuses 124 "addresses process $$: timed out after 50ms" --pid $$ \
		--wait -t 50ms
}

@test "the message names the sockets that were asked for, as there may be others" {
	refuses 1 "addresses process $$: no listening TCP socket" --pid $$ \
		--listening
	start_server -k ::1 0
	local process="addresses process $server"
	refuses 1 "$process: no TCP connection" --pid "$server" --remote
	refuses 1 "$process: no IPv4 TCP socket" --pid "$server" -4
	refuses 1 "$process: no IPv4 TCP connection" --pid "$server" -4 --remote
	refuses 1 "$process: no listening IPv4 TCP socket" --pid "$server" -4 \
		--listening
}

# is_closed PID - whether the process's descriptors may not be listed.
is_closed() {
	! ls "/proc/$1/fd" >/dev/null 2>&1
}

@test "another user's process is status 125" {
	local pid=$$ shared
	shared=$(mktemp -d)
	chmod 755 "$shared"
	install -m 755 "$BUILD/tcpu" "$shared"
	if [ "$(id -u)" -eq 0 ]; then
		set -- setpriv --reuid 65534 --regid 65534 --clear-groups
	else
		# Every process may belong to this user, as in a container.  The
		# kernel guards one whose program cannot be read like another's.
		install -m 111 "$(type -P tail)" closed
		start_background closed ./closed -f /dev/null
		pid=$!
		wait_until is_closed "$pid"
	fi
	run --separate-stderr timeout 60 "$@" "$shared/tcpu" addresses --wait \
		--pid "$pid"
	rm -r "$shared"
	assert_equal "$status" 125
	assert_equal "$stderr" \
		"tcpu: addresses process $pid: Permission denied"
}

# ---- Servers of other projects ----

# took_zero COMMAND [ARG]... - check that tcpu finds the port that this server
# got for port 0, and that the server answers there.
took_zero() {
	start_background server "$@"
	local port
	port=$(tcpu addresses --pid $! --listening --port --wait=50)
	assert_regex "$port" '^[1-9][0-9]*$'
	echo >"/dev/tcp/127.0.0.1/$port"
}

@test "socat" {
	took_zero socat TCP-LISTEN:0,bind=127.0.0.1,fork SYSTEM:cat
}

@test "nc.openbsd" {
	took_zero nc.openbsd -kl 127.0.0.1 0
}

@test "nc.traditional" {
	took_zero nc.traditional -l -s 127.0.0.1
}

@test "busybox nc" {
	took_zero busybox nc -l -p 0
}

@test "ncat" {
	took_zero ncat -kl 127.0.0.1 0
}

@test "tcpserver" {
	took_zero tcpserver 127.0.0.1 0 cat
}

@test "tcpserver, the child of a script" {
	took_zero "${reaped[@]}" bash -c 'tcpserver 127.0.0.1 0 cat & wait'
}

@test "python3 -m http.server" {
	took_zero python3 -m http.server --bind 127.0.0.1 0
}

@test "nginx: master and workers, each line once" {
	find_nginx
	cat >nginx.conf <<-END
		daemon off;
		pid $PWD/nginx.pid;
		error_log stderr;
		worker_processes 2;
		events {}
		http {
			access_log off;
			client_body_temp_path $PWD/body;
			proxy_temp_path $PWD/proxy;
			fastcgi_temp_path $PWD/fastcgi;
			uwsgi_temp_path $PWD/uwsgi;
			scgi_temp_path $PWD/scgi;
			server {
				listen 127.0.0.1:8080;
				listen [::1]:8080;
				listen 8081 reuseport;
			}
		}
	END
	# shellcheck disable=SC2086 # split on purpose
	start_background nginx "${apart[@]}" $nginx -c "$PWD/nginx.conf"
	# It opens one socket after the other.
	wait_until eval '[ "$(tcpu addresses -q --pid $! --listening | wc -l)" -ge 3 ]'
	run -0 tcpu addresses --pid $! --listening --format=hostport
	assert_output '0.0.0.0:8081
127.0.0.1:8080
[::1]:8080'
}

# ---- A route ----

# a_server - start a server that prints one client's bytes to server.out; sets
# port.
a_server() {
	start_background server socat -u TCP-LISTEN:0,bind=127.0.0.1 -
	port=$(tcpu addresses --pid $! --listening --port --wait=50)
}

@test "HOST PORT connects, prints the addresses, and closes" {
	a_server
	run -0 --separate-stderr tcpu addresses 127.0.0.1 "$port"
	assert_regex "$output" "^127\.0\.0\.1 [0-9]+ 127\.0\.0\.1 $port\$"
	assert_equal "$stderr" ''
	assert_exit 0 "$!"
	assert_content server.out ''
}

@test "HOST:PORT, columns and formats of a route" {
	a_server
	run -0 tcpu addresses -n --remote --format=hostport "127.0.0.1:$port"
	assert_output "127.0.0.1:$port"
	assert_exit 0 "$!"
}

@test "a route that fails has the status of a connect that fails" {
	run --separate-stderr -4 netns tcpu addresses 127.0.0.1 4242
	assert_equal "$stderr" \
		'tcpu: addresses 127.0.0.1:4242: Connection refused'
	run --separate-stderr -5 netns tcpu addresses 198.51.100.1 4242
	assert_equal "$stderr" \
		"tcpu: addresses 198.51.100.1:4242: ${text[ENETUNREACH]}"
	run --separate-stderr -3 "$sandbox" tcpu addresses no.test 80 3>&-
	assert_equal "$stderr" \
		'tcpu: addresses no.test:80: Name or service not known'
	run --separate-stderr -124 "$sandbox" tcpu addresses -t 0.2 \
		silent.test 80 3>&-
	assert_equal "$stderr" \
		'tcpu: addresses silent.test:80: timed out after 200ms'
	status_wanted=124 with listen=127.0.0.1,backlog=0,pending=1 \
		'tcpu addresses --timeout 0.2 127.0.0.1 $PORT'
}

# ---- Usage errors ----

@test "what cannot be meant is status 2 and a line" {
	local exclusive='addresses: --fd, --pid and HOST PORT exclude each other'
	refuses 2 "$exclusive" --fd 0 --pid 1
	refuses 2 "$exclusive" --fd 0 localhost 80
	refuses 2 "$exclusive" --pid 1 localhost:80
	refuses 2 'addresses: --listening and --wait need --pid' --listening
	refuses 2 'addresses: --listening and --wait need --pid' --wait --fd 0
	refuses 2 'addresses: --local and --remote exclude each other' \
		--local --remote
	refuses 2 'addresses: --ip and --port exclude each other' --ip --port
	refuses 2 'addresses: --listening and --remote exclude each other' \
		--pid 1 --listening --remote
	local family='a descriptor has no use for --ipv4 and --ipv6'
	refuses 2 "addresses: $family" -4
	refuses 2 "addresses: $family" -6 --fd 0
	refuses 2 "addresses: no port: '80'" 80
	refuses 2 "addresses: not a port: '0'" localhost 0
	refuses 2 "addresses: extra operand: '81'" localhost 80 81
	refuses 2 "addresses: --fd: not a number of 0 or more: '-1'" --fd=-1
	refuses 2 "addresses: --pid: not a number of 1 or more: '0'" --pid 0
	refuses 2 "addresses: --pid: too big a number: '99999999999'" \
		--pid 99999999999
	refuses 2 "addresses: --wait: not a time (5, 1.5s, 500ms, 2m, 1h): 'x'" --pid 1 --wait=x
	refuses 2 "addresses: --format: not one of plain|sh|hostport: 'xml'" \
		--format=xml
}

@test "what cannot be meant opens no internet socket" {
	local words
	export ASAN_OPTIONS=detect_leaks=0:$ASAN_OPTIONS
	for words in 'localhost 0' '::1 65536' '--pid 1 ::1 80' '--ip --port ::1 80' '127.0.0.1' \
		'127.0.0.1 80 --wait'; do
		# shellcheck disable=SC2086 # split on purpose
		run -2 strace -qq -o trace -e trace=socket tcpu addresses $words
		run -1 grep AF_INET trace
	done
}

@test "an answer that cannot be written is status 9" {
	status_wanted=9 with listen=127.0.0.1 'tcpu addresses <&10 >/dev/full'
	assert_equal "$stderr" 'tcpu: stdout: No space left on device'
}
