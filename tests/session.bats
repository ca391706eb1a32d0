# SPDX-License-Identifier: ISC
#
# A session: how bytes flow, when it ends, and how it says so.

load helper

talk=$BATS_TEST_DIRNAME/peers/talk.pl

# peer STEP... - start a plain peer that takes one connection; sets port and
# peer, its pid.  What it prints goes to peer.out.
peer() {
	local fd
	mkfifo peer.fifo
	"$talk" 0 "$@" >peer.fifo 2>peer.err 3>&- &
	peer=$!
	started+=("$peer")
	exec {fd}<peer.fifo
	rm peer.fifo
	read -r port <&"$fd"
	cat <&"$fd" >peer.out 3>&- &
	drains[$peer]=$!
	exec {fd}<&-
}

# client INPUT [ARG]... - start tcpu connect to the peer with stdin from INPUT,
# which may be a FIFO, stdout to client.out, stderr to client.err.  Sets client.
client() {
	tcpu connect "${@:2}" 127.0.0.1 "$port" \
		<"$1" >client.out 2>client.err 3>&- &
	client=$!
	started+=("$client")
}

# connects [ARG]... - run tcpu connect to the peer with our stdin; its status
# is in status, its messages are in stderr.
connects() {
	run --separate-stderr timeout -k1 20 \
		tcpu connect "$@" 127.0.0.1 "$port"
}

# says TEXT - the only message; %s is the peer's name.
says() {
	# shellcheck disable=SC2059 # a format is meant
	assert_equal "$stderr" "$(printf "tcpu: $1" "127.0.0.1:$port")"
}

# until_said FILE TEXT - wait until a line of FILE is TEXT.
until_said() {
	timeout 20 bash -c 'grep -q -m1 -x "$2" < <(
		exec tail -n +1 -s 0.1 --pid="$$" -F "$1" 2>/dev/null)' \
		bash "$1" "$2" 3>&-
}

# ---- When it ends ----

@test "the end of stdin is an end of file to the peer, and the answer comes" {
	peer slurp 'send=answer\n'
	connects <<<question
	assert_success
	assert_output answer
	ends 0 "$peer"
	holds peer.out 'question\nEOF\n'
}

@test "the peer's end of file closes stdout, and stdin is still sent" {
	mkfifo in out
	peer 'send=first\n' shut slurp
	client in
	exec {say}>in
	until_said client.out first
	echo second >&"$say"
	exec {say}>&-
	ends 0 "$client"
	ends 0 "$peer"
	holds peer.out 'second\nEOF\n'
}

@test "stdout is closed when the peer is done, before the session ends" {
	mkfifo in out
	peer 'send=all\n' shut slurp
	tcpu connect 127.0.0.1 "$port" <in >out 3>&- &
	client=$!
	started+=("$client")
	exec {say}>in
	assert_equal "$(timeout 10 cat out)" all
	exec {say}>&-
	ends 0 "$client"
}

@test "a mebibyte goes each way at once" {
	head -c 1048576 /dev/urandom >here
	head -c 1048576 /dev/urandom >there
	serve --local 0 <there
	timeout -k1 20 tcpu connect localhost "$port" <here >got
	ends 0 "$server"
	cmp here server.out
	cmp there got
}

@test "the status is 0 only once everything is acknowledged" {
	mkfifo go
	head -c 10000000 /dev/zero >data
	peer 'send=one\n' shut hear=go reset
	client data
	until_said client.out one
	echo >go
	ends 8 "$client"
	ends 0 "$peer"
	assert_equal "$(wc -l <client.err)" 1
}

# ---- When it fails ----

@test "a reset is 8, with the bytes of each direction" {
	mkfifo in
	peer 'send=four\n' read=3 say=took hear=go reset
	mkfifo go
	client in
	exec {say}>in
	printf 'abc' >&"$say"
	until_said client.out four
	echo >go
	ends 8 "$client"
	exec {say}>&-
	holds client.out 'four\n'
	assert_equal "$(<client.err)" "tcpu: 127.0.0.1:$port: \
Connection reset by peer (5 bytes received, 3 sent)"
}

@test "what arrived before a reset is printed" {
	mkfifo go in
	peer 'send=one\n' flood=300000 hear=go reset
	client in
	exec {say}>in
	until_said client.out one
	echo >go
	ends 8 "$client"
	exec {say}>&-
	assert_equal "$(wc -c <client.out)" 300004
	assert_regex "$(<client.err)" 'reset by peer \(300004 bytes received, 0 s'
}

@test "a peer that goes while we send is 8, and what it sent is printed" {
	peer 'send=bye\n' read=1
	run --separate-stderr timeout -k1 20 bash -c '
		yes | tcpu connect 127.0.0.1 "$1"; exit "${PIPESTATUS[1]}"' \
		bash "$port"
	assert_equal "$status" 8
	assert_output bye
	assert_equal "${#stderr_lines[@]}" 1
	assert_regex "$stderr" "^tcpu: 127.0.0.1:$port: .* \(4 bytes received, "
}

@test "a sender that is killed does not look finished" {
	mkfifo in
	peer read=4 slurp
	client in
	exec {say}>in
	echo abc >&"$say"
	until_said peer.out abc
	kill -KILL "$client"
	ends 0 "$peer"
	holds peer.out 'abc\nECONNRESET\n'
}

@test "nor does a listener that is killed" {
	mkfifo in
	serve --local 0 < <(exec cat in 3>&-)
	background client "$talk" "$port" read=4 slurp
	client=$!
	exec {say}>in
	echo abc >&"$say"
	until_said client.out abc
	kill -KILL "$server"
	ends 0 "$client"
	holds client.out 'abc\nECONNRESET\n'
}

@test "a full disk is 9, and a reset to the peer" {
	mkfifo in
	peer flood=100000 slurp
	ln -s /dev/full client.out
	client in
	exec {say}>in
	ends 9 "$client"
	ends 0 "$peer"
	assert_equal "$(<client.err)" 'tcpu: stdout: No space left on device'
	holds peer.out 'ECONNRESET\n'
}

@test "so is one that gets full" {
	peer flood=1000000
	run --separate-stderr timeout -k1 20 unshare --map-root-user --mount \
		sh -c 'mount -t tmpfs -o size=64k none /mnt &&
			tcpu connect 127.0.0.1 "$1" </dev/null >/mnt/file' \
		sh "$port"
	assert_equal "$status" 9
	says 'stdout: No space left on device'
}

@test "a stdin that cannot be read is 9" {
	peer slurp
	connects <.
	assert_equal "$status" 9
	says 'stdin: Is a directory'
	ends 0 "$peer"
	holds peer.out 'ECONNRESET\n'
}

@test "a broken pipe at stdout is silent where SIGPIPE has its way" {
	peer flood=10000000
	run --separate-stderr timeout -k1 20 bash -c '
		tcpu connect 127.0.0.1 "$1" </dev/null | true
		exit "${PIPESTATUS[0]}"' bash "$port"
	assert_equal "$status" 141
	assert_equal "$stderr" ''
}

@test "a broken pipe at stdout is 9 where SIGPIPE is ignored" {
	peer flood=10000000
	run --separate-stderr timeout -k1 20 bash -c '
		trap "" PIPE
		tcpu connect 127.0.0.1 "$1" </dev/null | true
		exit "${PIPESTATUS[0]}"' bash "$port"
	assert_equal "$status" 9
	says 'stdout: Broken pipe'
}

@test "a signal ends the session, and tcpu by that signal" {
	local signal
	mkfifo in
	# A background job of a shell without job control ignores SIGINT.
	set -m
	for signal in HUP:1 INT:2 TERM:15; do
		peer read=4 slurp
		client in
		exec {say}>in
		echo abc >&"$say"
		until_said peer.out abc
		kill "-${signal%:*}" "$client"
		ends $((128 + ${signal#*:})) "$client"
		exec {say}>&-
		ends 0 "$peer"
		holds peer.out 'abc\nECONNRESET\n'
		holds client.err ''
	done
}

@test "tcpu really dies of the signal" {
	run timeout -k1 20 perl -e '
		my $pid = fork // die;
		if (!$pid) { exec qw(tcpu listen --local 0) or die }
		kill "TERM", $pid while waitpid($pid, 1) == 0;
		print $? & 127, "\n"'
	assert_output 15
}

@test "a signal that was ignored at the start is ignored" {
	mkfifo in
	peer read=4 slurp
	trap '' TERM HUP INT
	client in
	trap - TERM HUP INT
	exec {say}>in
	echo abc >&"$say"
	until_said peer.out abc
	kill -TERM "$client"
	kill -HUP "$client"
	kill -INT "$client"
	echo def >&"$say"
	exec {say}>&-
	ends 0 "$client"
	ends 0 "$peer"
	holds peer.out 'abc\ndef\nEOF\n'
}
