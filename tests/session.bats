# SPDX-License-Identifier: ISC
#
# A session: how data flows, when the session ends, and how tcpu reports its
# end.

load helper
load session

# ---- When it ends ----

@test "the end of stdin is an end of file to the peer, and the answer comes" {
	peer slurp 'send=answer\n'
	connects <<<question
	assert_success
	assert_output answer
	assert_exit 0 "$peer"
	assert_content peer.out 'question\nEOF\n'
}

@test "the peer's end of file closes stdout, and stdin is still sent" {
	peer 'send=first\n' shut slurp
	start_talking_client
	wait_for_line client.out first
	echo second >&"$say"
	exec {say}>&-
	assert_exit 0 "$client"
	assert_exit 0 "$peer"
	assert_content peer.out 'second\nEOF\n'
}

@test "stdout is closed when the peer is done, before the session ends" {
	mkfifo in out
	peer 'send=all\n' shut slurp
	tcpu connect "${target[@]}" <in >out 3>&- &
	client=$!
	started+=("$client")
	exec {say}>in
	assert_equal "$(timeout 60 cat out)" all
	exec {say}>&-
	assert_exit 0 "$client"
}

@test "a mebibyte goes each way at once" {
	head -c 1048576 /dev/urandom >here
	head -c 1048576 /dev/urandom >there
	start_server "${here[@]}" <there
	timeout -k1 60 tcpu connect "${target[@]}" <here >got
	assert_exit 0 "$server"
	cmp here server.out
	cmp there got
}

@test "the status is 0 only once everything is acknowledged" {
	mkfifo go
	head -c 10000000 /dev/zero >data
	peer 'send=one\n' shut hear=go reset
	client data
	wait_for_line client.out one
	echo >go
	assert_exit 8 "$client"
	assert_exit 0 "$peer"
	assert_equal "$(wc -l <client.err)" 1
}

@test "nor is it 0 where the peer is lost, after its own end of file" {
	tcp_only || return 0
	mkfifo in
	peer shut read=4 reset
	client in
	exec {say}>in
	echo abc >&"$say"
	assert_exit 0 "$peer"
	exec {say}>&-
	assert_exit 8 "$client"
}

@test "--end=quiet ends once the peer has been silent for that time" {
	local option
	mkfifo never
	for option in --end=quiet --end=quiet:200ms; do
		peer 'send=answer\n' hear=never
		start_talking_client "$option"
		echo question >&"$say"
		wait_for_line client.out answer
		exec {say}>&-
		assert_exit 0 "$client"
		echo >never
		assert_exit 0 "$peer"
	done
}

@test "--end=quiet ends at once when the peer is done" {
	peer slurp 'send=answer\n'
	connects --end=quiet:60s <<<question
	assert_success
	assert_output answer
}

@test "--end=quiet waits for its input, however silent the peer is" {
	peer read=4 'send=answer\n' slurp
	start_talking_client --end=quiet:10ms
	# This run of tcpu serves as a pause of 200 ms.
	run -124 timeout -k1 60 tcpu listen -q --timeout=200ms --local 0
	echo abc >&"$say"
	wait_for_line client.out answer
	exec {say}>&-
	assert_exit 0 "$client"
	assert_exit 0 "$peer"
	assert_content peer.out 'abc\nEOF\n'
}

# unacknowledged END - check that the session is status 8 if the peer leaves before
# the input has arrived.
unacknowledged() {
	mkfifo go
	head -c 10000000 /dev/zero >data
	peer 'send=one\n' hear=go reset
	client data --end="$1"
	wait_for_line client.out one
	echo >go
	assert_exit 8 "$client"
}

@test "--end=quiet is 8 if the input is not acknowledged" {
	unacknowledged quiet:10ms
}

@test "--end=quiet counts from when the peer's system has the input" {
	mkfifo go
	head -c 300000 /dev/zero >data
	peer hear=go read=300000 'send=answer\n' slurp
	client data --end=quiet:1s
	run -124 timeout -k1 60 tcpu listen -q --timeout=1500ms --local 0
	echo >go
	assert_exit 0 "$client"
	assert_content client.out 'answer\n'
}

# pausing COMMAND [ARG]... - run the command with a stdout whose reader pauses
# first.  The number of bytes it reads goes to read.out, and a nonzero status to
# read.err.
pausing() {
	{ "$@" 3>&- || echo "status $?" >read.err; } | {
		timeout -k1 60 tcpu listen -q --timeout="$pause" --local 0 || true
		wc -c >read.out
	}
}

@test "to --end=quiet, a reader of stdout that pauses is no silent peer" {
	local pause=1500ms
	peer flood=9000000 slurp
	pausing timeout -k1 60 tcpu connect --end=quiet:1s "${target[@]}" \
		<<<question
	assert_not_exist read.err
	assert_equal "$(cat read.out)" 9000000
}

# without_input ARG STEP... - start tcpu listen ARG with an empty stdin, and a
# peer that sends a line and then takes the steps.  Sets server and peer to
# their pids.
without_input() {
	start_server "$1" "${here[@]}" </dev/null
	start_background peer "$talk" "$port" 'send=first\n' "${@:2}"
	peer=${started[-1]}
}

@test "a listener without input sends no end of file before its client does" {
	mkfifo go
	local option
	for option in --end=both --end=peer; do
		without_input "$option" hear=go 'send=second\n' shut slurp
		wait_for_line server.out first
		if tcp_only; then
			# The client's socket would be in state CLOSE-WAIT.
			run ss -Htn state close-wait "( dport = :$port )"
			assert_output ''
		fi
		echo >go
		assert_exit 0 "$server"
		assert_exit 0 "$peer"
		assert_content server.out 'first\nsecond\n'
		assert_content peer.out 'EOF\n'
	done
}

@test "nor does it in the later sessions of --keep-open" {
	start_server -k --count 2 "${here[@]}" </dev/null
	for text in 1 2; do
		run timeout -k1 60 "$talk" "$port" "send=$text\\n" shut slurp
		assert_output EOF
	done
	assert_exit 0 "$server"
	assert_content server.out '1\n2\n'
}

@test "a reader of its stdout that pauses does not make it send one" {
	local pause=5500ms
	mkfifo ports
	tcp_only || return 0 # the client of this test can only use TCP
	pausing timeout -k1 60 tcpu listen --ready-fd 7 --local 0 \
		</dev/null 7>ports 3>&- &
	started+=("$!")
	read -r port <ports
	# This client leaves when it sees an end of file, as many clients do.
	run timeout -k1 60 perl -MIO::Socket::INET -MIO::Select -e '
		my $s = IO::Socket::INET->new("127.0.0.1:$ARGV[0]") or die;
		my ($left, $select) = (20_000_000, IO::Select->new($s));
		while ($left > 0 && !$select->can_read(0)) {
			$select->can_write(0.1) or next;
			my $n = $s->syswrite("x" x 65536, $left > 65536 ? 65536 : $left);
			$left -= $n;
		}
		print $left' "$port"
	assert_output 0
	assert_exit 0 "${started[-1]}"
	assert_equal "$(cat read.out)" 20000000
}

@test "a client that waits for the listener's end of file gets it in the end" {
	without_input --end=both slurp
	assert_exit 0 "$server"
	assert_content peer.out 'EOF\n'
}

@test "with --end=input or --abandon a listener without input does not wait" {
	without_input --end=input slurp
	assert_exit 0 "$server"
	without_input --abandon shut slurp
	assert_exit 0 "$server"
	assert_exit 0 "$peer"
	assert_content peer.out 'EOF\n'
}

@test "a listener with input sends its end of file after it" {
	start_server "${here[@]}" <<<answer
	start_background peer "$talk" "$port" slurp
	peer=${started[-1]}
	assert_exit 0 "$server"
	assert_exit 0 "$peer"
	assert_content peer.out 'answer\nEOF\n'
}

# ---- A peer that has left ----

@test "an input that stays silent does not hold a session whose peer left" {
	local side
	for side in connect listen; do
		if [ "$side" = connect ]; then
			peer 'send=all\n' read=4
			start_talking_client
			echo abc >&"$say"
		else
			[ -e in ] || mkfifo in
			start_server "${here[@]}" <>in
			client=$server
			start_background peer "$talk" "$port" 'send=all\n'
		fi
		assert_exit 0 "$client"
	done
	assert_content client.out 'all\n'
	assert_content client.err ''
	assert_content server.out 'all\n'
}

@test "nor over IPv6, mapped addresses, or where the peer leaves later" {
	local host
	tcp_only || return 0
	for host in ::1 127.0.0.1; do
		start_server -k "${here[@]}" -- true
		mkfifo in.$host
		timeout -k1 60 tcpu connect "$host" "$port" <>in.$host
	done
	mkfifo go
	peer shut hear=go
	start_talking_client
	echo >go
	assert_exit 0 "$client"
}

@test "a peer that is half closed has not left" {
	peer 'send=all\n' shut slurp
	start_talking_client
	wait_for_line client.out all
	# Meanwhile tcpu checks several times whether the peer has left.
	run -124 timeout -k1 60 tcpu listen -q --timeout=700ms --local 0
	echo abc >&"$say"
	exec {say}>&-
	assert_exit 0 "$client"
	assert_exit 0 "$peer"
	assert_content peer.out 'abc\nEOF\n'
}

@test "input that comes when the peer has left is 8, whoever is faster" {
	mkfifo go
	peer 'send=one\n' shut hear=go
	start_talking_client
	wait_for_line client.out one
	kill -STOP "$client"
	echo >go
	assert_exit 0 "$peer"
	echo abc >&"$say"
	kill -CONT "$client"
	assert_exit 8 "$client"
	assert_equal "$(wc -l <client.err)" 1
}

# far_peer STEP... - start the peer in a network namespace of its own, whose
# kernel keeps orphaned connections for one second only.  tcpu connect runs in
# the outer namespace, with an input that stays silent.
far_peer() {
	netns bash -c '
		talk=$1 in=$2; shift 2
		ip link add here type veth peer name there
		exec {new}< <(exec unshare --net sh -c "echo; exec tail -f /dev/null")
		far=$! && read -r -u "$new" && ip link set there netns "$far"
		ip addr add 192.0.2.1/24 dev here && ip link set here up
		inside() { nsenter --net=/proc/$far/ns/net "$@"; }
		inside sh -c "ip addr add 192.0.2.2/24 dev there
			ip link set there up; ip link set lo up
			echo 1 >/proc/sys/net/ipv4/tcp_fin_timeout"
		inside tcpu listen --background -k --until-exit $$ \
			--print=sh 4242 -- "$@" >/dev/null
		timeout -k1 60 tcpu connect 192.0.2.2 4242 <>"$in"
		status=$?
		kill "$far"
		exit "$status"' bash "$talk" "$@" 3>&-
}

@test "a peer of another machine that left is noticed by a probe" {
	tcp_only || return 0
	mkfifo in
	run --separate-stderr far_peer in echo all
	assert_success
	assert_output all
	assert_equal "$stderr" ''
}

# ---- Failures ----

@test "a reset is 8, with the bytes of each direction" {
	tcp_only || return 0
	peer 'send=four\n' read=3 say=took hear=go reset
	mkfifo go
	start_talking_client
	printf 'abc' >&"$say"
	wait_for_line client.out four
	echo >go
	assert_exit 8 "$client"
	exec {say}>&-
	assert_content client.out 'four\n'
	assert_equal "$(<client.err)" "tcpu: $target_name: \
Connection reset by peer (5 bytes received, 3 sent)"
}

@test "what arrived before a reset is printed" {
	tcp_only || return 0
	mkfifo go
	peer 'send=one\n' flood=50000 hear=go reset
	start_talking_client
	wait_for_line client.out one
	echo >go
	assert_exit 8 "$client"
	exec {say}>&-
	assert_equal "$(wc -c <client.out)" 50004
	assert_regex "$(<client.err)" 'reset by peer \(50004 bytes received, 0 s'
}

# reset_amid SIDE - run a session with the contents of the file data as stdin,
# and reset the connection while both directions are full.
reset_amid() {
	local sent='/ = ([0-9]+)$/ { n += $NF } END { print n + 0 }' received
	[ -e go ] || mkfifo go
	run_against "$1" flood=3000000 read=50000 hear=go reset
	echo >go
	assert_exit 8 "$session"
	assert_exit 0 "$peer"
	received=$(wc -c <session.out)
	assert_regex "$(<session.err)" "^tcpu: ($target_name|$from): \
Connection reset by peer \($received bytes received, \
$(awk "$sent" session.trace) sent\)$"
	cmp -n "$received" session.out /dev/zero
	head -c 50000 data | cmp - peer.out
}

@test "a reset amid a copy is 8, with what went and came of a file and a pipe" {
	local side
	seq 2000000 >data
	for side in connect listen; do
		reset_amid "$side" <data
		reset_amid "$side" < <(exec cat data 3>&-)
	done
}

@test "a peer that goes while we send is 8, and what it sent is printed" {
	peer 'send=bye\n' read=1
	run --separate-stderr timeout -k1 60 bash -c '
		yes | tcpu connect "$@"; exit "${PIPESTATUS[1]}"' \
		bash "${target[@]}"
	assert_equal "$status" 8
	assert_output bye
	assert_equal "${#stderr_lines[@]}" 1
	assert_regex "$stderr" "^tcpu: $target_name: .* \(4 bytes received, "
}

@test "a sender that is killed does not look finished" {
	peer read=4 slurp
	start_talking_client
	echo abc >&"$say"
	wait_for_line peer.out abc
	kill -KILL "$client"
	assert_exit 0 "$peer"
	assert_content peer.out "abc\n$reset\n"
}

@test "nor does a listener that is killed" {
	mkfifo in
	start_server "${here[@]}" < <(exec cat in 3>&-)
	start_background client "$talk" "$port" read=4 slurp
	client=$!
	exec {say}>in
	echo abc >&"$say"
	wait_for_line client.out abc
	kill -KILL "$server"
	assert_exit 0 "$client"
	assert_content client.out "abc\n$reset\n"
}

@test "a full disk is 9, and a reset to the peer" {
	mkfifo in
	peer send=x slurp
	ln -s /dev/full client.out
	start_talking_client
	assert_exit 9 "$client"
	assert_exit 0 "$peer"
	assert_equal "$(<client.err)" 'tcpu: stdout: No space left on device'
	assert_content peer.out "$reset\n"
	tcpu listen --port-file port "${here[@]}" <in >/dev/full 2>err 3>&- &
	started+=("$!")
	wait_for_line port '[0-9]*\|./s'
	start_background peer "$talk" "$(<port)" send=x slurp
	assert_exit 9 "${started[-2]}"
	assert_exit 0 "${started[-1]}"
	assert_content err 'tcpu: stdout: No space left on device\n'
	assert_content peer.out "$reset\n"
}

@test "so is one that gets full" {
	peer flood=1000000
	run --separate-stderr timeout -k1 60 "${private[@]}" --mount \
		sh -c 'mount -t tmpfs -o size=64k none /mnt &&
			tcpu connect "$@" </dev/null >/mnt/file' \
		sh "${target[@]}"
	assert_equal "$status" 9
	assert_message 'stdout: No space left on device'
}

# unreadable WHY - check that a session fails because its stdin cannot be read,
# with the reason WHY.
unreadable() {
	local side
	for side in connect listen; do
		run_against "$side" slurp
		assert_exit 9 "$session"
		assert_content session.err "tcpu: stdin: $1\n"
		assert_exit 0 "$peer"
		assert_content peer.out "$reset\n"
	done
}

@test "a stdin that cannot be read is 9" {
	unreadable 'Is a directory' <.
	unreadable 'Bad file descriptor' 0>file
}

@test "so is a terminal whose other end is closed, whichever end is stdin" {
	local closed before
	for closed in 0 1; do
		# shellcheck disable=SC2034 # used by run_against
		before=(python3 -c 'import os, pty, sys
ends = pty.openpty()
closed = int(sys.argv[1])
os.close(ends[closed])
os.dup2(ends[1 - closed], 0)
os.execvp(sys.argv[2], sys.argv[2:])' "$closed")
		unreadable "${text[EIO]}"
	done
}

@test "a broken pipe at stdout is silent where SIGPIPE has its way" {
	peer flood=10000000
	run --separate-stderr timeout -k1 60 bash -c '
		tcpu connect "$@" </dev/null | true
		exit "${PIPESTATUS[0]}"' bash "${target[@]}"
	assert_equal "$status" 141
	assert_equal "$stderr" ''
}

# silent_after TEXT - start a peer that sends the line TEXT and is then silent
# until a line is written to the FIFO go.
silent_after() {
	[ -e go ] || mkfifo go
	peer "send=$1\\n" hear=go slurp
}

@test "tcpu ends when the reader of its stdout leaves, though no byte comes" {
	for side in connect listen; do
		if [ "$side" = connect ]; then
			silent_after banner
			run timeout -k1 60 bash -c '
				tcpu connect "$@" </dev/null | head -n 1
				exit "${PIPESTATUS[0]}"' bash "${target[@]}"
		else
			mkfifo -m 600 port_fifo
			start_background peer bash -c 'read -r port <port_fifo
				exec "$0" "$port" "$@"' "$talk" \
				'send=banner\n' hear=go slurp
			run timeout -k1 60 bash -c '
				tcpu listen --ready-fd 4 "$@" \
					4>port_fifo </dev/null | head -n 1
				exit "${PIPESTATUS[0]}"' bash "${here[@]}"
		fi
		assert_equal "$status" 141
		assert_output banner
		echo >go
	done
}

@test "a reader that left before any data is an error only if data come" {
	mkfifo out
	for text in '' 'data\n'; do
		start_background talk bash -c 'read -r port <out
			exec "$0" "$port" "$@"' "$talk" ${text:+"send=$text"} shut slurp
		run timeout -k1 60 bash -c \
			'exec tcpu listen -1 "$@" </dev/null >out' bash "${here[@]}"
		[ -z "$text" ] || assert_equal "$status" 141
		[ -n "$text" ] || assert_success
		assert_output ''
	done
}

@test "a broken pipe at stdout is 9 where SIGPIPE is ignored" {
	peer flood=10000000
	run --separate-stderr timeout -k1 60 bash -c '
		trap "" PIPE
		tcpu connect "$@" </dev/null | true
		exit "${PIPESTATUS[0]}"' bash "${target[@]}"
	assert_equal "$status" 9
	assert_message 'stdout: Broken pipe'
}

@test "a signal ends the session, and tcpu by that signal" {
	local signal
	# A background job of a shell without job control ignores SIGINT.
	set -m
	for signal in HUP:1 INT:2 TERM:15; do
		peer read=4 slurp
		start_talking_client
		echo abc >&"$say"
		wait_for_line peer.out abc
		kill "-${signal%:*}" "$client"
		assert_exit $((128 + ${signal#*:})) "$client"
		exec {say}>&-
		assert_exit 0 "$peer"
		assert_content peer.out "abc\n$reset\n"
		assert_content client.err ''
	done
}

@test "a signal that was ignored at the start is ignored" {
	peer read=4 slurp
	trap '' TERM HUP INT
	start_talking_client
	trap - TERM HUP INT
	echo abc >&"$say"
	wait_for_line peer.out abc
	kill -TERM "$client"
	kill -HUP "$client"
	kill -INT "$client"
	echo def >&"$say"
	exec {say}>&-
	assert_exit 0 "$client"
	assert_exit 0 "$peer"
	assert_content peer.out 'abc\ndef\nEOF\n'
}

# ---- Kinds of stdin, stdout and stderr ----

@test "descriptors that are closed at the start do no harm" {
	local closed
	for closed in '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' \
		'<&- >&- 2>&-'; do
		peer slurp
		run timeout -k1 60 bash -c \
			"tcpu connect ${target[*]} </dev/null $closed"
		assert_success
		assert_output ''
		assert_exit 0 "$peer"
		assert_content peer.out 'EOF\n'
	done
}

@test "something to write to a closed stdout is 9" {
	local closed
	for closed in '>&-' '<&- >&-'; do
		peer send=x
		run --separate-stderr timeout -k1 60 bash -c \
			"tcpu connect ${target[*]} </dev/null $closed"
		assert_equal "$status" 9
		assert_message 'stdout: Bad file descriptor'
	done
	peer send=x
	run timeout -k1 60 bash -c \
		"tcpu connect ${target[*]} </dev/null >&- 2>&-"
	assert_equal "$status" 9
	run timeout -k1 60 bash -c 'tcpu --version >&-'
	assert_equal "$status" 9
}

@test "a closed stdin is an empty one" {
	peer slurp 'send=answer\n'
	run --separate-stderr timeout -k1 60 bash -c \
		"tcpu connect ${target[*]} <&-"
	assert_success
	assert_output answer
	assert_exit 0 "$peer"
	assert_content peer.out 'EOF\n'
}

@test "without /dev/null a closed one is 125, and nothing connects" {
	run --separate-stderr timeout -k1 60 "${private[@]}" --mount bash -c "
		mount -t tmpfs none /dev
		exec tcpu connect 127.0.0.1 1 <&-"
	assert_equal "$status" 125
	assert_message '/dev/null: No such file or directory'
}

@test "stdin may be /dev/null, a file, a pipe or a socket" {
	echo question >question
	peer slurp 'send=answer\n'
	connects </dev/null
	assert_output answer
	assert_exit 0 "$peer"
	assert_content peer.out 'EOF\n'
	peer slurp 'send=answer\n'
	connects <question
	assert_output answer
	assert_exit 0 "$peer"
	assert_content peer.out 'question\nEOF\n'
	peer slurp 'send=answer\n'
	run timeout -k1 60 bash -c \
		'cat question | tcpu connect "$@" | cat' bash "${target[@]}"
	assert_output answer
	assert_exit 0 "$peer"
	assert_content peer.out 'question\nEOF\n'
	peer slurp 'send=answer\n'
	run timeout -k1 60 perl -MSocket -e '
		socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0) or die;
		syswrite($a, "question\n");
		close $a;
		open(STDIN, "<&", $b) or die;
		exec @ARGV' tcpu connect "${target[@]}"
	assert_output answer
	assert_exit 0 "$peer"
	assert_content peer.out 'question\nEOF\n'
}

@test "a socket that is stdin and stdout hears of the end, as in a relay" {
	start_server "${here[@]}" -- sh -c 'read -r line; echo "answer to $line"'
	start_server "${elsewhere[@]}" -- tcpu connect "${target[@]}"
	mkfifo in
	exec {say}<>in
	echo question >in
	run timeout -k1 60 tcpu connect --end=peer "${target[@]}" <in
	assert_success
	assert_output 'answer to question'
	exec {say}>&-
}

@test "a relay passes a reset on, after the bytes before it" {
	tcp_only || return 0
	local option
	for option in --delay=20ms --slice=1 --nodelay; do
		peer 'send=before\n' read=1 reset
		start_server "${here[@]}" -- tcpu connect "$option" "${target[@]}"
		run timeout -k1 60 "$talk" "$port" send=x slurp
		assert_output $'before\nECONNRESET'
		assert_exit 8 "$server"
		peer slurp
		start_server "${here[@]}" -- tcpu connect "$option" "${target[@]}"
		timeout -k1 60 "$talk" "$port" 'send=before\n' reset
		assert_exit 0 "$peer"
		assert_content peer.out 'before\nECONNRESET\n'
		assert_exit 9 "$server"
	done
}

@test "stdin and stdout keep their flags" {
	peer slurp
	start_talking_client
	run cat /proc/"$client"/fdinfo/{0,1}
	run ! grep -E 'flags:.*[0-9]*4[0-9]{3}$' <<<"$output"
	exec {say}>&-
	assert_exit 0 "$client"
}

@test "a file is sent to its end" {
	head -c 3000000 /dev/urandom >data
	peer slurp
	connects <data
	assert_success
	assert_exit 0 "$peer"
	head -c 3000000 peer.out | cmp - data
}

@test "a file may be longer than 32 bits can tell" {
	truncate -s 5G data
	echo question >>data
	peer slurp
	{
		dd bs=1M skip=5120 count=0 status=none
		connects
	} <data
	assert_success
	assert_exit 0 "$peer"
	assert_content peer.out 'question\nEOF\n'
}

@test "stdout may be appended to" {
	echo before >file
	peer flood=100000
	run timeout -k1 60 bash -c \
		"tcpu connect ${target[*]} </dev/null >>file"
	assert_success
	assert_equal "$(wc -c <file)" 100007
	assert_equal "$(head -n1 file)" before
}

# ---- Options ----

@test "--end=peer ends when the peer is done, whatever stdin does" {
	peer 'send=all\n'
	start_talking_client --end=peer
	assert_exit 0 "$client"
	exec {say}>&-
	assert_content client.out 'all\n'
}

@test "--end=peer ends a session in the middle of a write, and what was sent arrives" {
	truncate -s 20M zeros
	mkfifo go on
	for option in --crlf --slice=1000; do
		peer hear=go 'send=answer\n' shut hear=on slurp
		client zeros --end=peer "$option"
		wait_until reads_no_more "$client"
		echo >go
		wait_for_line client.out answer
		echo >on
		assert_exit 0 "$client"
		assert_content client.err ''
		assert_exit 0 "$peer"
		assert_equal "$(tail -c 4 peer.out)" EOF
	done
}

@test "--end=peer reads the answer after stdin's end" {
	peer slurp 'send=answer\n'
	connects --end=peer <<<question
	assert_success
	assert_output answer
}

@test "--end=input ends when the input has arrived, whatever the peer does" {
	mkfifo go
	peer hear=go slurp
	connects --end=input <<<question
	assert_success
	echo >go
	assert_exit 0 "$peer"
	assert_content peer.out 'question\nEOF\n'
}

@test "--end=input does not destroy what it sent by leaving the answer" {
	mkfifo go
	peer 'send=unwanted\n' hear=go slurp
	connects --end=input <<<question
	assert_success
	echo >go
	assert_exit 0 "$peer"
	assert_content peer.out 'question\nEOF\n'
}

@test "--end=input is 0 if the peer takes its time, and then leaves at once" {
	mkfifo go
	head -c 300000 /dev/zero >data
	peer hear=go read=300000 slurp
	client data --end=input
	run -124 timeout -k1 60 tcpu listen -q --timeout=200ms --local 0
	echo >go
	assert_exit 0 "$client"
	assert_content client.err ''
}

@test "--end=input is 8 when the peer goes before the input has arrived" {
	unacknowledged input
}

@test "--abandon sends no end of file before the session ends" {
	mkfifo go
	peer read=9 say=read slurp
	start_background client timeout -k1 60 \
		tcpu connect --abandon --idle-timeout=300ms "${target[@]}" \
		<<<question
	assert_exit 124 "${started[-1]}"
	assert_exit 0 "$peer"
	assert_content peer.out "question\nread\n$reset\n"
	peer read=9 say=read 'send=answer\n' shut slurp
	connects --abandon <<<question
	assert_success
	assert_output answer
	assert_exit 0 "$peer"
	assert_content peer.out 'question\nread\nEOF\n'
}

@test "--reset ends the connection with a reset once the input has arrived" {
	tcp_only || return 0
	peer read=9 slurp
	connects --reset <<<question
	assert_success
	assert_exit 0 "$peer"
	assert_content peer.out "question\n$reset\n"
}

@test "--reset --end=peer takes what the peer has to say first" {
	tcp_only || return 0
	peer read=9 'send=answer\n' shut slurp
	connects --reset --end=peer <<<question
	assert_success
	assert_output answer
	assert_exit 0 "$peer"
	assert_content peer.out "question\n$reset\n"
}

@test "--crlf=both sends CRLF and receives LF" {
	peer slurp 'send=one\r\ntwo\n\r\nlone\rcr\r\r\nlast\r'
	printf 'a\nb\r\n\n\rc\r\r\nd' >in
	run timeout -k1 60 bash -c \
		"tcpu connect --crlf=both ${target[*]} <in >out"
	assert_success
	assert_exit 0 "$peer"
	assert_content peer.out 'a\r\nb\r\n\r\n\rc\r\r\ndEOF\n'
	assert_content out 'one\ntwo\n\nlone\rcr\r\nlast\r'
}

@test "plain --crlf leaves what is received as it is" {
	for option in --crlf --crlf=send; do
		peer slurp 'send=one\r\n\rtwo\n\r\n\r'
		printf 'a\nb\r\n' >in
		run timeout -k1 60 bash -c \
			"tcpu connect $option ${target[*]} <in >out"
		assert_success
		assert_exit 0 "$peer"
		assert_content peer.out 'a\r\nb\r\nEOF\n'
		assert_content out 'one\r\n\rtwo\n\r\n\r'
	done
}

@test "--crlf=receive leaves what is sent as it is" {
	peer slurp 'send=one\r\ntwo\r'
	printf 'a\nb\r\n' >in
	run timeout -k1 60 bash -c \
		"tcpu connect --crlf=receive ${target[*]} <in >out"
	assert_success
	assert_exit 0 "$peer"
	assert_content peer.out 'a\nb\r\nEOF\n'
	assert_content out 'one\ntwo\r'
}

@test "--crlf is right however the bytes are cut" {
	peer 'send=a\r' read=2 'send=\nb\r' read=2 send=c slurp
	start_talking_client --crlf=both
	printf '\r' >&"$say"
	printf '\n' >&"$say"
	printf 'x\n' >&"$say"
	exec {say}>&-
	assert_exit 0 "$client"
	assert_exit 0 "$peer"
	assert_content peer.out '\r\nx\r\nEOF\n'
	assert_content client.out 'a\nb\rc'
}

@test "--idle-timeout is 124 when nothing moves" {
	peer 'send=four\n' slurp
	start_talking_client --idle-timeout=1s
	assert_exit 124 "$client"
	exec {say}>&-
	assert_content client.out 'four\n'
	assert_equal "$(<client.err)" "tcpu: $target_name: idle for 1s \
(5 bytes received, 0 sent)"
	assert_exit 0 "$peer"
	assert_content peer.out "$reset\n"
}

@test "--idle-timeout does not end a session in which something moves" {
	peer slurp
	start_talking_client --idle-timeout=3s
	for i in 1 2 3 4 5 6 7 8 9 10; do
		echo "$i" >&"$say"
		# This run of tcpu serves as a pause of 400 ms.
		run timeout -k1 60 tcpu listen --timeout=400ms 0
	done
	exec {say}>&-
	assert_exit 0 "$client"
	assert_exit 0 "$peer"
	assert_equal "$(wc -l <peer.out)" 11
}

@test "--timeout is 124, with the bytes of each direction" {
	peer 'send=four\n' slurp
	start_talking_client --timeout=2s # which includes its start
	assert_exit 124 "$client"
	exec {say}>&-
	assert_equal "$(<client.err)" "tcpu: $target_name: \
timed out after 2s (5 bytes received, 0 sent)"
	assert_exit 0 "$peer"
	assert_content peer.out "$reset\n"
}

@test "--progress tells at the end how much has moved" {
	peer slurp flood=2000000
	head -c 1048576 /dev/zero >data
	connects --progress <data
	assert_success
	assert_equal "${#stderr_lines[@]}" 1
	assert_regex "$stderr" "^tcpu: $target_name: 100%, \
1.9 MiB received \(.*/s\), \
1.0 MiB sent \(.*/s\), [0-9]:[0-9]{2}$"
}

@test "--verbose tells of connections, and exits the same" {
	start_server --verbose "${here[@]}" </dev/null
	run timeout -k1 60 tcpu connect -v "${target[@]}" </dev/null
	assert_success
	assert_exit 0 "$server"
	assert_regex "$(<server.err)" "connection from $from\$"
}

# vanishing BYTES ARG... - run a session over a link that is cut during the
# session, then send BYTES.
vanishing() {
	mkfifo in hold
	netns timeout -k1 60 bash -c '
		coproc unshare --net bash -c "echo ready; exec bash"
		read -r line <&"${COPROC[0]}"
		ip link add here type veth peer name there netns "$COPROC_PID"
		ip addr add 192.0.2.1/24 dev here
		ip link set here up
		echo "ip addr add 192.0.2.2/24 dev there; ip link set there up
			exec 9<>hold; echo connected >&9
			tcpu listen -1 --until-exit \$\$ 0 <hold &" \
			>&"${COPROC[1]}"
		read -r port <&"${COPROC[0]}"
		tcpu connect "${@:2}" 192.0.2.2 "$port" <in >out &
		client=$!
		exec {say}>in
		read -r line < <(exec tail -n +1 -F --pid="$$" out 2>/dev/null)
		echo "ip link set there down; echo down" >&"${COPROC[1]}"
		read -r line <&"${COPROC[0]}"
		echo -n "$1" >&"$say"
		wait "$client"
		status=$?
		kill "$COPROC_PID"
		exit "$status"' bash "$@" 3>&- 2>err
}

# names_loss BYTES - check the message.  A slow kernel may have asked for the peer's
# link address, and then gives the failure of that as the reason.
names_loss() {
	assert_regex "$(<err)" \
		"(${text[ETIMEDOUT]}|${text[EHOSTUNREACH]}) \($1\)"
}

@test "a peer that vanishes while nothing is said is 8" {
	tcp_only || return 0
	run vanishing '' --keepalive=1
	assert_equal "$status" 8
	names_loss '10 bytes received, 0 sent'
}

@test "a peer that vanishes without acknowledging is 8" {
	tcp_only || return 0
	run vanishing question --keepalive=no --user-timeout=500ms
	assert_equal "$status" 8
	names_loss '10 bytes received, 8 sent'
}

@test "a peer that lives and is slow to read has not vanished" {
	mkfifo go
	head -c 10000000 /dev/zero >data
	peer hear=go slurp
	if tcp_only; then
		client data --keepalive=200ms
	else
		client data
	fi
	run timeout -k1 60 tcpu listen --timeout 2 --local 0
	assert_equal "$status" 124
	echo >go
	assert_exit 0 "$client"
	assert_content client.err ''
}

@test "a stdout that nobody reads holds up neither time limits nor signals" {
	mkfifo client.out
	exec {hold}<>client.out
	peer flood=10000000 slurp
	client /dev/null --timeout=300ms
	assert_exit 124 "$client"
	peer flood=10000000 slurp
	client /dev/null --idle-timeout=300ms
	assert_exit 124 "$client"
	peer flood=10000000 slurp
	client /dev/null --print=addresses
	wait_for_line client.err "127.0.0.1 .*\|'' ./s"
	kill -TERM "$client"
	assert_exit 143 "$client"
	exec {hold}>&-
}

# In a small buffer a record often has room for its first part only.
@test "--cut does not wait until a TLS peer takes the rest of a record" {
	tcp_only || return 0
	need_tls
	truncate -s 20M zeros
	mkfifo end
	# shellcheck disable=SC2016 # expanded by the inner shell
	netns bash -c '
		exec {end}<>end
		eval "$(tcpu listen --background --until-exit $$ --print=sh \
			--tls --tls-save-ca ca -k --pipes --delay out:300ms \
			--local 0 -- sh -c "echo answer; read -r line <end")"
		for size in 60000 70000 80000 90000 100000; do
			echo "4096 $size $size" >/proc/sys/net/ipv4/tcp_wmem
			timeout -k1 60 tcpu connect --tls --tls-ca ca \
				--cut in:3 localhost "$TCPU_PORT" <zeros
			echo " $?"
		done' >shown
	assert_content shown 'ans 0\nans 0\nans 0\nans 0\nans 0\n'
}
