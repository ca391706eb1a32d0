# SPDX-License-Identifier: ISC
#
# accept-ready: whether a socket listens, and how many connections wait to be
# accepted.  sockets.pl makes the sockets and their queues, and fails the test
# if a query changed a queue.

load helper

sockets=$BATS_TEST_DIRNAME/peers/sockets.pl
sandbox=$BUILD/tests/prog_sandbox

# refusing CALL ERROR COMMAND [ARG]... - run the command; this system call
# fails in it with this error.  LeakSanitizer is off, as it cannot work under a
# tracer.
refusing() {
	ASAN_OPTIONS=detect_leaks=0:$ASAN_OPTIONS \
		strace -qq -o strace.out -e trace="$1" \
		-e inject="$1:error=$2" "${@:3}"
}

# with SOCKET... COMMAND - run a line of bash with the sockets that sockets.pl
# has made.
with() {
	run --separate-stderr -"$status_wanted" netns timeout -k1 60 \
		"$sockets" "${@:1:$#-1}" -- \
		bash -c "$(declare -f refusing);${*: -1}"
}

# answers STATUS OUTPUT SOCKET... OPTIONS - check that tcpu accept-ready with
# these options has this exit status, and prints this and nothing else.
answers() {
	local status_wanted=$1
	with "${@:3:$#-3}" "tcpu accept-ready ${*: -1}"
	assert_equal "$output" "$2"
	[ "$1" -eq 4 ] || assert_equal "$stderr" ''
}

# refuses STATUS STDERR [ARG]... - check that tcpu accept-ready fails with this
# status and this one line on stderr.
refuses() {
	run --separate-stderr -"$1" timeout -k1 60 tcpu accept-ready "${@:3}"
	assert_equal "$output" ''
	assert_equal "$stderr" "tcpu: $2"
}

# free_port - print a port that no process uses in the test's network namespace.
free_port=4242

# ---- The question ----

@test "status 1 where nothing waits, 0 where a connection does" {
	answers 1 '' listen=127.0.0.1 '$PORT'
	answers 0 '' listen=127.0.0.1,pending=1 '$PORT'
}

@test "status 4 and a line where nobody listens, none with --quiet" {
	run --separate-stderr -4 netns tcpu accept-ready $free_port
	assert_equal "$output" ''
	assert_equal "$stderr" 'tcpu: accept-ready 4242: nobody listens'
	run --separate-stderr -4 netns tcpu accept-ready -v $free_port
	assert_equal "$stderr" 'tcpu: accept-ready 4242: nobody listens
tcpu: accept-ready 4242: --wait waits until somebody does'
	run --separate-stderr -4 netns tcpu accept-ready -q localhost $free_port
	assert_equal "$output$stderr" ''
}

@test "a socket that is bound but does not listen is nobody" {
	answers 4 '' bound=127.0.0.1 '$PORT'
	answers 0 '' bound=127.0.0.1 '--not-listening $PORT'
}

@test "--min N: at least so many wait" {
	answers 0 '' listen=127.0.0.1,pending=2 '--min=2 $PORT'
	answers 1 '' listen=127.0.0.1,pending=2 '--min=3 $PORT'
	answers 0 '' listen=127.0.0.1 '--min 0 $PORT'
}

@test "--count prints how many wait and how many may, whatever the answer" {
	answers 0 '3 7' listen=127.0.0.1,backlog=7,pending=3 '--count $PORT'
	answers 1 '0 7' listen=127.0.0.1,backlog=7 '-c $PORT'
	answers 1 '2 7' listen=127.0.0.1,backlog=7,pending=2 \
		'-c --min 5 $PORT'
	answers 4 '' listen=127.0.0.1 '-c 127.0.0.2 $PORT'
}

@test "--format=sh is for eval" {
	status_wanted=0
	with listen=127.0.0.1,backlog=7,pending=3 '
		eval "$(tcpu accept-ready --format=sh "$PORT")"
		echo "$TCPU_PENDING of $TCPU_BACKLOG"'
	assert_equal "$output" '3 of 7'
	answers 0 '3 7' listen=127.0.0.1,backlog=7,pending=3 \
		'--format plain $PORT'
}

@test "one more than the backlog can wait" {
	answers 0 '5 4' listen=127.0.0.1,backlog=4,pending=5 '-c $PORT'
	answers 0 '1 0' listen=127.0.0.1,backlog=0,pending=1 '-c $PORT'
}

@test "clients that have left are counted until they are accepted" {
	answers 0 '3 16' listen=127.0.0.1,pending=3,gone '-c $PORT'
}

@test "asking a hundred times changes nothing" {
	status_wanted=0
	with listen=127.0.0.1,pending=3 '
		for ((i = 0; i < 100; i++)); do
			tcpu accept-ready -c "$PORT"
		done | sort | uniq -c | tr -s " "'
	assert_equal "$output" ' 100 3 16'
}

@test "what is accepted waits no more" {
	status_wanted=1
	with listen=127.0.0.1 'exec 5<>"/dev/tcp/127.0.0.1/$PORT"
		tcpu accept-ready --wait=50 "$PORT" || exit 9
		perl -e "open L, q(<&=10); accept S, L" || exit 9
		tcpu accept-ready -c "$PORT"'
	assert_equal "$output" '0 16'
}

@test "--listening and --not-listening ask only whether somebody listens" {
	answers 0 '' listen=127.0.0.1 '--listening $PORT'
	answers 1 '' listen=127.0.0.1,pending=1 '--not-listening $PORT'
	answers 4 '' listen=127.0.0.1 '--listening 127.0.0.2 $PORT'
	answers 0 '' listen=127.0.0.1 '--not-listening 127.0.0.2 $PORT'
	answers 0 '0 16' listen=127.0.0.1 '--listening --count $PORT'
}

# ---- Which sockets ----

@test "a listener on an address is found by that address and without one" {
	answers 0 '' listen=127.0.0.2,pending=1 '$PORT'
	answers 0 '' listen=127.0.0.2,pending=1 '127.0.0.2 $PORT'
	answers 0 '' listen=127.0.0.2,pending=1 '127.0.0.2:$PORT'
	answers 4 '' listen=127.0.0.2,pending=1 '127.0.0.1 $PORT'
	answers 0 '' listen=::1,pending=1 '::1 $PORT'
	answers 0 '' listen=::1,pending=1 '[::1]:$PORT'
	answers 4 '' listen=::1,pending=1 '127.0.0.1 $PORT'
}

@test "a wildcard listener is found by every address of its families" {
	answers 0 '' listen=0.0.0.0,pending=1 '127.7.7.7 $PORT'
	answers 0 '' listen=0.0.0.0,pending=1 '0.0.0.0 $PORT'
	answers 4 '' listen=0.0.0.0,pending=1 '::1 $PORT'
	answers 0 '' listen=::,pending=1 '127.0.0.1 $PORT'
	answers 0 '' listen=::,pending=1 '::1 $PORT'
	answers 0 '' listen=::,pending=1 ':: $PORT'
	answers 0 '' listen=::,v6only,pending=1 '::1 $PORT'
	answers 4 '' listen=::,v6only,pending=1 '127.0.0.1 $PORT'
}

@test "IPv4-mapped addresses are IPv4 addresses" {
	answers 0 '' listen=::ffff:127.0.0.2,pending=1 '127.0.0.2 $PORT'
	answers 0 '' listen=127.0.0.2,pending=1 '::ffff:127.0.0.2 $PORT'
	answers 4 '' listen=::ffff:127.0.0.2,pending=1 '127.0.0.1 $PORT'
}

@test "-4 and -6 ask for a listener of that family" {
	answers 0 '' listen=::,pending=1 '-4 $PORT'
	answers 4 '' listen=::,v6only,pending=1 '-4 $PORT'
	answers 4 '' listen=127.0.0.1,pending=1 '-6 $PORT'
	answers 0 '1 16' listen=127.0.0.1,pending=1 \
		listen=::1,pending=2 '-c -4 $PORT'
	answers 0 '2 16' listen=127.0.0.1,pending=1 \
		listen=::1,pending=2 '-c -6 $PORT'
}

@test "the sockets of all addresses of a name are added up" {
	run -0 "$sandbox" "$sockets" listen=127.0.0.1,pending=1 \
		listen=::1,pending=2 listen=127.0.0.3,pending=4 \
		-- bash -c '
		tcpu accept-ready -c dual.test "$PORT"
		tcpu accept-ready -c three.test "$PORT"
		tcpu accept-ready -c "$PORT"' 3>&-
	assert_output $'3 32\n5 32\n7 48'
}

@test "the sockets of a group with SO_REUSEPORT are added up" {
	answers 0 '4 10' listen=127.0.0.1,reuseport,backlog=7,pending=4 \
		listen=127.0.0.1,reuseport,backlog=3 '-c 127.0.0.1 $PORT'
}

@test "a port may be the name of a service" {
	run --separate-stderr -4 "$sandbox" \
		tcpu accept-ready dual.test postgresql 3>&-
	assert_equal "$stderr" \
		'tcpu: accept-ready dual.test:postgresql: nobody listens'
}

# ---- Which machine ----

elsewhere='not an address of this machine; ask other machines with tcpu connect -z'
elsewhere+=' --retry'

@test "a server on another machine is not taken for one of this machine" {
	run --separate-stderr machines '192.0.2.2 db\n' timeout -k1 60 bash -c '
		$there tcpu listen -k 5432 -- cat & server=$!
		tcpu connect -q -z --retry db 5432 && echo there
		tcpu accept-ready db 5432; echo $?
		tcpu accept-ready --listening --wait=50 192.0.2.2 5432; echo $?
		kill $server; wait $server
		tcpu listen --background --until-exit $$ -k 5432 -- true
		tcpu accept-ready --not-listening --wait db 5432; echo $?' 3>&-
	assert_output $'there\n2\n2\n2'
	assert_equal "$stderr" "tcpu: accept-ready: db:5432: $elsewhere
tcpu: accept-ready: 192.0.2.2:5432: $elsewhere
tcpu: accept-ready: db:5432: $elsewhere"
}

@test "all that the kernel routes to this machine is of this machine" {
	run --separate-stderr machines '192.0.2.1 myself\n' bash -c '
		ip route add local 198.51.100.0/24 dev lo &&
		"$add_ipv6" 2001:db8::1/64 here || exit
		for host in myself 192.0.2.1 127.7.7.7 198.51.100.77 ::1 \
			2001:db8::1 0.0.0.0 :: ::ffff:192.0.2.1; do
			tcpu accept-ready "$host" 4242
			echo $?
		done | sort | uniq -c | tr -s " "
		for host in 192.0.2.255 198.51.101.1 224.0.0.1 2001:db8::2 \
			::ffff:192.0.2.2; do
			tcpu accept-ready -q "$host" 4242
			echo $?
		done | sort | uniq -c | tr -s " "' 3>&-
	assert_output $' 9 4\n 5 2'
}

@test "of a name's addresses only those of this machine count" {
	run --separate-stderr machines \
		'192.0.2.2 both\n127.0.0.1 both\n2001:db8::2 both\n' bash -c '
		tcpu listen --background --until-exit $$ -k 0.0.0.0 4242 \
			-- true
		tcpu accept-ready --listening both 4242; echo $?
		tcpu listen --background --until-exit $$ -k 192.0.2.1 4243 \
			-- true
		tcpu accept-ready --listening both 4243; echo $?' 3>&-
	assert_output $'0\n4'
}

@test "where the route may not be asked, binding answers" {
	run --separate-stderr machines '' bash -c "$(declare -f refusing)"'
		for host in 127.0.0.2 192.0.2.1 192.0.2.2 ::1 2001:db8::2; do
			refusing socket EPERM:when=1+2 \
				tcpu accept-ready -q "$host" 4242
			echo $?
		done' 3>&-
	assert_output $'4\n4\n2\n4\n2'
	run --separate-stderr -125 refusing socket EPERM \
		tcpu accept-ready 127.0.0.1 4242
	assert_equal "$stderr" \
		'tcpu: accept-ready 127.0.0.1:4242: Operation not permitted'
}

# ---- A descriptor ----

@test "--fd asks about an inherited listening socket" {
	answers 0 '3 7' listen=127.0.0.1,backlog=7,pending=3 '-c --fd 10'
	answers 1 '0 7' listen=::1,backlog=7 '-c --fd=10'
	answers 1 '' listen=::1,pending=2 '--fd=10 --min=3'
	answers 1 '' listen=127.0.0.1 '--not-listening --fd=10'
}

@test "--fd changes no flag of the descriptor" {
	status_wanted=0
	with listen=127.0.0.1,pending=1 'flags() { cat /proc/self/fdinfo/10; }
		before=$(flags); tcpu accept-ready --fd 10 || exit 9
		[ "$(flags)" = "$before" ]'
}

@test "--fd on what does not listen is status 4" {
	answers 4 '' bound=127.0.0.1 '--fd 10'
	answers 4 '' pair=127.0.0.1 '--fd 10 --listening'
}

@test "a --fd that is no TCP socket is status 2" {
	local status_wanted=2
	with udp=127.0.0.1 'tcpu accept-ready --fd 10 --wait'
	assert_equal "$stderr" 'tcpu: accept-ready: --fd 10: not a TCP or Unix stream socket'
	refuses 2 'accept-ready: --fd 0: not a TCP or Unix stream socket' --fd 0 </dev/null
	refuses 2 'accept-ready: --fd 77: Bad file descriptor' --fd 77
}

# ---- Waiting ----

@test "--wait ends when a connection comes" {
	status_wanted=0
	with listen=127.0.0.1 '
		tcpu accept-ready -c --wait=50 "$PORT" & by_port=$!
		tcpu accept-ready --fd 10 --wait=50 & by_fd=$!
		exec 5<>"/dev/tcp/127.0.0.1/$PORT"
		wait "$by_port" && wait "$by_fd"; status=$?
		perl -e "open L, q(<&=10); accept S, L"; exit $status'
	assert_equal "$output" '1 16'
}

@test "--wait ends when somebody listens" {
	netns bash -c '
		tcpu accept-ready --listening --wait 127.0.0.1 4242 3>&- &
		waiter=$!
		nc.openbsd -l 127.0.0.1 4242 </dev/null >/dev/null 3>&- &
		wait "$waiter"; status=$?
		kill $!
		exit $status'
}

@test "--not-listening --wait ends when nobody listens any more" {
	start_background holder "$sockets" listen=127.0.0.1,pending=1
	tcpu addresses --pid $! --listening --wait=50 --port >port
	start_background waiter tcpu accept-ready --not-listening --wait "$(cat port)"
	kill -KILL "${started[0]}"
	assert_exit 0 "$!"
	assert_content waiter.err ''
}

@test "--wait=TIME that runs out is status 124 and no sooner" {
	local from=${EPOCHREALTIME/./}
	run --separate-stderr -124 netns tcpu accept-ready --wait=0.3 $free_port
	[ $((${EPOCHREALTIME/./} - from)) -ge 300000 ]
	assert_equal "$output" ''
	assert_equal "$stderr" \
		'tcpu: accept-ready 4242: timed out after 300ms'
	status_wanted=124
	with listen=127.0.0.1,pending=1 \
		'tcpu accept-ready -c --min 2 --wait=20ms --fd 10'
	assert_equal "$output" ''
	with listen=127.0.0.1 'tcpu accept-ready --not-listening --wait=0 $PORT'
}

@test "--timeout bounds --wait" {
	run --separate-stderr -124 netns \
		tcpu accept-ready --wait -t 200ms $free_port
	assert_equal "$stderr" \
		'tcpu: accept-ready 4242: timed out after 200ms'
	run --separate-stderr -124 netns \
		tcpu accept-ready --wait=50ms -t 9 $free_port
	assert_equal "$stderr" 'tcpu: accept-ready 4242: timed out after 50ms'
}

@test "--wait and --timeout bound the look-up of the host" {
	local silent=("$sandbox" tcpu accept-ready silent.test)
	run --separate-stderr -124 timeout 4 "${silent[@]}" 80 --wait=0.3 3>&-
	assert_equal "$stderr" \
		'tcpu: accept-ready silent.test:80: timed out after 300ms'
	run --separate-stderr -124 timeout 4 "${silent[@]}" 80 -t 0.3 3>&-
	assert_equal "$stderr" \
		'tcpu: accept-ready silent.test:80: timed out after 300ms'
}

@test "a signal ends --wait, and is what it dies of" {
	local name=HUP
	for status_wanted in 129 130 143; do
		with listen=127.0.0.1 "timeout --preserve-status -s $name 0.3 \
			tcpu accept-ready --wait --fd 10"
		assert_equal "$output$stderr" ''
		[ $name = HUP ] && name=INT || name=TERM
	done
}

@test "--until-exit: status 1 when that process ends, and when it has" {
	start_background other tail -f /dev/null
	other=${started[-1]}
	start_background waiter netns tcpu accept-ready --listening --wait=40 \
		--until-exit "$other" $free_port
	waiter=${started[-1]}
	kill "$other"
	assert_exit 1 "$waiter"
	assert_equal "$(<waiter.err)" \
		"tcpu: accept-ready 4242: process $other has ended"
	assert_exit 143 "$other"
	run --separate-stderr -1 netns timeout -k1 60 tcpu accept-ready \
		--wait --until-exit "$other" $free_port
	assert_equal "$output" ''
	assert_equal "$stderr" \
		"tcpu: accept-ready 4242: process $other has ended"
}

@test "--until-exit: a server that has died is not taken for another one" {
	status_wanted=1
	with listen=127.0.0.1,pending=1 '
		sh -c "exit 3" & server=$!
		wait $server
		tcpu accept-ready --listening --wait=50 --until-exit $server $PORT'
	assert_regex "$stderr" 'process [0-9]+ has ended'
}

@test "--until-exit: what is so at the end of the process is told" {
	start_background holder "$sockets" listen=127.0.0.1,pending=1
	holder=${started[-1]}
	tcpu addresses --pid "$holder" --listening --wait=50 --port >port
	start_background waiter tcpu accept-ready --not-listening --wait=40 \
		--until-exit "$holder" "$(<port)"
	waiter=${started[-1]}
	kill -KILL "$holder"
	assert_exit 0 "$waiter"
	assert_content waiter.err ''
	run -0 timeout -k1 60 tcpu accept-ready --bindable --wait=40 \
		--until-exit "$holder" "$(<port)"
}

@test "--until-exit: a process that runs on changes nothing" {
	status_wanted=0
	with listen=127.0.0.1,pending=1 \
		'tcpu accept-ready --wait=50 --until-exit $$ $PORT'
	status_wanted=124
	with listen=127.0.0.1 \
		'tcpu accept-ready --wait=50ms --until-exit $$ $PORT'
	refuses 2 'accept-ready: --until-exit needs --wait' --until-exit 1 80
}

@test "--until-exit ends the look-up of the host" {
	start_background other tail -f /dev/null
	other=${started[-1]}
	start_background waiter timeout 60 "$sandbox" tcpu accept-ready \
		--wait --until-exit "$other" silent.test 80
	waiter=${started[-1]}
	kill "$other"
	assert_exit 1 "$waiter"
}

# ---- Whether a port can be had ----

# agrees ARG... - print the status of --bindable, after checking that tcpu
# listen agrees: it listens, finds the port in use, or cannot listen there.
agrees() {
	run timeout -k1 60 tcpu accept-ready --bindable "$@"
	bindable=$status
	run timeout -k1 60 tcpu listen --accept-timeout=1ms "$@"
	case $bindable,$status in
	0,124 | 1,6 | 2,7 | 7,7) echo "$bindable" ;;
	*) echo "$bindable, listen $status" ;;
	esac
}

# bindings LINES - run lines of bash that can call `agrees`.
bindings() {
	run netns timeout -k1 60 bash -c "run() { output=\$(\"\$@\" 2>&1)
		status=\$?; }; $(declare -f agrees); $1" 3>&-
}

@test "--bindable: a free port is 0, one with a listener is 1" {
	bindings 'agrees 4242
		tcpu listen --background --until-exit $$ -k 127.0.0.1 4242 -- true
		agrees 4242
		agrees -4 4242
		agrees 127.0.0.1 4242
		agrees localhost 4242
		agrees 127.0.0.2 4242
		agrees -6 4242
		agrees ::1 4242'
	assert_output $'0\n1\n1\n1\n1\n0\n0\n0'
	bindings 'tcpu listen --background --until-exit $$ -k 4242 -- true
		agrees 4242
		agrees 127.0.0.1 4242
		agrees 0.0.0.0 4242
		agrees ::1 4242
		agrees 4243'
	assert_output $'1\n1\n1\n1\n0'
	run -1 netns bash -c '
		tcpu listen --background --until-exit $$ -k 4242 -- true
		tcpu accept-ready --bindable 4242' 3>&-
	assert_output ''
}

@test "--bindable: a port of a connection is 1, also when it is closed" {
	bindings 'tcpu listen --background --until-exit $$ -k -L 4242 -- cat
		exec 5<>/dev/tcp/127.0.0.1/4242
		port=$(tcpu addresses --fd 5 --local --port)
		agrees "$port"
		agrees 127.0.0.1 "$port"
		agrees ::1 "$port"
		exec 5>&-
		agrees "$port"
		tcpu listen -v -t 1ms "$port"'
	assert_line --index 3 1
	assert_line --index 5 --regexp \
		'the port belongs to a closed connection with 127.0.0.1:4242'
	bindings 'tcpu listen --background --until-exit $$ -k --count 1 -L 4242 \
			-- true
		tcpu connect 127.0.0.1 4242 </dev/null
		agrees 4242'
	assert_output 0
}

@test "--bindable: an address of another machine is 2, an unknown name 3" {
	run --separate-stderr machines '192.0.2.1 me\n192.0.2.1 both\n192.0.2.2 both\n' \
		bash -c 'for host in me both 192.0.2.2 no; do
			tcpu accept-ready --bindable --wait "$host" 4242
			echo $?
		done' 3>&-
	assert_output $'0\n2\n2\n3'
	assert_equal "${stderr_lines[0]}" "tcpu: accept-ready: both:4242: $elsewhere"
}

@test "--bindable: a port that needs permission is 7, and why" {
	run --separate-stderr netns bash -c '
		echo 1024 >/proc/sys/net/ipv4/ip_unprivileged_port_start
		exec setpriv --bounding-set=-net_bind_service \
			--inh-caps=-net_bind_service \
			timeout -k1 60 tcpu accept-ready --bindable --wait 80'
	assert_equal "$status" 7
	assert_equal "$stderr" 'tcpu: accept-ready 80: Permission denied'
}

@test "--bindable without IPv6 is about IPv4" {
	bindings 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
		agrees 4242
		agrees localhost 4242
		tcpu listen --background --until-exit $$ -k 4242 -- true
		agrees 4242
		agrees localhost 4242'
	assert_output $'0\n0\n1\n1'
}

@test "--bindable never listens" {
	run -0 traced -f -o trace -e trace=network \
		tcpu accept-ready --bindable 127.0.0.1 $free_port
	grep -q 'bind(.*sin_port=htons(4242)' trace
	run -1 grep -E 'listen\(|connect\(.*AF_INET' trace
}

@test "--bindable --wait ends when the port is free" {
	start_background holder "$sockets" listen=127.0.0.1
	holder=${started[-1]}
	tcpu addresses --pid "$holder" --listening --wait=50 --port >port
	start_background waiter tcpu accept-ready --bindable --wait "$(<port)"
	kill -KILL "$holder"
	assert_exit 0 "${started[-1]}"
}

@test "--bindable --wait leaves 100 ms between two tries" {
	with_port='traced -f -o trace -e trace=bind tcpu accept-ready --bindable'
	with_port+=' --wait=450ms 127.0.0.1 $PORT; echo $?; grep -c AF_INET trace'
	status_wanted=0
	with listen=127.0.0.1 "$(declare -f traced); $with_port"
	assert_line --index 0 124
	[ "${lines[1]}" -gt 1 ]
	[ "${lines[1]}" -le 6 ]
}

@test "--bindable -v says who has the port" {
	status_wanted=1
	with listen=127.0.0.1 'tcpu accept-ready -v --bindable 127.0.0.1 $PORT'
	assert_regex "$stderr" \
		'^tcpu: accept-ready 127.0.0.1:[0-9]+: process [0-9]+ \(.*\) listens there$'
	with bound=127.0.0.1 'tcpu accept-ready -v --bindable $PORT'
	assert_regex "$stderr" "process [0-9]+ \(.*\) has the port without listening$"
}

@test "--bindable is a question of its own" {
	local words message='accept-ready: --bindable goes with --wait,'
	message+=' --until-exit and a port only'
	for words in '--listening 80' '--not-listening 80' '--min 1 80' \
		'-c 80' '--format=sh 80' '--fd 0'; do
		# shellcheck disable=SC2086 # split on purpose
		refuses 2 "$message" --bindable $words
	done
}

# ---- Invalid names and numbers ----

@test "a host that cannot be resolved is status 3" {
	run --separate-stderr -3 "$sandbox" \
		tcpu accept-ready --wait no.test 80 3>&-
	assert_equal "$stderr" \
		'tcpu: accept-ready no.test:80: Name or service not known'
	refuses 3 'accept-ready localhost:80: Name or service not known' \
		-n localhost 80
	refuses 3 "accept-ready: unknown service: 'nosuch'" nosuch
}

@test "what cannot be meant is status 2 and a line" {
	refuses 2 "accept-ready: missing operand: 'PORT'"
	refuses 2 "accept-ready: not a port: '0'" 0
	refuses 2 "accept-ready: not a port: ''" ''
	refuses 2 "accept-ready: not a port: '65536'" 65536
	refuses 2 "accept-ready: not a port: '8o'" localhost 8o
	refuses 2 "accept-ready: extra operand: '3'" 1 2 3
	refuses 2 'accept-ready: --fd and PORT exclude each other' --fd 0 80
	refuses 2 'accept-ready: a descriptor has no use for --ipv4 and --ipv6' \
		-4 --fd 0
	local exclusive='accept-ready: --listening, --not-listening and --min'
	exclusive+=' exclude each other'
	refuses 2 "$exclusive" --listening --not-listening 80
	refuses 2 "$exclusive" --listening --min 1 80
	refuses 2 "$exclusive" --not-listening --min 1 80
	refuses 2 'accept-ready: with --not-listening there is nothing to print' \
		--not-listening -c 80
	refuses 2 'accept-ready: with --not-listening there is nothing to print' \
		--not-listening --format=sh 80
	refuses 2 "accept-ready: --min: not a number of 0 or more: '-1'" --min=-1 80
	refuses 2 "accept-ready: --fd: not a number of 0 or more: 'x'" --fd x
	refuses 2 "accept-ready: --wait: not a time (5, 1.5s, 500ms, 2m, 1h): '5x'" --wait=5x 80
	refuses 2 "accept-ready: --wait: not a time (5, 1.5s, 500ms, 2m, 1h): ''" --wait= 80
	refuses 2 "accept-ready: --format: not one of plain|sh: 'json'" \
		--format=json 80
}

@test "what cannot be meant opens no internet socket" {
	local words
	export ASAN_OPTIONS=detect_leaks=0:$ASAN_OPTIONS
	for words in 0 65536 '--fd 0 80' '--min x 80' 'localhost 8o' '80 -- true'; do
		# shellcheck disable=SC2086 # split on purpose
		run -2 strace -qq -o trace -e trace=socket tcpu accept-ready $words
		run -1 grep AF_INET trace
	done
}

@test "an answer that cannot be written is status 9" {
	status_wanted=9
	with listen=127.0.0.1,pending=1 'tcpu accept-ready -c $PORT >/dev/full'
	assert_equal "$stderr" 'tcpu: stdout: No space left on device'
}

# ---- If the kernel must not be asked ----

# agrees_refused SOCKET... OPTIONS - check that the status and the number of
# waiting connections are the same with and without netlink; without it the
# limit is unknown.  The test refuses the call of socket(2) that would open the
# netlink socket; the next one opens the socket for bind(2).
agrees_refused() {
	status_wanted=0
	with "${@:1:$#-1}" 'ask="tcpu accept-ready -c '"${*: -1}"'"
		want=$(eval $ask); status=$?
		got=$(eval refusing socket EPERM:when=1+2 $ask); [ $? = $status ] ||
			exit 9
		grep -q NETLINK_SOCK_DIAG strace.out || exit 9
		[ "$got" = "${want:+${want% *} -}" ] && echo $status "$got"'
}

@test "without netlink /proc answers" {
	agrees_refused listen=127.0.0.1,pending=3 '$PORT'
	assert_equal "$output" '0 3 -'
	agrees_refused listen=127.0.0.1 '127.0.0.1 $PORT'
	assert_equal "$output" '1 0 -'
	agrees_refused listen=127.0.0.1 '127.0.0.2 $PORT'
	assert_equal "$output" '4 '
	agrees_refused listen=0.0.0.0,pending=3 '127.0.0.9 $PORT'
	agrees_refused listen=::1,pending=1 '::1 $PORT'
	agrees_refused listen=::,pending=2 '127.0.0.1 $PORT'
	agrees_refused listen=::ffff:127.0.0.3,pending=2 '127.0.0.3 $PORT'
	agrees_refused listen=127.0.0.1,pending=1 listen=::1,pending=2 '$PORT'
	assert_equal "$output" '0 3 -'
	agrees_refused listen=127.0.0.1,pending=1 listen=::1,pending=2 \
		'-6 $PORT'
	assert_equal "$output" '0 2 -'
	agrees_refused listen=127.0.0.1,reuseport,pending=4 \
		listen=127.0.0.1,reuseport '$PORT'
}

@test "without netlink the limit is empty for a shell" {
	status_wanted=0
	with listen=127.0.0.1,pending=3 \
		'refusing socket EACCES tcpu accept-ready --format=sh $PORT'
	assert_equal "$output" 'TCPU_PENDING=3 TCPU_BACKLOG='
}

@test "a kernel without sock_diag is like one that refuses" {
	local call
	status_wanted=0
	for call in sendto recvfrom; do
		with listen=127.0.0.1,pending=2 \
			"refusing $call ENOENT tcpu accept-ready -c \$PORT"
		assert_equal "$output" '2 -'
	done
}

@test "a Unix socket is found on an overlay of several file systems" {
	run "${private[@]}" --mount sh -ec '
		mkdir below above all
		mount -t tmpfs none below
		mount -t tmpfs none above
		mkdir below/files below/files/folder above/files above/work
		mount -t overlay none -o \
			lowerdir=below/files,upperdir=above/files,workdir=above/work all
		cd all
		ln -s ../socket folder/link
		tcpu listen --background --until-exit $$ --no-accept unix:socket
		tcpu connect -z unix:socket
		tcpu accept-ready -c unix:socket
		cd folder
		tcpu accept-ready -c unix:../socket
		tcpu accept-ready -c unix:link' 3>&-
	assert_output --regexp $'^(1 [0-9]+\n){2}1 [0-9]+$'
}

@test "with neither netlink nor /proc the status is 125" {
	run --separate-stderr -125 refusing socket EPERM "${private[@]}" --mount \
		sh -c 'mount -t tmpfs none /proc/$$/net &&
			exec tcpu accept-ready --wait 80'
	assert_equal "$stderr" \
		'tcpu: accept-ready 80: sock_diag is refused, and there is no /proc'
}
