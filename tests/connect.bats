# SPDX-License-Identifier: ISC
#
# tcpu connect without a COMMAND: whom it reaches, how it fails, what it tells.

load helper

talk=$BATS_TEST_DIRNAME/peers/talk.pl

# fails STATUS MESSAGE ARG... - tcpu connect has this status and says this.
fails() {
	run --separate-stderr timeout -k1 20 tcpu connect "${@:3}" </dev/null
	assert_equal "$status" "$1"
	assert_equal "$output" ''
	assert_equal "$stderr" "tcpu: connect $2"
}

# elapsed - milliseconds since the test began its work, as SECONDS has no parts.
elapsed() {
	echo $(((${EPOCHREALTIME/./} - began) / 1000))
}

# ---- Whom it reaches ----

@test "HOST PORT and HOST:PORT, by name, IPv4 and IPv6" {
	serve --keep-open --count 7 --local 0 </dev/null
	for words in "localhost $port" "localhost:$port" "127.0.0.1 $port" \
		"127.0.0.1:$port" "::1 $port" "[::1] $port" "[::1]:$port"; do
		# shellcheck disable=SC2086 # words are meant
		run timeout -k1 10 tcpu connect --probe $words
		assert_success
		assert_output ''
	done
	ends 0 "$server"
}

@test "of a name's addresses, the one that listens" {
	with_hosts '127.0.0.1 multi\n127.0.0.2 multi\n127.0.0.3 multi\n' \
		timeout -k1 20 bash -c '
		exec {said}< <(exec tcpu listen -1 127.0.0.3 4242 \
			<<<hello 3>&-)
		read -r port <&"$said"
		tcpu connect multi 4242 </dev/null' >out 3>&-
	holds out 'hello\n'
}

@test "localhost is found on either family" {
	for family in 127.0.0.1 ::1; do
		with_hosts '127.0.0.1 localhost\n::1 localhost\n' \
			timeout -k1 20 bash -c '
			exec {said}< <(exec tcpu listen -1 "$1" 4242 \
				<<<hello 3>&-)
			read -r port <&"$said"
			tcpu connect localhost 4242 </dev/null' \
			bash "$family" >out 3>&-
		holds out 'hello\n'
	done
}

@test "an address that does not answer delays the next by little" {
	with_hosts '192.0.2.1 multi\n127.0.0.1 multi\n' \
		timeout -k1 20 bash -c '
		ip link add there type dummy && ip link set there up &&
		ip addr add 192.0.2.9/24 dev there
		exec {said}< <(exec tcpu listen -1 127.0.0.1 4242 \
			<<<hello 3>&-)
		read -r port <&"$said"
		tcpu connect -w 2 multi 4242 </dev/null' >out 3>&-
	holds out 'hello\n'
}

@test "-4 and -6 try one family" {
	serve --keep-open -4 --local 0 </dev/null
	run timeout -k1 10 tcpu connect -z -4 localhost "$port"
	assert_success
	run timeout -k1 10 tcpu connect -z -6 localhost "$port"
	assert [ "$status" -eq 4 -o "$status" -eq 3 ]
}

@test "--source is the address and the port that the peer sees" {
	serve --verbose --keep-open --count 3 --local 0 </dev/null
	run timeout -k1 10 tcpu connect -z -s 127.0.0.2 127.0.0.1 "$port"
	assert_success
	run --separate-stderr timeout -k1 10 tcpu connect \
		--print=addresses --source 127.0.0.3 127.0.0.1 "$port" </dev/null
	assert_success
	read -r _ number _ <<<"$stderr"
	# That port is in TIME_WAIT now, so another address has it free.
	run timeout -k1 10 tcpu connect -z -s "127.0.0.4:$number" 127.0.0.1 \
		"$port"
	assert_success
	ends 0 "$server"
	assert_regex "$(<server.err)" 'from 127.0.0.2:[0-9]+'
	assert_regex "$(<server.err)" "from 127.0.0.4:$number"
}

@test "a source that is in use, or not ours, is 5" {
	serve --keep-open --local 0 </dev/null
	fails 5 "127.0.0.1:$port: Address already in use" \
		--source "127.0.0.1:$port" 127.0.0.1 "$port"
	fails 5 "127.0.0.1:$port: Cannot assign requested address" \
		--source 192.0.2.1 127.0.0.1 "$port"
}

# ---- How it fails ----

@test "refused is 4" {
	run --separate-stderr netns timeout -k1 10 tcpu connect localhost:4242
	assert_equal "$status" 4
	assert_equal "$stderr" 'tcpu: connect localhost:4242: Connection refused'
}

@test "an address without a way to it is 5" {
	run --separate-stderr netns timeout -k1 10 tcpu connect 192.0.2.1 4242
	assert_equal "$status" 5
	assert_equal "$stderr" \
		'tcpu: connect 192.0.2.1:4242: Network is unreachable'
}

@test "a prohibited way is 5" {
	run --separate-stderr netns bash -c '
		ip route add prohibit 192.0.2.1 &&
		exec timeout -k1 10 tcpu connect 192.0.2.1 4242'
	assert_equal "$status" 5
	assert_regex "$stderr" '^tcpu: connect 192.0.2.1:4242: '
}

@test "--connect-timeout is 124" {
	serve --black-hole --local 0 </dev/null
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
	listening peer "$talk" 0 hear=go 'send=late\n'
	background client tcpu connect -w 1 127.0.0.1 "$port" \
		< <(exec cat in 3>&-)
	client=${started[-1]}
	exec {say}>in
	run timeout -k1 10 tcpu listen --timeout 1.2 --local 0
	echo >go
	exec {say}>&-
	ends 0 "$client"
	holds client.out 'late\n'
}

@test "the look-up counts" {
	# A name server that says nothing.
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
		timeout -k1 10 tcpu connect -w 300ms db.example 5432
		status=$?
		kill "$perl"
		exit "$status"'
	assert_equal "$status" 124
	assert_equal "$stderr" \
		'tcpu: connect db.example:5432: timed out after 300ms'
}

@test "no descriptors left is 125" {
	run timeout -k1 10 bash -c \
		'ulimit -n 6; exec tcpu connect 127.0.0.1 4242'
	assert_equal "$status" 125
	assert_regex "$output" '^tcpu: .*Too many open files$'
}

@test "a signal while it connects is that signal" {
	serve --local 0 </dev/null
	kill "$server"
	ends 143 "$server"
	background client tcpu connect -v --retry 127.0.0.1 "$port" </dev/null
	client=${started[-1]}
	until_said client.err 'tcpu: .* Connection refused'
	kill -TERM "$client"
	ends 143 "$client"
	run ! grep -v refused client.err
}

@test "--verbose tells of each address" {
	run --separate-stderr with_hosts \
		'127.0.0.1 multi\n127.0.0.2 multi\n' \
		timeout -k1 10 tcpu connect --verbose multi 4242
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

# ---- Again ----

@test "--retry finds a server that is started at the same time" {
	netns timeout -k1 50 bash -c '
		for i in $(seq 20); do
			tcpu connect --retry=5 127.0.0.1 4242 <<<"$i" >answer &
			client=$!
			tcpu listen 4242 <<<hello || exit
			wait "$client" || exit
			[ "$(<answer)" = hello ] || exit
		done' >out 3>&-
	seq 20 | cmp - out
}

@test "--retry=TIME is 124 when nobody ever listens" {
	netns timeout -k1 20 bash -c '
		tcpu connect --retry=300ms 127.0.0.1 4242; echo $?' \
		>out 2>err 3>&-
	holds out '124\n'
	assert_equal "$(<err)" \
		'tcpu: connect 127.0.0.1:4242: timed out after 300ms'
}

@test "--retry without a time goes on until the time of the run is over" {
	run netns timeout -k1 20 tcpu connect --retry -t 300ms 127.0.0.1 4242
	assert_equal "$status" 124
	assert_output 'tcpu: connect 127.0.0.1:4242: timed out after 300ms'
}

@test "--retry bounds an attempt that hangs, too" {
	serve --black-hole --local 0 </dev/null
	fails 124 "127.0.0.1:$port: timed out after 300ms" \
		--retry=300ms 127.0.0.1 "$port"
	fails 124 "127.0.0.1:$port: timed out after 200ms" \
		--retry=300ms -w 200ms 127.0.0.1 "$port"
}

@test "--retry is for refusals alone" {
	run --separate-stderr netns timeout -k1 10 \
		tcpu connect --retry=20 192.0.2.1 4242
	assert_equal "$status" 5
	run --separate-stderr netns timeout -k1 10 \
		tcpu connect --retry=20 nosuch.invalid 4242
	assert_equal "$status" 3
}

@test "--retry does not take what was refused for the only try" {
	began=${EPOCHREALTIME/./}
	run --separate-stderr netns timeout -k1 20 \
		tcpu connect -v --retry=1 127.0.0.1 4242
	assert_equal "$status" 124
	# 20 ms, growing to 500 ms: more than 4 tries, fewer than 20.
	assert [ "${#stderr_lines[@]}" -gt 5 ]
	assert [ "${#stderr_lines[@]}" -lt 20 ]
	assert [ "$(elapsed)" -lt 5000 ]
}

# ---- What it tells ----

@test "--probe connects, closes and tells by its status" {
	listening peer "$talk" 0 slurp
	run timeout -k1 10 tcpu connect --probe 127.0.0.1 "$port" <<<data
	assert_success
	assert_output ''
	ends 0 "$peer"
	holds peer.out 'EOF\n'
	run timeout -k1 10 tcpu connect -qz 127.0.0.1 "$port"
	assert_equal "$status" 4
	assert_output ''
}

@test "--print tells both ends on stderr" {
	listening peer "$talk" 0 'send=data\n' slurp
	run --separate-stderr timeout -k1 10 tcpu connect --print=addresses \
		127.0.0.1 "$port" </dev/null
	assert_output data
	assert_regex "$stderr" "^127.0.0.1 [0-9]+ 127.0.0.1 $port\$"
	listening peer "$talk" 0 slurp
	run --separate-stderr timeout -k1 10 tcpu connect --print=sh \
		127.0.0.1 "$port" </dev/null
	eval "$stderr"
	assert_equal "$TCPU_LOCALIP $TCPU_REMOTEIP $TCPU_REMOTEPORT" \
		"127.0.0.1 127.0.0.1 $port"
	assert_regex "$TCPU_LOCALPORT" '^[0-9]+$'
}

@test "--ready-fd tells them there, and is closed then" {
	mkfifo in ready
	listening peer "$talk" 0 slurp
	tcpu connect --ready-fd 9 127.0.0.1 "$port" <in >client.out 9>ready \
		3>&- &
	client=$!
	started+=("$client")
	exec {say}>in
	assert_regex "$(timeout 10 cat ready)" "^127.0.0.1 [0-9]+ 127.0.0.1 $port\$"
	exec {say}>&-
	ends 0 "$client"
	holds client.out ''
}

@test "a message is no part of the data when --ready-fd was stderr" {
	mkfifo in ready
	listening peer "$talk" 0 slurp
	tcpu connect --ready-fd 2 -t 20 127.0.0.1 "$port" <in >client.out \
		2>ready 3>&- &
	client=$!
	started+=("$client")
	exec {say}>in
	assert_regex "$(timeout 10 cat ready)" "^127.0.0.1 .* $port\$"
	soon test "/proc/$client/fd/2" -ef /dev/null
	exec {say}>&-
	ends 0 "$client"
}

@test "a --ready-fd that is closed is 9 before anything is connected" {
	run traced -f -qq -e trace=connect -o trace \
		tcpu connect --ready-fd 9 127.0.0.1 4242 9>&-
	assert_equal "$status" 9
	assert_output 'tcpu: --ready-fd 9: Bad file descriptor'
	run ! grep AF_INET trace
}

@test "keepalive and no delay are on, and may be set, as a user time-out" {
	listening peer "$talk" 0 slurp
	traced -f -qq -e trace=setsockopt -o trace \
		tcpu connect 127.0.0.1 "$port" </dev/null
	grep 'TCP_NODELAY, \[1\]' trace
	grep 'SO_KEEPALIVE, \[1\]' trace
	grep 'TCP_KEEPIDLE, \[60\]' trace
	run ! grep TCP_USER_TIMEOUT trace
	listening peer "$talk" 0 slurp
	traced -f -qq -e trace=setsockopt -o trace tcpu connect --nodelay=no \
		--keepalive=10 --user-timeout=3 127.0.0.1 "$port" </dev/null
	grep 'TCP_NODELAY, \[0\]' trace
	grep 'TCP_KEEPIDLE, \[5\]' trace
	grep 'TCP_USER_TIMEOUT, \[3000\]' trace
	listening peer "$talk" 0 slurp
	traced -f -qq -e trace=setsockopt -o trace tcpu connect --keepalive=no \
		--user-timeout=no 127.0.0.1 "$port" </dev/null
	grep 'SO_KEEPALIVE, \[0\]' trace
	grep 'TCP_USER_TIMEOUT, \[0\]' trace
}
