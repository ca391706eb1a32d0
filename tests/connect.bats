# SPDX-License-Identifier: ISC
#
# tcpu connect without a COMMAND: how it connects, how it fails, and its
# messages.

load helper

talk=$BATS_TEST_DIRNAME/peers/talk.pl

# fails STATUS MESSAGE ARG... - check that tcpu connect exits with this status
# and this message.
fails() {
	run --separate-stderr timeout -k1 60 tcpu connect "${@:3}" </dev/null
	assert_equal "$status" "$1"
	assert_equal "$output" ''
	assert_equal "$stderr" "tcpu: connect $2"
}

# elapsed - print the milliseconds since the test began; $SECONDS counts whole
# seconds only.
elapsed() {
	echo $(((${EPOCHREALTIME/./} - began) / 1000))
}

# ---- Connecting ----

@test "HOST PORT and HOST:PORT, by name, IPv4 and IPv6" {
	start_server --keep-open --count 7 --local 0 </dev/null
	for words in "localhost $port" "localhost:$port" "127.0.0.1 $port" \
		"127.0.0.1:$port" "::1 $port" "[::1] $port" "[::1]:$port"; do
		# shellcheck disable=SC2086 # split on purpose
		run timeout -k1 60 tcpu connect --probe $words
		assert_success
		assert_output ''
	done
	assert_exit 0 "$server"
}

@test "of a name's addresses, the one that listens" {
	with_hosts '127.0.0.1 multi\n127.0.0.2 multi\n127.0.0.3 multi\n' \
		timeout -k1 60 bash -c '
		exec {said}< <(exec tcpu listen -1 127.0.0.3 4242 \
			<<<hello 3>&-)
		read -r port <&"$said"
		tcpu connect multi 4242 </dev/null' >out 3>&-
	assert_content out 'hello\n'
}

@test "localhost is found on either family" {
	for family in 127.0.0.1 ::1; do
		with_hosts '127.0.0.1 localhost\n::1 localhost\n' \
			timeout -k1 60 bash -c '
			exec {said}< <(exec tcpu listen -1 "$1" 4242 \
				<<<hello 3>&-)
			read -r port <&"$said"
			tcpu connect localhost 4242 </dev/null' \
			bash "$family" >out 3>&-
		assert_content out 'hello\n'
	done
}

@test "an address that does not answer delays the next by little" {
	with_hosts '192.0.2.1 multi\n127.0.0.1 multi\n' \
		timeout -k1 60 bash -c '
		ip link add there type dummy && ip link set there up &&
		ip addr add 192.0.2.9/24 dev there
		exec {said}< <(exec tcpu listen -1 127.0.0.1 4242 \
			<<<hello 3>&-)
		read -r port <&"$said"
		tcpu connect -w 2 multi 4242 </dev/null' >out 3>&-
	assert_content out 'hello\n'
}

@test "-4 and -6 try one family" {
	start_server --keep-open -4 --local 0 </dev/null
	run timeout -k1 60 tcpu connect -z -4 localhost "$port"
	assert_success
	run timeout -k1 60 tcpu connect -z -6 localhost "$port"
	assert [ "$status" -eq 4 -o "$status" -eq 3 ]
}

@test "--source is the address and the port that the peer sees" {
	start_server --verbose --keep-open --count 3 --local 0 </dev/null
	run timeout -k1 60 tcpu connect -z -s 127.0.0.2 127.0.0.1 "$port"
	assert_success
	run --separate-stderr timeout -k1 60 tcpu connect \
		--print=addresses --source 127.0.0.3 127.0.0.1 "$port" </dev/null
	assert_success
	read -r _ number _ <<<"$stderr"
	# The port is in TIME_WAIT now on this address, but free on another one.
	run timeout -k1 60 tcpu connect -z -s "127.0.0.4:$number" 127.0.0.1 \
		"$port"
	assert_success
	assert_exit 0 "$server"
	assert_regex "$(<server.err)" 'from 127.0.0.2:[0-9]+'
	assert_regex "$(<server.err)" "from 127.0.0.4:$number"
}

@test "--source takes a name, whose address of the target's family counts" {
	with_hosts '127.0.0.1 both\n::1 both\n127.0.0.5 me\n' timeout -k1 60 \
		bash -c 'tcpu listen --background -k -L --until-exit $$ 4242 \
			-- tcpu addresses --remote --ip
		tcpu connect -s me both 4242 </dev/null
		tcpu connect -s both 127.0.0.1 4242 </dev/null
		tcpu connect -s both ::1 4242 </dev/null' >out 3>&-
	assert_content out '127.0.0.5\n127.0.0.1\n::1\n'
}

@test "--source takes a port alone, of either family" {
	netns timeout -k1 60 bash -c '
		tcpu listen --background -k -L --until-exit $$ 4242 \
			-- tcpu addresses --remote
		tcpu connect -s :5001 127.0.0.1 4242 </dev/null
		tcpu connect -s :5002 ::1 4242 </dev/null
		tcpu connect -s 127.0.0.7:5003 localhost 4242 </dev/null' \
		>out 3>&-
	assert_content out '127.0.0.1 5001\n::1 5002\n127.0.0.7 5003\n'
}

# source_fails STATUS MESSAGE SOURCE - check that connecting from this source
# address fails with this status and message.
source_fails() {
	run --separate-stderr with_hosts '127.0.0.1 localhost\n' \
		timeout -k1 60 bash -c '
		tcpu listen --background -k -L --until-exit $$ 4242 -- true
		tcpu connect -z -s "$1" localhost 4242' bash "$3" 3>&-
	assert_equal "$status" "$1"
	assert_equal "$output" ''
	assert_equal "$stderr" "tcpu: $2"
}

@test "a malformed source is 2" {
	local words
	for words in '[::1' ':' '127.0.0.1:' '127.0.0.1:65536' '127.0.0.1:x' \
		':http' '[]' '[::1]:-1'; do
		run timeout -k1 60 tcpu connect -s "$words" localhost 4242
		assert_equal "$status" 2
		assert_regex "$output" '^tcpu: connect: --source: not a '
	done
	source_fails 2 "connect: --source: empty: ''" ''
	source_fails 2 "connect: --source: not a host; a port alone is written \
':PORT': '5000'" 5000
}

@test "a source that cannot be resolved is 3, and named" {
	run "$BUILD/tests/prog_sandbox" timeout -k1 60 \
		tcpu connect --retry=50 -s no.test:5000 dual.test 4242 3>&-
	assert_equal "$status" 3
	assert_output 'tcpu: --source no.test:5000: Name or service not known'
	run timeout -k1 60 tcpu connect -n -s localhost 127.0.0.1 4242
	assert_equal "$status" 3
	assert_output 'tcpu: --source localhost: Name or service not known'
}

@test "a source that is in use, or of another machine, is 5, and named" {
	source_fails 5 "--source 127.0.0.1:4242: ${text[EADDRINUSE]}" \
		127.0.0.1:4242
	source_fails 5 "--source :4242: ${text[EADDRINUSE]}" :4242
	source_fails 5 "--source 192.0.2.1: ${text[EADDRNOTAVAIL]}" \
		192.0.2.1
	source_fails 5 "--source 192.0.2.1:5000: ${text[EADDRNOTAVAIL]}" \
		192.0.2.1:5000
}

@test "a source that does not serve is not tried again" {
	run --separate-stderr netns timeout -k1 60 tcpu connect --retry=50 -z \
		-s 192.0.2.1 127.0.0.1 4242
	assert_equal "$status" 5
}

# ---- Failures ----

@test "refused is 4" {
	run --separate-stderr netns timeout -k1 60 tcpu connect localhost:4242
	assert_equal "$status" 4
	assert_equal "$stderr" 'tcpu: connect localhost:4242: Connection refused'
}

@test "an address without a way to it is 5" {
	run --separate-stderr netns timeout -k1 60 tcpu connect 192.0.2.1 4242
	assert_equal "$status" 5
	assert_equal "$stderr" \
		"tcpu: connect 192.0.2.1:4242: ${text[ENETUNREACH]}"
}

@test "a prohibited way is 5" {
	run --separate-stderr netns bash -c '
		ip route add prohibit 192.0.2.1 &&
		exec timeout -k1 60 tcpu connect 192.0.2.1 4242'
	assert_equal "$status" 5
	assert_regex "$stderr" '^tcpu: connect 192.0.2.1:4242: '
}

@test "--connect-timeout is 124" {
	start_server --black-hole --local 0 </dev/null
	began=${EPOCHREALTIME/./}
	fails 124 "127.0.0.1:$port: timed out after 300ms" \
		--connect-timeout 0.3 127.0.0.1 "$port"
	assert [ "$(elapsed)" -ge 300 ]
	fails 124 "127.0.0.1:$port: timed out after 200ms" \
		-t 200ms 127.0.0.1 "$port"
	fails 124 "127.0.0.1:$port: timed out after 200ms" \
		-w 200ms -t 300ms 127.0.0.1 "$port"
}

@test "--connect-timeout does not bound the session" {
	mkfifo in go
	start_listener peer "$talk" 0 hear=go 'send=late\n'
	start_background client tcpu connect -w 1 127.0.0.1 "$port" \
		< <(exec cat in 3>&-)
	client=${started[-1]}
	exec {say}>in
	run timeout -k1 60 tcpu listen --timeout 1.2 --local 0
	echo >go
	exec {say}>&-
	assert_exit 0 "$client"
	assert_content client.out 'late\n'
}

@test "the look-up counts" {
	# A name server that never answers.
	run --separate-stderr with_hosts '127.0.0.1 localhost\n' bash -c '
		echo "nameserver 127.0.0.1" >resolv.conf
		mount --bind resolv.conf /etc/resolv.conf
		exec {ready}< <(exec perl -MSocket -e '\''
			socket(my $s, AF_INET, SOCK_DGRAM, 0) or die;
			bind($s, pack_sockaddr_in(53, inet_aton("127.0.0.1")))
			    or die;
			$| = 1;
			print "ready\n";
			alarm 20;
			recv($s, my $query, 512, 0) while 1'\'' 3>&-)
		perl=$!
		read -r line <&"$ready"
		timeout -k1 60 tcpu connect -w 300ms db.example 5432
		status=$?
		kill "$perl"
		exit "$status"'
	assert_equal "$status" 124
	assert_equal "$stderr" \
		'tcpu: connect db.example:5432: timed out after 300ms'
}

@test "no descriptors left is 125" {
	run timeout -k1 60 bash -c \
		'ulimit -n 6; exec tcpu connect 127.0.0.1 4242'
	assert_equal "$status" 125
	assert_regex "$output" "^tcpu: .*${text[EMFILE]}$"
}

@test "a signal while it connects is that signal" {
	start_server --local 0 </dev/null
	kill "$server"
	assert_exit 143 "$server"
	start_background client tcpu connect -v --retry 127.0.0.1 "$port" </dev/null
	client=${started[-1]}
	wait_for_line client.err 'tcpu: .* Connection refused'
	kill -TERM "$client"
	assert_exit 143 "$client"
	run ! grep -v refused client.err
}

@test "--verbose tells of each address" {
	run --separate-stderr with_hosts \
		'127.0.0.1 multi\n127.0.0.2 multi\n' \
		timeout -k1 60 tcpu connect --verbose multi 4242
	assert_equal "$status" 4
	assert_equal "${#stderr_lines[@]}" 4
	assert_equal "${stderr_lines[2]}" \
		'tcpu: connect multi:4242: Connection refused'
	assert_equal "${stderr_lines[3]}" "tcpu: connect multi:4242: nobody \
listens there; --retry waits until somebody does"
	for i in 1 2; do
		assert_regex "$stderr" \
			"multi:4242: 127.0.0.$i:4242: Connection refused"
	done
}

# ---- Retries ----

@test "--retry finds a server that is started at the same time" {
	netns timeout -k1 60 bash -c '
		for i in $(seq 20); do
			tcpu connect --retry=50 127.0.0.1 4242 <<<"$i" >answer &
			client=$!
			tcpu listen 4242 <<<hello || exit
			wait "$client" || exit
			[ "$(<answer)" = hello ] || exit
		done' >out 3>&-
	seq 20 | cmp - out
}

@test "--retry=TIME is 124 when nobody ever listens" {
	netns timeout -k1 60 bash -c '
		tcpu connect --retry=300ms 127.0.0.1 4242; echo $?' \
		>out 2>err 3>&-
	assert_content out '124\n'
	assert_equal "$(<err)" \
		'tcpu: connect 127.0.0.1:4242: timed out after 300ms'
}

@test "--retry without a time goes on until the time of the run is over" {
	run netns timeout -k1 60 tcpu connect --retry -t 300ms 127.0.0.1 4242
	assert_equal "$status" 124
	assert_output 'tcpu: connect 127.0.0.1:4242: timed out after 300ms'
}

@test "--retry bounds an attempt that hangs, too" {
	start_server --black-hole --local 0 </dev/null
	fails 124 "127.0.0.1:$port: timed out after 300ms" \
		--retry=300ms 127.0.0.1 "$port"
	fails 124 "127.0.0.1:$port: timed out after 200ms" \
		--retry=300ms -w 200ms 127.0.0.1 "$port"
}

@test "--retry without a time is for refusals alone" {
	run --separate-stderr netns timeout -k1 60 \
		tcpu connect --retry 192.0.2.1 4242
	assert_equal "$status" 5
	run --separate-stderr netns timeout -k1 60 \
		tcpu connect --retry nosuch.invalid 4242
	assert_equal "$status" 3
}

@test "--retry goes on where one address refuses and another has no route" {
	run --separate-stderr "$BUILD/tests/prog_sandbox" timeout -k1 60 \
		tcpu connect --retry -w 300ms mixed.test 4242 3>&-
	assert_equal "$status" 124
	run --separate-stderr "$BUILD/tests/prog_sandbox" timeout -k1 60 \
		tcpu connect mixed.test 4242 3>&-
	assert_equal "$status" 4
}

@test "--retry=TIME waits for a name that is not there yet" {
	with_hosts '127.0.0.1 localhost\n' timeout -k1 60 bash -c '
		echo "hosts: files" >ns; mount --bind ns /etc/nsswitch.conf
		tcpu listen --background -k -L --until-exit $$ 5432 -- echo db
		tcpu connect -v --retry=40 db 5432 </dev/null 2>err & client=$!
		tcpu connect -t 300ms -q --retry=40 db 5432
		echo "127.0.0.1 db" >>hosts
		wait $client' >out 3>&-
	assert_content out 'db\n'
}

@test "--retry=TIME waits for a network that is not there yet" {
	netns timeout -k1 60 bash -c '
		tcpu listen --background -k --until-exit $$ 4242 -- echo there
		tcpu connect --retry=40 192.0.2.1 4242 </dev/null & client=$!
		tcpu connect -t 300ms -q --retry=40 192.0.2.1 4242
		ip addr add 192.0.2.1/24 dev lo
		wait $client' >out 3>&-
	assert_content out 'there\n'
}

@test "--retry=TIME gives up an attempt that hangs, and tries again" {
	start_server --black-hole --local -4 0 </dev/null
	run traced -f -qq -e trace=connect -o trace \
		tcpu connect -z --retry=4.5 127.0.0.1 "$port"
	assert_equal "$status" 124
	[ "$(grep -c EINPROGRESS trace)" -gt 1 ]
	run traced -f -qq -e trace=connect -o trace \
		tcpu connect -z --retry -w 2.5 127.0.0.1 "$port"
	assert_equal "$status" 124
	assert_equal "$(grep -c EINPROGRESS trace)" 1
}

# turning_away COMMAND... - run the command in a network in which a server on
# port 4242 accepts every client and closes the connection at once.
turning_away() {
	netns timeout -k1 60 bash -c '
		tcpu listen --background -k -L --until-exit $$ 4242 -- "$@" &&
		shift $# && eval "$line"' bash "$@" 3>&-
}

# No process is started for the connection: the client takes one that lasts
# 200 ms for a success.
@test "-z --retry is not satisfied by a connection that is closed at once" {
	run --separate-stderr netns timeout -k1 60 bash -c '
		eval "$(tcpu listen --hold --background --print=sh 127.0.0.1 4242 \
			-- perl -e "open L, q(+<&=3); close C while accept C, L")"
		tcpu connect -z 127.0.0.1 4242; echo $?
		tcpu connect -z --retry=700ms 127.0.0.1 4242; echo $?
		tcpu connect -z --retry -w 700ms localhost 4242; echo $?
		kill "$TCPU_PID"' 3>&-
	assert_output $'0\n124\n124'
	assert_equal "$stderr" \
		'tcpu: connect 127.0.0.1:4242: timed out after 700ms
tcpu: connect localhost:4242: timed out after 700ms'
}

@test "-z --retry is not satisfied by a connection that is reset at once" {
	run --separate-stderr netns timeout -k1 60 bash -c '
		tcpu listen --background -k -L -v --until-exit $$ --deny ::/0 \
			--deny 0.0.0.0/0 4242 -- true 2>>denied
		tcpu connect -z --retry=700ms localhost 4242; echo $?
		echo >>denied
		tcpu connect -z --retry -w 700ms localhost 4242; echo $?' 3>&-
	assert_output $'124\n124'
	# Both commands have retried.
	[ "$(sed '/^$/q' denied | grep -c denied:)" -gt 2 ]
	[ "$(sed '1,/^$/d' denied | grep -c denied:)" -gt 2 ]
}

@test "-z --retry is satisfied by a byte, or by a connection that lasts" {
	export line='tcpu connect -z --retry=50 localhost 4242; echo $?'
	run turning_away echo byte
	assert_output 0
	run turning_away cat
	assert_output 0
	# Knowing that the connection lasts takes longer than the limit.
	line='tcpu connect -z --retry=10ms 127.0.0.1 4242; echo $?'
	run turning_away cat
	assert_output 0
}

@test "-w limits all attempts together" {
	run netns timeout -k1 60 tcpu connect -w 300ms --retry 127.0.0.1 4242
	assert_equal "$status" 124
	assert_output 'tcpu: connect 127.0.0.1:4242: timed out after 300ms'
	run netns timeout -k1 60 tcpu connect -w 300ms --retry=50 127.0.0.1 4242
	assert_equal "$status" 124
	assert_output 'tcpu: connect 127.0.0.1:4242: timed out after 300ms'
	run netns timeout -k1 60 tcpu connect -w 9 --retry=300ms 127.0.0.1 4242
	assert_output 'tcpu: connect 127.0.0.1:4242: timed out after 300ms'
}

# The reset has arrived by the time connect(2) returns.
@test "a reset right after the handshake is 8, and no other address is tried" {
	run --separate-stderr with_hosts \
		'127.0.0.1 multi\n127.0.0.2 multi\n' timeout -k1 60 bash -c '
		export ASAN_OPTIONS=detect_leaks=0:$ASAN_OPTIONS
		tcpu listen --background -k --until-exit $$ \
			--deny 0.0.0.0/0 127.0.0.1 4242 -- true
		tcpu listen --background -k --until-exit $$ 127.0.0.2 4242 \
			-- echo astray
		for option in "" --retry --retry=50; do
			strace -qq -o trace -e trace=connect \
				-e inject=connect:delay_exit=100000 \
				tcpu connect $option multi 4242 </dev/null
			echo "$? $(grep -c 4242 trace)"
		done' 3>&-
	assert_output $'8 1\n8 1\n8 1'
	# If the server is late, the client is connected by then.
	local line='tcpu: (connect )?multi:4242: Connection reset by peer( \(.*\))?'
	[[ $stderr =~ ^$line$'\n'$line$'\n'$line$ ]] || fail "$stderr"
}

@test "a client that is turned away gets 8, whenever it notices" {
	start_server --deny 0.0.0.0/0 --keep-open --local -4 0 </dev/null
	for i in $(seq 40); do
		run timeout -k1 60 tcpu connect -q --retry=50 127.0.0.1 "$port" \
			</dev/null
		assert_equal "$status" 8
	done
}

@test "EPIPE from connect(2) is 8, too" {
	start_server --keep-open --local -4 0 </dev/null
	run traced -qq -o trace -e trace=connect \
		-e inject=connect:error=EPIPE \
		tcpu connect 127.0.0.1 "$port" </dev/null
	assert_equal "$status" 8
	assert_output "tcpu: connect 127.0.0.1:$port: Broken pipe"
}

# ---- Until a process ends ----

@test "--retry --until-exit is 1 when that process ends, and when it has" {
	start_background other tail -f /dev/null
	other=${started[-1]}
	start_background client netns timeout -k1 60 tcpu connect --retry -v \
		--until-exit "$other" 127.0.0.1 4242
	client=${started[-1]}
	wait_for_line client.err 'tcpu: .* Connection refused'
	kill "$other"
	assert_exit 1 "$client"
	assert_equal "$(tail -n 1 client.err)" \
		"tcpu: connect 127.0.0.1:4242: process $other has ended"
	assert_exit 143 "$other"
	run netns timeout -k1 60 tcpu connect --retry --until-exit "$other" \
		127.0.0.1 4242
	assert_equal "$status" 1
	assert_output "tcpu: connect 127.0.0.1:4242: process $other has ended"
}

@test "--until-exit ends an attempt that hangs" {
	start_background other tail -f /dev/null
	other=${started[-1]}
	start_server --black-hole --local 0 </dev/null
	start_background client traced -f -qq -o trace -e trace=connect \
		tcpu connect --retry --until-exit "$other" 127.0.0.1 "$port"
	wait_until grep -q EINPROGRESS trace
	kill "$other"
	assert_exit 1 "${started[-1]}"
}

@test "--until-exit ends the look-up of the host" {
	start_background other tail -f /dev/null
	other=${started[-1]}
	start_background client timeout 60 "$BUILD/tests/prog_sandbox" \
		tcpu connect --retry --until-exit "$other" silent.test 80
	kill "$other"
	assert_exit 1 "${started[-1]}"
	assert_content client.err \
		"tcpu: connect silent.test:80: process $other has ended\n"
}

@test "--until-exit does not end the session" {
	mkfifo in
	start_background other tail -f /dev/null
	other=${started[-1]}
	start_listener peer "$talk" 0 slurp
	start_background client tcpu connect -t 60 --retry --until-exit "$other" \
		127.0.0.1 "$port" < <(exec cat in 3>&-)
	client=${started[-1]}
	exec {say}>in
	echo first >&"$say"
	wait_for_line peer.out first
	kill "$other"
	assert_exit 143 "$other"
	echo second >&"$say"
	wait_for_line peer.out second
	exec {say}>&-
	assert_exit 0 "$client"
}

@test "--until-exit without --retry is 2" {
	run timeout -k1 60 tcpu connect --until-exit 1 127.0.0.1 4242
	assert_equal "$status" 2
	assert_output 'tcpu: connect: --until-exit needs --retry'
}

@test "--retry does not take what was refused for the only try" {
	began=${EPOCHREALTIME/./}
	ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS-} run -124 netns \
		timeout -k1 60 strace -o trace -e trace=connect \
		tcpu connect --retry=3 127.0.0.1 4242
	assert_output 'tcpu: connect 127.0.0.1:4242: timed out after 3s'
	# The pauses grow from 20 ms to 500 ms: more than 4 tries, and fewer
	# than 20.
	tries=$(grep -c 'htons(4242)' trace)
	assert [ "$tries" -gt 4 ]
	assert [ "$tries" -lt 20 ]
}

@test "--verbose tells of the first failure and of the last one only" {
	first="tcpu: connect 192.0.2.1:4242: 192.0.2.1:4242: ${text[ENETUNREACH]}"
	netns timeout -k1 60 bash -c '
		tcpu connect -v --retry=50 192.0.2.1 4242 </dev/null 2>err &
		client=$!
		timeout 60 grep -q -m1 unreachable < <(
			exec tail -n +1 -s 0.1 --pid=$$ -F err 2>/dev/null)
		ip addr add 192.0.2.1/24 dev lo
		# The kernel counts the resets by which it refuses connections.
		until awk "/^Tcp: [0-9]/ { exit !\$15 }" /proc/net/snmp; do :; done
		tcpu listen --background -k --until-exit $$ 4242 -- true
		wait $client' 3>&-
	assert_equal "$(<err)" "$first
tcpu: connect 192.0.2.1:4242: 192.0.2.1:4242: Connection refused
tcpu: connect 192.0.2.1:4242: connected to 192.0.2.1:4242"
	run -124 timeout -k1 60 tcpu connect -v --retry=300ms 'no name' 5432
	echo "$output" >err
	assert_equal "$(grep -c 'Name or service not known$' err)" 2
	assert_equal "$(tail -n 1 err)" \
		'tcpu: connect no name:5432: timed out after 300ms'
}

# ---- Messages ----

@test "--probe connects, closes and tells by its status" {
	start_listener peer "$talk" 0 slurp
	run timeout -k1 60 tcpu connect --probe 127.0.0.1 "$port" <<<data
	assert_success
	assert_output ''
	assert_exit 0 "$peer"
	assert_content peer.out 'EOF\n'
	run timeout -k1 60 tcpu connect -qz 127.0.0.1 "$port"
	assert_equal "$status" 4
	assert_output ''
}

@test "--print tells both ends on stderr" {
	start_listener peer "$talk" 0 'send=data\n' slurp
	run --separate-stderr timeout -k1 60 tcpu connect --print=addresses \
		127.0.0.1 "$port" </dev/null
	assert_output data
	assert_regex "$stderr" "^127.0.0.1 [0-9]+ 127.0.0.1 $port\$"
	start_listener peer "$talk" 0 slurp
	run --separate-stderr timeout -k1 60 tcpu connect --print=sh \
		127.0.0.1 "$port" </dev/null
	eval "$stderr"
	assert_equal "$TCPU_LOCALIP $TCPU_REMOTEIP $TCPU_REMOTEPORT" \
		"127.0.0.1 127.0.0.1 $port"
	assert_regex "$TCPU_LOCALPORT" '^[0-9]+$'
}

@test "--ready-fd tells them there, and is closed then" {
	mkfifo in ready
	start_listener peer "$talk" 0 slurp
	tcpu connect --ready-fd 9 127.0.0.1 "$port" <in >client.out 9>ready \
		3>&- &
	client=$!
	started+=("$client")
	exec {say}>in
	assert_regex "$(timeout 60 cat ready)" "^127.0.0.1 [0-9]+ 127.0.0.1 $port\$"
	exec {say}>&-
	assert_exit 0 "$client"
	assert_content client.out ''
}

@test "a message is no part of the data when --ready-fd was stderr" {
	mkfifo in ready
	start_listener peer "$talk" 0 slurp
	tcpu connect --ready-fd 2 -t 60 127.0.0.1 "$port" <in >client.out \
		2>ready 3>&- &
	client=$!
	started+=("$client")
	exec {say}>in
	assert_regex "$(timeout 60 cat ready)" "^127.0.0.1 .* $port\$"
	wait_until test "/proc/$client/fd/2" -ef /dev/null
	exec {say}>&-
	assert_exit 0 "$client"
}

@test "a --ready-fd that is closed is 9 before anything is connected" {
	run traced -f -qq -e trace=connect -o trace \
		tcpu connect --ready-fd 9 127.0.0.1 4242 9>&-
	assert_equal "$status" 9
	assert_output 'tcpu: --ready-fd 9: Bad file descriptor'
	run ! grep AF_INET trace
}

@test "keepalive and no delay are on, and may be set, as a user time-out" {
	start_listener peer "$talk" 0 slurp
	traced -f -qq -e trace=setsockopt -o trace \
		tcpu connect 127.0.0.1 "$port" </dev/null
	grep 'TCP_NODELAY, \[1\]' trace
	grep 'SO_KEEPALIVE, \[1\]' trace
	grep 'TCP_KEEPIDLE, \[60\]' trace
	run ! grep TCP_USER_TIMEOUT trace
	start_listener peer "$talk" 0 slurp
	traced -f -qq -e trace=setsockopt -o trace tcpu connect --nodelay=no \
		--keepalive=10 --user-timeout=3 127.0.0.1 "$port" </dev/null
	grep 'TCP_NODELAY, \[0\]' trace
	grep 'TCP_KEEPIDLE, \[6\]' trace
	grep 'TCP_KEEPINTVL, \[1\]' trace
	grep 'TCP_KEEPCNT, \[4\]' trace
	grep 'TCP_USER_TIMEOUT, \[3000\]' trace
	start_listener peer "$talk" 0 slurp
	traced -f -qq -e trace=setsockopt -o trace tcpu connect --keepalive=no \
		--user-timeout=no 127.0.0.1 "$port" </dev/null
	grep 'SO_KEEPALIVE, \[0\]' trace
	grep 'TCP_USER_TIMEOUT, \[0\]' trace
}
